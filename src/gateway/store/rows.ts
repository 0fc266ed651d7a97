// SPDX-License-Identifier: GPL-3.0-or-later
/** Between a database's rows and the store's types. Field elements are blobs of 32 bytes, amounts decimal text, the rest JSON. */
import { z } from "zod";

import { proofFromJson } from "../../protocol/index.ts";
import type { Signature } from "../../protocol/index.ts";
import { callAnswer, toJson } from "../../wire/index.ts";
import type { FeedEntry } from "../../wire/index.ts";
import type { RecordedCall } from "./rules.ts";
import type { CertifiedFold, DisputeRecord, Enrolment, Fold, Offence } from "./records.ts";
import type { SpentTicket, Ticket, Violation, Voucher } from "./records.ts";
import type { Row } from "./sql.ts";

export const blob = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, "0"), "hex");
export const json = (value: unknown): string => JSON.stringify(toJson(value));

const numbers = z.number();
const texts = z.string();
const blobs = z.instanceof(Uint8Array);
const statuses = z.enum(["open", "ended", "closed"]);
export const number = (value: unknown): number => numbers.parse(value);
export const text = (value: unknown): string => texts.parse(value);
export const integer = (value: unknown): bigint => BigInt(text(value));
export const field = (value: unknown): bigint => BigInt(`0x${Buffer.from(blobs.parse(value)).toString("hex")}`);

const decimals = z.array(z.string()).transform((all) => all.map(BigInt));
const signatureJson = z.object({ r8: z.tuple([z.string(), z.string()]), s: z.string() });
const parse = (value: unknown): unknown => JSON.parse(text(value));

const signatureFrom = ({ r8, s }: z.output<typeof signatureJson>): Signature => ({
  r8: [BigInt(r8[0]), BigInt(r8[1])],
  s: BigInt(s),
});
export const signature = (value: unknown): Signature => signatureFrom(signatureJson.parse(parse(value)));

export function ticketOf(row: Row): Ticket {
  const nullifier = field(row["nullifier"]);
  const status = statuses.parse(row["status"]);
  if (status === "closed") return { status, nullifier };
  return {
    status,
    nullifier,
    share: { x: field(row["x"]), y: field(row["y"]) },
    sessionAddress: text(row["session_address"]),
    charged: integer(row["charged"]),
    voucher: row["voucher_sequence"] === null ? undefined : voucherOf(row, "voucher_"),
    refund:
      row["refund_signature"] === null
        ? undefined
        : {
            refundedCharge: integer(row["refunded_charge"]),
            refundedHold: integer(row["refunded_hold"]),
            signature: signature(row["refund_signature"]),
          },
    isDisputed: row["is_disputed"] === 1,
    violation: row["evidence_hash"] === null ? undefined : text(row["evidence_hash"]),
  };
}

/** A voucher in columns of these names. */
export const voucherOf = (row: Row, prefix = ""): Voucher => ({
  sequence: number(row[`${prefix}sequence`]),
  cap: integer(row[`${prefix}cap`]),
  requestHash: text(row[`${prefix}request_hash`]),
  signature: text(row[`${prefix}signature`]),
});

/** A row that is known to be no closed ticket. */
export function spentTicketOf(row: Row): SpentTicket {
  const ticket = ticketOf(row);
  if (ticket.status === "closed") throw new Error("the store gave a closed ticket where a spent one was asked for");
  return ticket;
}

export const callOf = (row: Row): RecordedCall => ({
  requestHash: text(row["request_hash"]),
  isServed: row["answered_at"] !== null,
  answer: row["answer"] === null ? undefined : callAnswer.parse(parse(row["answer"])),
});

export const enrolmentOf = (row: Row): Enrolment => ({
  nullifier: field(row["nullifier"]),
  root: field(row["root"]),
  state: field(row["state"]),
  proof: proofFromJson(parse(row["proof"])),
  signature: signature(row["signature"]),
});

export const certifiedFoldOf = (row: Row): CertifiedFold => ({
  nullifiers: decimals.parse(parse(row["nullifiers"])),
  state: field(row["state"]),
  certified: field(row["certified"]),
});

export const foldOf = (row: Row): Fold => ({
  ...certifiedFoldOf(row),
  proof: proofFromJson(parse(row["proof"])),
  signature: signature(row["signature"]),
});

export function offenceOf(row: Row): Offence {
  const [x1, y1, x2, y2] = z
    .tuple([z.string(), z.string(), z.string(), z.string()])
    .parse(parse(row["shares"]))
    .map(BigInt);
  return {
    kind: z.enum(["double-spend", "understated-close"]).parse(row["kind"]),
    identitySecret: field(row["identity_secret"]),
    identityCommitment: field(row["identity_commitment"]),
    nullifier: field(row["nullifier"]),
    index: number(row["ticket_index"]),
    shares: [
      { x: x1 as bigint, y: y1 as bigint },
      { x: x2 as bigint, y: y2 as bigint },
    ],
  };
}

const answerJson = z.object({
  refundedCharge: z.string(),
  refundedHold: z.string(),
  signature: signatureJson,
  voucher: z
    .object({ sequence: z.number(), cap: z.string().transform(BigInt), requestHash: z.string(), signature: z.string() })
    .optional(),
});

export function disputeOf(row: Row): DisputeRecord {
  const nullifier = field(row["nullifier"]);
  const answer = row["answer"] === null ? undefined : answerJson.parse(parse(row["answer"]));
  return {
    nullifier,
    x: field(row["x"]),
    y: row["y"] === null ? undefined : field(row["y"]),
    sessionAddress: text(row["session_address"]),
    resolvableAt: integer(row["resolvable_at"]),
    answer: answer && {
      nullifier,
      refundedCharge: BigInt(answer.refundedCharge),
      refundedHold: BigInt(answer.refundedHold),
      signature: signatureFrom(answer.signature),
      voucher: answer.voucher,
    },
    isDone: row["done"] === 1,
  };
}

export const violationOf = (row: Row): Violation => ({
  nullifier: field(row["nullifier"]),
  evidenceHash: text(row["evidence_hash"]),
  evidence: text(row["evidence"]),
});

/** What the feed shows of a row. */
export const ticketEntryOf = (position: number, row: Row): FeedEntry => ({
  kind: "ticket",
  position,
  nullifier: field(row["nullifier"]),
  x: field(row["x"]),
  y: field(row["y"]),
});

export const refundEntryOf = (position: number, row: Row): FeedEntry => ({
  kind: "refund",
  position,
  nullifier: field(row["nullifier"]),
  refundedCharge: integer(row["refunded_charge"]),
  refundedHold: integer(row["refunded_hold"]),
  signature: signature(row["refund_signature"]),
});

export const enrolmentEntryOf = (position: number, row: Row): FeedEntry => ({
  kind: "enrolment",
  position,
  ...enrolmentOf(row),
});

export function foldEntryOf(position: number, row: Row): FeedEntry {
  const { nullifiers, state, signature: signed } = foldOf(row);
  return { kind: "fold", position, nullifiers, state, signature: signed };
}

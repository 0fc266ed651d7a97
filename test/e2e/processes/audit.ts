// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The books after a run, by hand: what the service wrote down says what each call costs, and everything else has to agree with that: the
 * gateway's tables, the wallet's, what its owner was told, the provider's feed, and in the end the chain. Nothing of the gateway's or the
 * wallet's rules is used here; of the protocol only how a ticket's names follow from the seed.
 */
import { DatabaseSync } from "node:sqlite";

import {
  deriveIdentitySecret,
  foldNullifierOf,
  nullifierOf,
  ticketKeyOf,
  ticketRootOf,
} from "../../../src/protocol/index.ts";
import type { Pool } from "../../../src/protocol/index.ts";
import { serialIn } from "./service.ts";
import type { Service } from "./service.ts";
import type { Books, Told } from "./wallet.ts";

interface GatewayTicket {
  readonly status: string;
  readonly charged: bigint;
  readonly refundedCharge: bigint | undefined;
  readonly refundedHold: bigint | undefined;
  readonly signature: string | undefined;
}

interface GatewayCall {
  readonly nullifier: bigint;
  readonly sequence: number;
  /** Undefined where there is no answer. */
  readonly response: string | undefined;
  /** Cumulative, as the receipt says. */
  readonly charged: bigint;
}

export interface GatewayBooks {
  readonly tickets: ReadonlyMap<bigint, GatewayTicket>;
  readonly calls: readonly GatewayCall[];
  /** Nullifiers of each fold that was signed; slots that hold no refund have one of their own. */
  readonly folds: readonly (readonly bigint[])[];
  readonly enrolments: number;
  /** Rows of the tables that are empty when nobody did wrong. */
  readonly wrongs: number;
}

const fieldOf = (value: unknown): bigint => BigInt(`0x${Buffer.from(value as Uint8Array).toString("hex")}`);
const amountOf = (value: unknown): bigint | undefined => (value === null ? undefined : BigInt(value as string));

/** Reads the gateway's file as it is, by no code of the gateway. */
export function readGatewayBooks(path: string): GatewayBooks {
  const database = new DatabaseSync(path);
  const all = (sql: string): Record<string, unknown>[] => database.prepare(sql).all();
  const count = (table: string): number => Number(all(`SELECT COUNT(*) AS count FROM ${table}`)[0]?.["count"]);
  try {
    const tickets = all("SELECT * FROM tickets").map((row): [bigint, GatewayTicket] => [
      fieldOf(row["nullifier"]),
      {
        status: row["status"] as string,
        charged: amountOf(row["charged"]) ?? 0n,
        refundedCharge: amountOf(row["refunded_charge"]),
        refundedHold: amountOf(row["refunded_hold"]),
        signature: (row["refund_signature"] as string | null) ?? undefined,
      },
    ]);
    const calls = all("SELECT * FROM calls ORDER BY nullifier, sequence").map((row): GatewayCall => {
      const answer = row["answer"] === null ? undefined : (JSON.parse(row["answer"] as string) as AnswerText);
      const charged = BigInt(answer?.receipt.charged ?? "0");
      return {
        nullifier: fieldOf(row["nullifier"]),
        sequence: Number(row["sequence"]),
        response: answer?.response,
        charged,
      };
    });
    const folds = all("SELECT nullifiers FROM folds").map(({ nullifiers }) =>
      (JSON.parse(nullifiers as string) as string[]).map(BigInt),
    );
    const wrongs = ["offences", "disputes", "violations"].reduce((sum, table) => sum + count(table), 0);
    return { tickets: new Map(tickets), calls, folds, enrolments: count("enrolments"), wrongs };
  } finally {
    database.close();
  }
}

interface AnswerText {
  readonly response: string;
  readonly receipt: { readonly charged: string };
}

export interface AuditedAccount {
  readonly number: number;
  readonly deposit: bigint;
  readonly books: Books;
  /** What the public feed says of it. */
  readonly restored: { readonly used: number; readonly budget: bigint; readonly refunds: number };
}

export interface AuditInput {
  readonly pool: Pool;
  readonly seed: Uint8Array;
  readonly services: readonly Service[];
  readonly gateway: GatewayBooks;
  readonly accounts: readonly AuditedAccount[];
  readonly told: readonly Told[];
}

/** What an account's owner and the provider have to get when it closes, in token base units. */
export interface Due {
  readonly number: number;
  /** Of deposit and stake. */
  readonly toOwner: bigint;
  readonly toProvider: bigint;
  readonly burned: bigint;
}

export interface Audit {
  /** Everything that is not as it must be, a sentence each. */
  readonly findings: readonly string[];
  readonly dues: readonly Due[];
  /** What all calls cost, by the service's books. */
  readonly charged: bigint;
  readonly tickets: number;
  readonly calls: number;
}

export function audit(input: AuditInput): Audit {
  const { pool, seed, services, gateway, accounts, told } = input;
  const { ticketPrice, policyHold } = pool.parameters;
  const findings: string[] = [];
  const check = (holds: boolean, finding: string): void => {
    if (!holds) findings.push(finding);
  };

  // The service's books: a process asks once for a call; who asks again is another process, after the first one's death.
  const asked = new Set<string>();
  for (const { id, generation } of services) {
    check(!asked.has(`${id} ${generation}`), `call ${id} was served twice by one process (${generation})`);
    asked.add(`${id} ${generation}`);
  }

  // The gateway's answers: each is one service's, each call has one, and it was charged what that service costs.
  const answerOf = new Map<string, GatewayCall>();
  const chargeOf = new Map<bigint, bigint>();
  let charged = 0n;
  for (const call of gateway.calls) {
    const at = `call ${call.sequence} of ticket ${call.nullifier}`;
    const found = call.response === undefined ? undefined : serialIn(call.response);
    const service = found && services[found.serial];
    if (found === undefined || service === undefined || service.id !== found.id) {
      findings.push(`the gateway has no answer of the service for ${at}`);
      continue;
    }
    check(!answerOf.has(service.id), `call ${service.id} was charged twice`);
    answerOf.set(service.id, call);
    const total = (chargeOf.get(call.nullifier) ?? 0n) + service.charge;
    chargeOf.set(call.nullifier, total);
    charged += service.charge;
    check(call.charged === total, `the receipt of ${at} says ${call.charged}, and its services cost ${total}`);
  }
  for (const { id } of services) check(answerOf.has(id), `call ${id} was served, and the gateway has no answer of it`);

  const dues: Due[] = [];
  const known = new Set<bigint>();
  const folded = new Set<bigint>();
  let ticketCount = 0;
  for (const { number, deposit, books, restored } of accounts) {
    const secret = deriveIdentitySecret(seed, pool.chainId, pool.address, number);
    const root = ticketRootOf(secret, pool.poolHash);
    let budget = deposit;
    let [toProvider, burned] = [0n, 0n];
    ticketCount += books.tickets.length;
    books.tickets.forEach(({ status, refund, isFolded, receipts }, index) => {
      const at = `ticket ${index} of account ${number}`;
      const key = ticketKeyOf(root, index);
      const nullifier = nullifierOf(key);
      const cost = chargeOf.get(nullifier) ?? 0n;
      known.add(nullifier);
      const row = gateway.tickets.get(nullifier);
      check(row?.status === "ended", `the gateway has ${at} as ${row?.status ?? "unknown"}, not as ended`);
      check(
        (row?.charged ?? 0n) === cost,
        `the gateway charged ${row?.charged ?? 0n} for ${at}, its services cost ${cost}`,
      );
      check(
        row?.refundedCharge === ticketPrice - cost,
        `the gateway refunds ${row?.refundedCharge ?? "nothing"} of ${at}`,
      );
      check(row?.refundedHold === policyHold, `the gateway does not return the hold of ${at}`);

      check(status === "ended" && refund !== undefined, `the wallet has no refund of ${at}: it is ${status}`);
      check(
        refund?.refundedCharge === ticketPrice - cost,
        `the wallet's refund of ${at} is ${refund?.refundedCharge ?? "none"}`,
      );
      check(refund?.refundedHold === policyHold, `the wallet's refund of ${at} does not return the hold`);
      const signature = JSON.stringify(refund && asText(refund.signature));
      check(signature === row?.signature, `the two sides have different refunds of ${at}`);
      const calls = gateway.calls.filter((call) => call.nullifier === nullifier);
      const says = receipts.map((receipt) => receipt?.toString() ?? "none").join();
      const must = calls.map((call) => call.charged.toString()).join();
      check(says === must, `the wallet's receipts of ${at} say ${says}, the gateway's ${must}`);

      const foldNullifier = foldNullifierOf(key);
      const folds = gateway.folds.filter((nullifiers) => nullifiers.includes(foldNullifier)).length;
      check(
        folds === (isFolded ? 1 : 0),
        `the gateway signed ${folds} folds of ${at}, the wallet has it as ${isFolded ? "" : "not "}folded`,
      );
      folded.add(foldNullifier);
      const rest = ticketPrice - cost;
      if (isFolded) budget += rest + policyHold;
      toProvider += isFolded ? cost : ticketPrice;
      burned += isFolded ? 0n : policyHold;
    });
    check(
      books.budget === budget,
      `the budget of account ${number} is ${books.budget}, deposit and folded refunds are ${budget}`,
    );
    check(!books.isRestored, `account ${number} counts as used elsewhere`);
    for (const reason of books.grievances) findings.push(`the wallet holds against the provider: ${reason}`);
    const { used } = books;
    const feed = `${restored.used} tickets, ${restored.refunds} refunds and a budget of ${restored.budget}`;
    const isSame = restored.used === used && restored.refunds === used && restored.budget === budget;
    check(isSame, `by the feed, account ${number} has ${feed}; it must be ${used}, ${used} and ${budget}`);
    const stake = pool.parameters.stakeMinimum + (deposit * pool.parameters.stakeBps) / 10_000n;
    dues.push({ number, toOwner: deposit + stake - toProvider - burned, toProvider, burned });
  }
  for (const [nullifier, { status }] of gateway.tickets) {
    check(status === "closed" || known.has(nullifier), `the gateway has a ticket that nobody used: ${nullifier}`);
  }
  check(gateway.enrolments === accounts.length, `the gateway signed ${gateway.enrolments} enrolments`);
  check(gateway.wrongs === 0, `the gateway holds ${gateway.wrongs} wrongs against an honest wallet`);

  for (const { account, index, response, charged: paid, pieces, areTruePieces } of told) {
    const found = serialIn(response);
    const service = found && services[found.serial];
    const at = `ticket ${index} of account ${account}`;
    check(service !== undefined && service.charge === paid, `the owner paid ${paid} for an answer of ${at}`);
    check(
      found !== undefined && answerOf.get(found.id)?.response === response,
      `the owner got another answer of ${at} than is charged`,
    );
    if (pieces === undefined) continue;
    check(areTruePieces === (pieces === response), `the pieces of ${at} are not what the wallet says of them`);
    const isServedOnce = services.filter(({ id }) => id === found?.id).length === 1;
    check(areTruePieces === true || !isServedOnce, `the pieces of ${at} are not its response, and it was served once`);
  }
  return { findings, dues, charged, tickets: ticketCount, calls: answerOf.size };
}

/** Numbers as the gateway writes them. */
const asText = (signature: { r8: readonly bigint[]; s: bigint }): unknown => ({
  r8: signature.r8.map((coordinate) => coordinate.toString()),
  s: signature.s.toString(),
});

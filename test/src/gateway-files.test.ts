// SPDX-License-Identifier: GPL-3.0-or-later
import { createHash } from "node:crypto";

import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { ProtocolError, coveredTickets } from "../../src/protocol/index.ts";
import { sessionKeyOf, signDispute } from "../../src/wallet/index.ts";
import {
  canonicalJson,
  disputeAnswerFile,
  disputeFile,
  disputeProblem,
  foldFile,
  violationFile,
  violationHashOf,
} from "../../src/wire/index.ts";
import type { DisputeAnswerFile, DisputeFile, FileFormat, FoldFile, ViolationFile } from "../../src/wire/index.ts";
import { RECIPIENT } from "./support/court.ts";
import { C, OTHER_POOL, POOL, secretOf } from "./support/session-world.ts";
import { signedRefund } from "./support/tickets.ts";

const PROOF = { a: [1n, 2n], b: [[3n, 4n], [5n, 6n]], c: [7n, 8n] } as const; // prettier-ignore
const HASH = `0x${"5a".repeat(32)}`;
const SIGNATURE = `0x${"11".repeat(64)}1b`;
const VOUCHER = { sequence: 1n, cap: C, requestHash: HASH, signature: SIGNATURE };
const { chainId, address: pool } = POOL;

const dispute: DisputeFile = signDispute(
  POOL,
  sessionKeyOf(secretOf(0), 3),
  { nullifier: 17n, y: 4n, proof: PROOF },
  RECIPIENT,
);
const answer: DisputeAnswerFile = { chainId, pool, refund: signedRefund(17n, 70n), proof: PROOF, voucher: VOUCHER };
const fold: FoldFile = { chainId, pool, newState: 1n, foldNullifiers: [2n, 3n, 4n, 5n], certified: 6n, proof: PROOF };
const violation: ViolationFile = {
  chainId,
  pool,
  termsHash: HASH,
  nullifier: 17n,
  rule: "no “spam”",
  statement: "it was spam\n",
  requestHash: HASH,
  sessionAddress: RECIPIENT,
  voucher: VOUCHER,
  opening: { y: 4n, proof: PROOF },
  request: { salt: HASH, isLast: true, payload: "ü" },
};

describe("the files that parties hand each other", () => {
  const formats: [string, FileFormat<unknown>, object][] = [
    ["jeton.dispute.v1", disputeFile, dispute],
    ["jeton.dispute-answer.v1", disputeAnswerFile, answer],
    ["jeton.dispute-answer.v1", disputeAnswerFile, { ...answer, voucher: null }],
    ["jeton.fold.v1", foldFile, fold],
    ["jeton.violation.v1", violationFile, violation],
    ["jeton.violation.v1", violationFile, { ...violation, opening: null, request: null }],
  ];
  for (const [format, file, value] of formats) {
    it(`${format} is read as it was written, in any layout, and is written in one`, () => {
      const text = file.toJson(value);
      expect(file.fromJson(text)).to.deep.equal(value);
      expect(JSON.parse(text)).to.include({ format, chainId: chainId.toString(), pool });
      expect(canonicalJson(JSON.parse(text))).to.equal(text);
      const indented = JSON.stringify(
        Object.fromEntries(Object.entries(JSON.parse(text) as object).reverse()),
        null,
        2,
      );
      expect(file.toJson(file.fromJson(indented))).to.equal(text);
    });

    it(`${format} is refused with the name of what is wrong`, () => {
      const json = JSON.parse(file.toJson(value)) as Record<string, unknown>;
      const read = (change: object): unknown => file.fromJson(JSON.stringify({ ...json, ...change }));
      const refused = (change: object, reason: string): void => {
        expect(() => read(change))
          .to.throw(ProtocolError, reason)
          .with.property("code", "FILE_FORMAT");
      };
      for (const name of Object.keys(json)) {
        if (name === "format") continue;
        refused({ [name]: undefined }, `"${name}`);
        refused({ [name]: { strange: 1 } }, `"${name}`);
      }
      refused({ extra: 1 }, "extra");
      refused({ format: "jeton.terms.v1" }, format);
      refused({ pool: "0x12" }, "pool");
      refused({ chainId: 31337 }, "chainId");
      for (const text of ["", "{", "null", "[]", "7"]) {
        expect(() => file.fromJson(text))
          .to.throw(ProtocolError)
          .with.property("code", "FILE_FORMAT");
      }
      expect(() => file.toJson({ ...value, pool: "nowhere" })).to.throw(ProtocolError, "pool");
    });
  }

  it("refuse amounts, numbers and hashes that the chain would not take", () => {
    const huge = 1n << 256n;
    expect(() => disputeFile.toJson({ ...dispute, y: huge })).to.throw(ProtocolError, "y");
    expect(() => disputeFile.toJson({ ...dispute, recipient: ZeroAddress })).to.throw(ProtocolError, "recipient");
    expect(() => disputeFile.toJson({ ...dispute, recipient: pool })).to.throw(ProtocolError, "recipient");
    expect(() => foldFile.toJson({ ...fold, foldNullifiers: [2n, 2n, 3n, 4n] })).to.throw(
      ProtocolError,
      "foldNullifiers",
    );
    expect(() => foldFile.toJson({ ...fold, foldNullifiers: [2n, 3n, 4n] })).to.throw(ProtocolError, "foldNullifiers");
    const refund = { ...answer.refund, refundedCharge: 1n << 96n };
    expect(() => disputeAnswerFile.toJson({ ...answer, refund })).to.throw(ProtocolError, "refund.refundedCharge");
  });

  it("a dispute says whether its session key signed it, for this pool, nullifier and recipient", () => {
    expect(disputeProblem(POOL, dispute)).to.equal(undefined);
    expect(disputeProblem(OTHER_POOL, dispute)).to.contain("another pool");
    for (const change of [{ nullifier: 18n }, { recipient: OTHER_POOL.address }, { sessionAddress: RECIPIENT }]) {
      expect(disputeProblem(POOL, { ...dispute, ...change })).to.contain("did not sign");
    }
    expect(disputeProblem(POOL, { ...dispute, signature: SIGNATURE })).to.contain("did not sign");
  });

  it("a violation's hash is the SHA-256 of its file", () => {
    const digest = createHash("sha256").update(violationFile.toJson(violation), "utf8").digest("hex");
    expect(violationHashOf(violation)).to.equal(`0x${digest}`);
    expect(violationHashOf({ ...violation, statement: "it was ham" })).not.to.equal(`0x${digest}`);
  });
});

describe("what a bond covers", () => {
  it("is twice the hold for each ticket, out of what is neither announced nor encumbered", () => {
    const view = { bond: 1_000n, announcedWithdrawal: 0n, encumbered: 0n, hold: 120n };
    expect(coveredTickets(view)).to.equal(4n);
    expect(coveredTickets({ ...view, bond: 959n })).to.equal(3n);
    expect(coveredTickets({ ...view, encumbered: 240n, announcedWithdrawal: 300n })).to.equal(1n);
    expect(coveredTickets({ ...view, encumbered: 5_000n })).to.equal(0n);
    expect(coveredTickets({ ...view, bond: 0n })).to.equal(0n);
  });
});

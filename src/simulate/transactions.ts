// SPDX-License-Identifier: GPL-3.0-or-later
/** One signed transaction of each verb as it goes over the wire, with bytes that compress as little as true ones: what its data costs. */
import { Signature, Transaction } from "ethers";

import {
  CreditDisputes__factory,
  CreditPool__factory,
  CreditSettlement__factory,
  DemoUSD__factory,
} from "../../typechain-types/index.js";
import type { Verb } from "./events.ts";
import { Random } from "./random.ts";

const random = (bytes: number, source: Random): string =>
  `0x${Array.from({ length: bytes }, () =>
    Math.floor(source.uniform() * 256)
      .toString(16)
      .padStart(2, "0"),
  ).join("")}`;

/** What users and providers are simulated to do, and what users do besides. */
export type SampledVerb = Verb | "certifyFold";

export function sampleTransactions(batch: number): Readonly<Record<SampledVerb, Uint8Array>> {
  const source = new Random("data", "transactions");
  const field = (): bigint => BigInt(random(31, source));
  const address = (): string => random(20, source);
  const proof = () => ({
    a: [field(), field()] as [bigint, bigint],
    b: [
      [field(), field()],
      [field(), field()],
    ] as [[bigint, bigint], [bigint, bigint]],
    c: [field(), field()] as [bigint, bigint],
  });
  const AMOUNT = 10_000_000n;
  const DEADLINE = 1_900_000_000n;
  const pool = CreditPool__factory.createInterface();
  const settlement = CreditSettlement__factory.createInterface();
  const disputes = CreditDisputes__factory.createInterface();
  const token = DemoUSD__factory.createInterface();
  // Three or so of the 64 slots are empty, whatever j is.
  const coverKeys = (): bigint[] =>
    Array.from({ length: 64 }, (_, slot) => (slot % 16 === 0 && slot > 0 ? 0n : field()));
  const close = () => ({
    identityCommitment: field(),
    firstUnused: 300n,
    refundedCharges: 2_000_000n,
    refundedHolds: 300_000n,
    certified: 0n,
    recipient: address(),
    relayer: `0x${"00".repeat(20)}`,
    fee: 0n,
    deadline: DEADLINE,
    coverKeys: coverKeys(),
    proof: proof(),
  });
  const fold = () => ({
    newState: field(),
    foldNullifiers: [field(), field(), field(), field()] as [bigint, bigint, bigint, bigint],
    certified: 0n,
    proof: proof(),
  });
  const refund = { nullifier: field(), refundedCharge: 7_500n, refundedHold: 1_000n };
  const signed = { signatureR8: [field(), field()] as [bigint, bigint], signatureS: field() };
  const voucher = { sequence: 1n, cap: 10_000n, requestHash: random(32, source), signature: random(65, source) };
  const many = <T>(make: () => T): T[] => Array.from({ length: batch }, make);
  const data: Readonly<Record<SampledVerb, string>> = {
    approve: token.encodeFunctionData("approve", [address(), 2n ** 256n - 1n]),
    deposit: pool.encodeFunctionData("deposit", [field(), AMOUNT]),
    depositBatch: pool.encodeFunctionData("depositBatch", [many(field), many(() => AMOUNT)]),
    startClose: settlement.encodeFunctionData("startClose", [close()]),
    closeWithConsent: settlement.encodeFunctionData("closeWithConsent", [close(), DEADLINE, random(65, source)]),
    finalizeClose: settlement.encodeFunctionData("finalizeClose", [field()]),
    slash: settlement.encodeFunctionData("slash", [field(), field(), address(), proof()]),
    expire: settlement.encodeFunctionData("expire", [field()]),
    openDispute: disputes.encodeFunctionData("openDispute", [
      ...([field(), field(), address(), address(), proof(), random(65, source)] as const),
    ]),
    answerDispute: disputes.encodeFunctionData("answerDispute", [{ ...refund, ...signed }, proof(), voucher]),
    resolveDispute: disputes.encodeFunctionData("resolveDispute", [field()]),
    reportViolation: disputes.encodeFunctionData("reportViolation", [field(), random(32, source)]),
    postBond: pool.encodeFunctionData("postBond", [1_000_000_000n]),
    withdrawRevenue: disputes.encodeFunctionData("withdrawRevenue", [address(), 5_000_000_000n]),
    burn: pool.encodeFunctionData("burn"),
    certifyFold: settlement.encodeFunctionData("certifyFold", [fold()]),
  };
  const serialized = (call: string): Uint8Array => {
    const transaction = Transaction.from({
      ...{ type: 2, chainId: 8_453n, nonce: 7, to: address(), data: call, value: 0n },
      ...{ gasLimit: 450_000n, maxFeePerGas: 20_000_000n, maxPriorityFeePerGas: 1_000_000n },
    });
    // Any r and s of the right size.
    transaction.signature = Signature.from({ r: random(32, source), s: `0x3${random(32, source).slice(3)}`, v: 27 });
    return Buffer.from(transaction.serialized.slice(2), "hex");
  };
  return Object.fromEntries(Object.entries(data).map(([verb, call]) => [verb, serialized(call)])) as Record<
    SampledVerb,
    Uint8Array
  >;
}

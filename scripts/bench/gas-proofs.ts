// SPDX-License-Identifier: GPL-3.0-or-later
/** The real proofs that the gas benchmark submits. They depend on the pool and not on its accounts, so each serves pools of any size. */
import { ZeroAddress } from "ethers";

import type { CloseRequest } from "../../src/chain/index.ts";
import { closeRequestOf } from "../../src/chain/index.ts";
import type { Pool, Proof } from "../../src/protocol/index.ts";
import { closeClaim, slashClaim } from "../../src/protocol/index.ts";
import type { Prover } from "../../src/prover/index.ts";
import { accountAt, DEPOSIT, doubleSpendOf, FAR_FUTURE, freshAddress } from "./accounts.ts";

export interface SlashRequest {
  readonly identityCommitment: bigint;
  readonly nullifier: bigint;
  readonly recipient: string;
  readonly proof: Proof;
}

export interface GasProofs {
  /** Account 0, no ticket used: j = 0, 61 cover keys. */
  readonly unused: CloseRequest;
  /** Account 1, three tickets used and nothing refunded: charges for the provider, holds to burn. */
  readonly used: CloseRequest;
  /** As `used`, account 2, with a relayer's fee. */
  readonly relayed: CloseRequest;
  /** Of accounts 0 and 1. */
  readonly slashes: readonly [SlashRequest, SlashRequest];
}

interface CloseOptions {
  readonly firstUnused: number;
  readonly relayer?: string;
  readonly fee?: bigint;
}

async function proveClose(prover: Prover, pool: Pool, account: number, options: CloseOptions): Promise<CloseRequest> {
  const { identitySecret, identityCommitment } = accountAt(account);
  const { firstUnused, relayer = ZeroAddress, fee = 0n } = options;
  const close = {
    deposit: DEPOSIT,
    firstUnused,
    refundedCharges: 0n,
    refundedHolds: 0n,
    terms: { recipient: freshAddress(`recipient ${account}`), relayer, fee, deadline: FAR_FUTURE },
  };
  const { input, coverKeys } = closeClaim(pool, identitySecret, undefined, close);
  const { proof } = await prover.prove("close", input);
  return closeRequestOf(identityCommitment, close, coverKeys, proof);
}

/** Proves that account `account` spent a ticket twice. */
export async function proveSlash(
  prover: Prover,
  pool: Pool,
  account: number,
  recipient = freshAddress(`slasher ${account}`),
): Promise<SlashRequest> {
  const { input, publicSignals } = slashClaim(pool, doubleSpendOf(pool, accountAt(account)), recipient);
  const { proof } = await prover.prove("slash", input);
  const [identityCommitment, nullifier] = publicSignals as [bigint, bigint, bigint, bigint];
  return { identityCommitment, nullifier, recipient, proof };
}

export async function proveForGas(prover: Prover, pool: Pool): Promise<GasProofs> {
  const [unused, used, relayed, first, second] = await Promise.all([
    proveClose(prover, pool, 0, { firstUnused: 0 }),
    proveClose(prover, pool, 1, { firstUnused: 3 }),
    proveClose(prover, pool, 2, { firstUnused: 3, relayer: freshAddress("relayer"), fee: 50_000n }),
    proveSlash(prover, pool, 0),
    proveSlash(prover, pool, 1),
  ]);
  return { unused, used, relayed, slashes: [first, second] };
}

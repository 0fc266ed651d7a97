// SPDX-License-Identifier: GPL-3.0-or-later
/** Who plays. Seeds are fixed so that the demo is the same every time; they are worth nothing. */
import { ethers } from "ethers";

import { deriveIdentitySecret, identityCommitmentOf } from "../../src/protocol/index.ts";
import { Wallet, WalletStore } from "../../src/wallet/index.ts";
import type { Account } from "../../src/wallet/index.ts";
import { Rogue } from "./rogue.ts";
import type { LocalSigner, Stage } from "./stage.ts";

/** What everybody is given to begin with, and what accounts are opened with, in token units. */
export const ALLOWANCE = 200_000_000n;
export const DEPOSIT = { alice: 500_000n, bob: 300_000n, sponsored: 200_000n } as const;
export const BATCH_SIZE = 25;

const seedOf = (name: string): Uint8Array => Buffer.from(ethers.id(`jeton demo: ${name}`).slice(2), "hex");

function signerAt(stage: Stage, position: number): LocalSigner {
  const signer = stage.props.extras[position];
  if (signer === undefined) throw new Error("the network has too few accounts");
  return signer;
}

function walletAccount(stage: Stage, name: string): Account {
  const { pool, gateway, view, prover, clock } = stage;
  const wallet = new Wallet({
    store: WalletStore.open(":memory:", seedOf(name)),
    pool,
    provider: gateway,
    chain: view,
    prove: (statement, input) => prover.prove(statement, input),
    clock,
  });
  return wallet.account(0);
}

const secretOf = ({ pool }: Stage, name: string): bigint =>
  deriveIdentitySecret(seedOf(name), pool.chainId, pool.address, 0);

function rogue(stage: Stage, name: string): Rogue {
  const { pool, gateway: provider, prover, view: chain } = stage;
  return new Rogue({
    pool,
    provider,
    prover,
    chain,
    identitySecret: secretOf(stage, name),
    deposit: DEPOSIT.sponsored,
  });
}

export interface Cast {
  readonly alice: Account;
  readonly bob: Account;
  /** Spends one ticket twice. */
  readonly mallory: Rogue;
  /** Understates what it used. */
  readonly trudy: Rogue;
  /** Skips tickets. */
  readonly sybil: Rogue;
  /** Everybody that the sponsor pays for; the three above are among them. */
  readonly sponsored: readonly bigint[];
  readonly signers: Readonly<Record<"alice" | "bob" | "relayer" | "sponsor" | "watcher", LocalSigner>>;
  /** Fresh addresses that have never held the token. */
  readonly recipients: Readonly<Record<"alice" | "bob" | "trudy" | "sybil", string>>;
}

export function castOf(stage: Stage): Cast {
  const mallory = rogue(stage, "mallory");
  const trudy = rogue(stage, "trudy");
  const sybil = rogue(stage, "sybil");
  const others = Array.from({ length: BATCH_SIZE - 3 }, (_, i) => identityCommitmentOf(secretOf(stage, `friend ${i}`)));
  const fresh = (name: string): string => ethers.computeAddress(ethers.id(`jeton demo: recipient of ${name}`));
  return {
    alice: walletAccount(stage, "alice"),
    bob: walletAccount(stage, "bob"),
    mallory,
    trudy,
    sybil,
    sponsored: [mallory, trudy, sybil].map(({ identityCommitment }) => identityCommitment).concat(others),
    signers: {
      alice: signerAt(stage, 0),
      bob: signerAt(stage, 1),
      relayer: signerAt(stage, 2),
      sponsor: signerAt(stage, 3),
      watcher: signerAt(stage, 4),
    },
    recipients: { alice: fresh("alice"), bob: fresh("bob"), trudy: fresh("trudy"), sybil: fresh("sybil") },
  };
}

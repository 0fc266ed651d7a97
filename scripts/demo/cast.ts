// SPDX-License-Identifier: GPL-3.0-or-later
/** Who plays. Seeds are fixed so that the demo is the same every time; they are worth nothing. */
import { ethers } from "ethers";

import { deriveIdentitySecret, identityCommitmentOf } from "../../src/protocol/index.ts";
import { Purse, Wallet, WalletStore } from "../../src/wallet/index.ts";
import type { Account } from "../../src/wallet/index.ts";
import { GatewayError } from "../../src/wire/index.ts";
import type { ProviderApi } from "../../src/wire/index.ts";
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

/** What a provider can be told to keep from a user. */
export interface Moods {
  withholdsRefunds: boolean;
  refusesFolds: boolean;
}

/** The provider's gateway, as it treats one user. */
function moody(gateway: ProviderApi, moods: Moods): ProviderApi {
  const refuse = (): never => {
    throw new GatewayError("SESSION_ENDED", "the provider does not answer this");
  };
  return {
    terms: () => gateway.terms(),
    enroll: (request) => gateway.enroll(request),
    call: async (request, onPiece) => {
      const answer = await gateway.call(request, onPiece);
      return moods.withholdsRefunds ? { ...answer, refund: null } : answer;
    },
    endSession: async (request) => (moods.withholdsRefunds ? refuse() : gateway.endSession(request)),
    refund: async (request) => (moods.withholdsRefunds ? refuse() : gateway.refund(request)),
    fold: async (request) => (moods.refusesFolds ? refuse() : gateway.fold(request)),
    consentToClose: (request) => gateway.consentToClose(request),
    publicFeed: (request) => gateway.publicFeed(request),
  };
}

function walletOf(stage: Stage, name: string, provider: ProviderApi = stage.provider): Wallet {
  const { pool, view, prover, clock } = stage;
  return new Wallet({
    store: WalletStore.open(":memory:", seedOf(name)),
    pool,
    provider,
    chain: view,
    prove: (statement, input) => prover.prove(statement, input),
    clock,
  });
}

const secretOf = ({ pool }: Stage, name: string): bigint =>
  deriveIdentitySecret(seedOf(name), pool.chainId, pool.address, 0);

function rogue(stage: Stage, name: string): Rogue {
  const { pool, provider, prover, view: chain } = stage;
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
  /** Alice's account as her proxy uses it. */
  readonly alicePurse: Purse;
  readonly bob: Account;
  /** Whom the provider wrongs. */
  readonly carol: Account;
  readonly moods: Moods;
  /** Folds one refund twice. */
  readonly dave: Rogue;
  /** Spends one ticket twice. */
  readonly mallory: Rogue;
  /** Understates what it used. */
  readonly trudy: Rogue;
  /** Skips tickets. */
  readonly sybil: Rogue;
  /** Everybody that the sponsor pays for; Carol and the rogues are among them. */
  readonly sponsored: readonly bigint[];
  readonly signers: Readonly<Record<"alice" | "bob" | "relayer" | "sponsor" | "watcher", LocalSigner>>;
  /** Fresh addresses that have never held the token. */
  readonly recipients: Readonly<Record<"alice" | "bob" | "carol" | "trudy" | "sybil", string>>;
}

export function castOf(stage: Stage): Cast {
  const mallory = rogue(stage, "mallory");
  const trudy = rogue(stage, "trudy");
  const sybil = rogue(stage, "sybil");
  const dave = rogue(stage, "dave");
  const moods: Moods = { withholdsRefunds: false, refusesFolds: false };
  const carol = walletOf(stage, "carol", moody(stage.provider, moods)).account(0);
  const aliceWallet = walletOf(stage, "alice");
  const known = [carol, dave, mallory, trudy, sybil].map(({ identityCommitment }) => identityCommitment);
  const others = Array.from({ length: BATCH_SIZE - known.length }, (_, i) =>
    identityCommitmentOf(secretOf(stage, `friend ${i}`)),
  );
  const fresh = (name: string): string => ethers.computeAddress(ethers.id(`jeton demo: recipient of ${name}`));
  return {
    alice: aliceWallet.account(0),
    alicePurse: new Purse(aliceWallet, { accounts: [0] }),
    bob: walletOf(stage, "bob").account(0),
    carol,
    moods,
    dave,
    mallory,
    trudy,
    sybil,
    sponsored: known.concat(others),
    signers: {
      alice: signerAt(stage, 0),
      bob: signerAt(stage, 1),
      relayer: signerAt(stage, 2),
      sponsor: signerAt(stage, 3),
      watcher: signerAt(stage, 4),
    },
    recipients: {
      alice: fresh("alice"),
      bob: fresh("bob"),
      carol: fresh("carol"),
      trudy: fresh("trudy"),
      sybil: fresh("sybil"),
    },
  };
}

// SPDX-License-Identifier: GPL-3.0-or-later
/** The real side: a pool on a network in this process, whose clock the campaign sets before every transaction. */
import { Interface } from "ethers";
import type { TransactionRequest } from "ethers";
import { network } from "hardhat";

import type { Pool, ProviderKey, Signature } from "../../../src/protocol/index.ts";
import { createLocalPool } from "../../../scripts/support/local-pool.ts";
import type { LocalPool, LocalSigner } from "../../../scripts/support/local-pool.ts";
import {
  BOUNTY_BPS,
  C,
  CHALLENGE_WINDOW,
  DISPUTE_WINDOW,
  LIFETIME,
  P,
  STAKE_BPS,
  STAKE_MINIMUM,
  UNIT,
} from "./ghost/index.ts";

/** More than any person of the campaign can spend in a run. */
const RICH = 10n ** 12n;

const MODEL = "ModelVerifier";
const MODELS = { close: MODEL, slash: MODEL, fold: MODEL, request: MODEL, refund: MODEL };
/** Enough for every call of a pool, and below the most that a transaction may have. */
const GAS = "0xf00000";

const NAMES = ["alice", "bob", "oscar", "mallory", "alias", "shill", "watcher", "stranger"] as const;
export type Name = (typeof NAMES)[number] | "provider";
export type People = Readonly<Record<Name, string>>;

/** A call that was refused: what it reverted with. */
interface RefusedCall {
  readonly data?: unknown;
  readonly message?: unknown;
}

export class Chain {
  readonly pool: LocalPool;
  readonly people: People;
  /** Of test/contracts/support/HostileTokens.sol: it refuses to pay whom it is told to. */
  readonly #token: Awaited<ReturnType<LocalPool["connection"]["ethers"]["getContractAt"]>>;
  readonly #errors: Interface;
  readonly #restore: () => Promise<void>;
  readonly rich = RICH;
  readonly #signatures = new Map<bigint, Signature>();

  private constructor(
    pool: LocalPool,
    people: People,
    token: Awaited<ReturnType<LocalPool["connection"]["ethers"]["getContractAt"]>>,
    restore: () => Promise<void>,
  ) {
    this.pool = pool;
    this.people = people;
    this.#token = token;
    this.#restore = restore;
    const fragments = [pool.pool, pool.settlement, pool.disputes, token].flatMap((contract) => [
      ...contract.interface.fragments,
    ]);
    this.#errors = new Interface(fragments.filter(({ type }) => type === "error"));
  }

  /** A pool where everybody has tokens and lets the pool take them, and nothing has happened. */
  static async create(areVerifiersReal: boolean): Promise<Chain> {
    const connection = await network.create();
    const pool = await createLocalPool(connection, {
      tokenContract: "MoodyToken",
      ticketPrice: C,
      policyHold: P,
      unit: UNIT,
      stakeMinimum: STAKE_MINIMUM,
      stakeBps: STAKE_BPS,
      bountyBps: BOUNTY_BPS,
      challengeWindow: CHALLENGE_WINDOW,
      disputeWindow: DISPUTE_WINDOW,
      accountLifetime: LIFETIME,
      ...(areVerifiersReal ? {} : { verifierContracts: MODELS }),
    });
    const signers: [Name, LocalSigner][] = [["provider", pool.provider]];
    for (const [at, name] of NAMES.entries()) signers.push([name, pool.others[at] as LocalSigner]);
    for (const [, signer] of signers) {
      await pool.token.mint(signer.address, RICH);
      await pool.token.connect(signer).approve(pool.pool, RICH);
    }
    const people = Object.fromEntries(signers.map(([name, { address }]) => [name, address])) as unknown as People;
    const token = await connection.ethers.getContractAt("MoodyToken", pool.token);
    const snapshot = await connection.networkHelpers.takeSnapshot();
    return new Chain(pool, people, token, () => snapshot.restore());
  }

  get description(): Pool {
    return this.pool.description;
  }

  get address(): string {
    return this.description.address;
  }

  /** The same message always gets the same signature, so it is made once. */
  get providerKey(): Pick<ProviderKey, "sign"> {
    return {
      sign: (message) => {
        const signature = this.#signatures.get(message) ?? this.pool.providerKey.sign(message);
        this.#signatures.set(message, signature);
        return signature;
      },
    };
  }

  /** Takes everything back to where nothing had happened. */
  async restart(): Promise<bigint> {
    await this.#restore();
    return BigInt(await this.pool.connection.networkHelpers.time.latest());
  }

  setMood(account: string, isBlocked: boolean, mood: 1 | 2 = 1): Promise<TransactionRequest> {
    return this.#token.getFunction("setMood").populateTransaction(account, isBlocked ? mood : 0);
  }

  /** Sends a transaction in a block of its own. @returns the name of what it reverted with; undefined when it went through */
  async send(from: string, { to, data }: TransactionRequest, at: bigint): Promise<string | undefined> {
    const { provider } = this.pool.connection;
    await provider.request({ method: "evm_setNextBlockTimestamp", params: [`0x${at.toString(16)}`] });
    try {
      await provider.request({ method: "eth_sendTransaction", params: [{ from, to, data, gas: GAS }] });
      return undefined;
    } catch (error) {
      return this.#nameOf(error as RefusedCall);
    }
  }

  #nameOf({ data, message }: RefusedCall): string {
    const parsed = typeof data === "string" && data.length >= 10 ? this.#errors.parseError(data) : null;
    return parsed?.name ?? `no error of a contract: ${String(message)}`;
  }
}

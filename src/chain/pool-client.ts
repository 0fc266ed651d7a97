// SPDX-License-Identifier: GPL-3.0-or-later
/** One pool on its chain. Its parameters are read from there and checked against what follows from them, never typed twice. */
import { getAddress, isAddress } from "ethers";

import type { CreditPool } from "../../typechain-types/index.js";
import {
  CreditDisputes__factory,
  CreditPool__factory,
  CreditSettlement__factory,
} from "../../typechain-types/index.js";
import type { Pool, PoolParameters } from "../protocol/index.ts";
import { describePool, isValidPublicKey, stakeOf } from "../protocol/index.ts";
import { ChainError, guarded } from "./errors.ts";
import { ACCOUNT_STATUSES, DISPUTE_STATUSES, FOLD_STATUSES } from "./pool-types.ts";
import type {
  Account,
  CertifiedFold,
  Dispute,
  Ledger,
  Obligations,
  PendingClose,
  PoolAddresses,
  PoolContracts,
  ReadOptions,
  Solvency,
  TreeHead,
} from "./pool-types.ts";
import { requireChain, requireCode } from "./provider.ts";
import type { ChainProvider } from "./provider.ts";
import type { Token } from "./token.ts";
import { connectToken } from "./token.ts";

/**
 * How many things one call asks for. For each struct of a list ethers copies the rest of the list, so a long one takes it quadratic time: 500 accounts
 * took five times as long as 100 five times.
 */
const BATCH = 100;
/** How many such calls are under way at once. */
const WIDTH = 8;

export class PoolClient {
  readonly provider: ChainProvider;
  readonly pool: Pool;
  readonly token: Token;
  readonly settlementAddress: string;
  readonly disputesAddress: string;
  /** The contracts, bound to the provider: for reads that this class has no name for. */
  readonly contracts: PoolContracts;

  private constructor(
    provider: ChainProvider,
    pool: Pool,
    token: Token,
    contracts: PoolContracts,
    rules: RuleAddresses,
  ) {
    this.provider = provider;
    this.pool = pool;
    this.token = token;
    this.contracts = contracts;
    this.settlementAddress = rules.settlement;
    this.disputesAddress = rules.disputes;
  }

  /**
   * Reads a pool and checks that it is one: code at every address, scope and pool hash as they follow from chain, address and
   * parameters, a provider key of prime order, and rules that serve this pool.
   * Whether the code is Jeton's is for the deployment's record, or the factory's list, to say.
   * @param expected what the caller knows already. @throws ChainError WRONG_CHAIN, NO_CODE, NOT_A_POOL
   */
  static async connect(
    provider: ChainProvider,
    address: string,
    expected: { readonly chainId?: bigint; readonly poolHash?: bigint } = {},
  ): Promise<PoolClient> {
    const isWellFormed: boolean = isAddress(address);
    if (!isWellFormed) throw new ChainError("ARGUMENT_INVALID", `"${address}" is no address`);
    const { chainId } = await guarded("reading the chain id", () => provider.getNetwork());
    if (expected.chainId !== undefined) await requireChain(provider, expected.chainId);
    await requireCode(provider, address, "the pool");
    const contract = CreditPool__factory.connect(address, provider);
    const { pool, rules } = await readPool(contract, chainId, address);
    if (expected.poolHash !== undefined && pool.poolHash !== expected.poolHash) {
      throw new ChainError(
        "NOT_A_POOL",
        `the pool at ${address} is not the one expected: its pool hash is ${pool.poolHash}`,
      );
    }
    await requireCode(provider, rules.settlement, "the pool's settlement");
    await requireCode(provider, rules.disputes, "the pool's disputes");
    await requireCode(provider, pool.parameters.token, "the pool's token");
    const settlement = CreditSettlement__factory.connect(rules.settlement, provider);
    const disputes = CreditDisputes__factory.connect(rules.disputes, provider);
    for (const [name, served] of [
      ["settlement", await guarded("reading the settlement", () => settlement.pool())],
      ["disputes contract", await guarded("reading the disputes", () => disputes.pool())],
    ] as const) {
      if (getAddress(served) === pool.address) continue;
      throw new ChainError("NOT_A_POOL", `the ${name} of ${pool.address} serves ${served}, and not this pool`);
    }
    const token = await connectToken(provider, pool.parameters.token);
    return new PoolClient(provider, pool, token, { pool: contract, settlement, disputes }, rules);
  }

  get addresses(): PoolAddresses {
    return { pool: this.pool.address, settlement: this.settlementAddress, disputes: this.disputesAddress };
  }

  get chainId(): bigint {
    return this.pool.chainId;
  }

  get parameters(): PoolParameters {
    return this.pool.parameters;
  }

  /** What a deposit of `amount` costs: D + S. */
  priceOf(amount: bigint): bigint {
    return amount + stakeOf(this.parameters, amount);
  }

  /** Many accounts, in the order asked; status "none" for a commitment that was never used. */
  async accountsOf(identityCommitments: readonly bigint[], options: ReadOptions = {}): Promise<Account[]> {
    return inBatches(identityCommitments, async (batch) => {
      const found = await guarded("reading accounts", () => this.contracts.pool.accountsOf([...batch], options));
      return found.map(({ deposit, stake, openedAt, status }, index) => ({
        identityCommitment: batch[index] as bigint,
        status: ACCOUNT_STATUSES[Number(status)] ?? "none",
        deposit,
        stake,
        openedAt,
      }));
    });
  }

  async accountOf(identityCommitment: bigint, options: ReadOptions = {}): Promise<Account> {
    return (await this.accountsOf([identityCommitment], options))[0] as Account;
  }

  /** The pending closes of many accounts, in the order asked; undefined where there is none. */
  async pendingClosesOf(
    identityCommitments: readonly bigint[],
    options: ReadOptions = {},
  ): Promise<(PendingClose | undefined)[]> {
    return inBatches(identityCommitments, async (batch) => {
      const found = await guarded("reading pending closes", () =>
        this.contracts.settlement.pendingClosesOf([...batch], options),
      );
      return found.map(({ toRecipient, toProvider, finalizableAt, recipient, fee, relayer }, index) =>
        finalizableAt === 0n
          ? undefined
          : {
              identityCommitment: batch[index] as bigint,
              toRecipient,
              toProvider,
              finalizableAt,
              recipient,
              fee,
              relayer,
            },
      );
    });
  }

  async pendingCloseOf(identityCommitment: bigint, options: ReadOptions = {}): Promise<PendingClose | undefined> {
    return (await this.pendingClosesOf([identityCommitment], options))[0];
  }

  async ledger(options: ReadOptions = {}): Promise<Ledger> {
    const { escrowed, undelivered, revenue, bond, awaitingBurn } = await guarded("reading the ledger", () =>
      this.contracts.pool.ledger(options),
    );
    return { escrowed, undelivered, revenue, bond, awaitingBurn };
  }

  /** The disputes over many tickets, in the order asked; undefined where none was opened. */
  async disputesOf(nullifiers: readonly bigint[], options: ReadOptions = {}): Promise<(Dispute | undefined)[]> {
    return inBatches(nullifiers, async (batch) => {
      const found = await guarded("reading disputes", () => this.contracts.disputes.disputesOf([...batch], options));
      return found.map(({ sessionAddress, resolvableAt, status, recipient, unpaid }, index) => {
        const named = DISPUTE_STATUSES[Number(status) - 1];
        if (named === undefined) return undefined;
        const nullifier = batch[index] as bigint;
        return { nullifier, sessionAddress, resolvableAt, status: named, recipient, unpaid };
      });
    });
  }

  /** The evidence hashes of the violations reported of many tickets, in the order asked; undefined where none was. */
  async violationsOf(nullifiers: readonly bigint[], options: ReadOptions = {}): Promise<(string | undefined)[]> {
    return inBatches(nullifiers, async (batch) => {
      const { disputes } = this.contracts;
      const found = await guarded("reading violations", () => disputes.violationsOf([...batch], options));
      return found.map((evidenceHash) => (BigInt(evidenceHash) === 0n ? undefined : evidenceHash));
    });
  }

  /** The certified folds to many states, in the order asked; undefined where none was ever certified. */
  async foldsOf(states: readonly bigint[], options: ReadOptions = {}): Promise<(CertifiedFold | undefined)[]> {
    return inBatches(states, async (batch) => {
      const found = await guarded("reading folds", () => this.contracts.settlement.foldsOf([...batch], options));
      return found.map(({ contents, finalizableAt, status }, index) => {
        const named = FOLD_STATUSES[Number(status) - 1];
        if (named === undefined) return undefined;
        return { newState: batch[index] as bigint, contents, finalizableAt, status: named };
      });
    });
  }

  /** For many fold nullifiers the state of the fold that holds each for good, in the order asked; 0 where none does. */
  async foldHoldersOf(foldNullifiers: readonly bigint[], options: ReadOptions = {}): Promise<bigint[]> {
    return inBatches(foldNullifiers, async (batch) => [
      ...(await guarded("reading fold nullifiers", () => this.contracts.settlement.foldHoldersOf([...batch], options))),
    ]);
  }

  /** What the provider owes, and what it can withdraw. */
  async obligations(options: ReadOptions = {}): Promise<Obligations> {
    const raw = await guarded("reading the obligations", () => this.contracts.disputes.obligations(options));
    const { unpaidAwards, unpaidPenalties, encumbered, free, announcedWithdrawal, withdrawableAt } = raw;
    return {
      openDisputes: Number(raw.openDisputes),
      unpaidAwards,
      unpaidPenalties,
      encumbered,
      free,
      announcedWithdrawal,
      withdrawableAt,
    };
  }

  /** Invariant 1: the pool's tokens cover what it owes. */
  async solvency(): Promise<Solvency> {
    const blockNumber = await guarded("reading the block number", () => this.provider.getBlockNumber());
    const at = { blockTag: blockNumber };
    const ledger = await this.ledger(at);
    const balance = await this.token.balanceOf(this.pool.address, at);
    const owed = ledger.escrowed + ledger.undelivered + ledger.revenue + ledger.bond + ledger.awaitingBurn;
    return { ledger, owed, balance, surplus: balance - owed, isSolvent: balance >= owed, blockNumber };
  }

  async tree(options: ReadOptions = {}): Promise<TreeHead> {
    const { pool } = this.contracts;
    const [root, leafCount, depth] = await guarded("reading the tree", () =>
      Promise.all([pool.root(options), pool.leafCount(options), pool.depth(options)]),
    );
    return { root, leafCount: Number(leafCount), depth: Number(depth) };
  }

  /** What `address` can claim, in token base units. */
  async creditOf(address: string, options: ReadOptions = {}): Promise<bigint> {
    return guarded("reading a credit", () => this.contracts.pool.creditOf(address, options));
  }
}

async function inBatches<T>(keys: readonly bigint[], read: (batch: readonly bigint[]) => Promise<T[]>): Promise<T[]> {
  const batches = Array.from({ length: Math.ceil(keys.length / BATCH) }, (_, number) =>
    keys.slice(number * BATCH, (number + 1) * BATCH),
  );
  const found: T[] = [];
  for (let first = 0; first < batches.length; first += WIDTH) {
    for (const answers of await Promise.all(batches.slice(first, first + WIDTH).map(read))) found.push(...answers);
  }
  return found;
}

type RuleAddresses = Omit<PoolAddresses, "pool">;

async function readPool(
  contract: CreditPool,
  chainId: bigint,
  address: string,
): Promise<{ pool: Pool; rules: RuleAddresses }> {
  const [raw, scope, poolHash, settlement, disputes] = await Promise.all([
    contract.parameters(),
    contract.scope(),
    contract.poolHash(),
    contract.settlement(),
    contract.disputes(),
  ]).catch((error: unknown) => {
    throw new ChainError("NOT_A_POOL", `the contract at ${address} does not answer as a pool does`, { cause: error });
  });
  const parameters: PoolParameters = {
    token: raw.token,
    provider: raw.provider,
    providerKey: [raw.providerKey[0], raw.providerKey[1]],
    ticketPrice: raw.ticketPrice,
    policyHold: raw.policyHold,
    unit: raw.unit,
    stakeMinimum: raw.stakeMinimum,
    stakeBps: raw.stakeBps,
    bountyBps: raw.bountyBps,
    challengeWindow: raw.challengeWindow,
    disputeWindow: raw.disputeWindow,
    accountLifetime: raw.accountLifetime,
    termsHash: raw.termsHash,
  };
  if (!isValidPublicKey(parameters.providerKey)) {
    throw new ChainError("NOT_A_POOL", `the provider key of ${address} is no point of BabyJubJub's prime subgroup`);
  }
  const pool = describePool(chainId, address, parameters);
  if (pool.scope !== scope || pool.poolHash !== poolHash) {
    throw new ChainError("NOT_A_POOL", `the scope or pool hash of ${address} does not follow from its parameters`);
  }
  return { pool, rules: { settlement: getAddress(settlement), disputes: getAddress(disputes) } };
}

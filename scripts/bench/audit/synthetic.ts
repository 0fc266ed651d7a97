// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A long history of a pool that never was, served as an endpoint serves one: deposits one by one and in batches, closes that are started and made
 * final, every root and every transfer right. Nothing is kept but the roots: each answer is made when it is asked for. Some closes are proved.
 */
import { Interface, JsonRpcApiProvider, Network, ZeroAddress, ZeroHash, toBeHex } from "ethers";
import type { JsonRpcError, JsonRpcPayload, JsonRpcResult } from "ethers";

import { Frontier } from "../../../src/audit/frontier.ts";
import {
  closeClaim,
  closePayout,
  describePool,
  identityCommitmentOf,
  leafOf,
  providerKey,
  stakeOf,
} from "../../../src/protocol/index.ts";
import type { CircuitInput, Pool, PoolParameters, Proof } from "../../../src/protocol/index.ts";
import {
  CloseVerifier__factory,
  CreditDisputes__factory,
  CreditPool__factory,
  CreditSettlement__factory,
  FoldVerifier__factory,
  RefundVerifier__factory,
  RequestVerifier__factory,
  SlashVerifier__factory,
} from "../../../typechain-types/index.js";

export interface HistorySize {
  readonly deposits: number;
  readonly closes: number;
  /** Accounts that one transaction opens. */
  readonly batch: number;
  /** Every so manieth transaction opens a single account. */
  readonly singleEvery: number;
  /** How many closes have a real proof. */
  readonly proofs: number;
}

export type ProveClose = (input: CircuitInput) => Promise<Proof>;

const CHAIN = 31_337n;
const at = (digit: string): string => `0x${digit.repeat(40)}`;
const [POOL, SETTLEMENT, DISPUTES, TOKEN, PROVIDER, PAYER] = ["1", "2", "3", "4", "5", "6"].map(at) as [
  string, string, string, string, string, string,
]; // prettier-ignore
const VERIFIERS = { close: at("a"), slash: at("b"), fold: at("c"), request: at("d"), refund: at("e") } as const;
const BUILDS = {
  [VERIFIERS.close]: CloseVerifier__factory.bytecode,
  [VERIFIERS.slash]: SlashVerifier__factory.bytecode,
  [VERIFIERS.fold]: FoldVerifier__factory.bytecode,
  [VERIFIERS.request]: RequestVerifier__factory.bytecode,
  [VERIFIERS.refund]: RefundVerifier__factory.bytecode,
};
const DEPOSIT = 1_100_000n;
const FIRST_UNUSED = 40n;
const CLOSES_A_BLOCK = 100;
const START = 1_800_000_000;
const WINDOW = 3_600;
const DEADLINE = 4_102_444_800n;
const MOST_LOGS = 10_000;

const POOL_ABI = CreditPool__factory.createInterface();
const SETTLEMENT_ABI = CreditSettlement__factory.createInterface();
const DISPUTES_ABI = CreditDisputes__factory.createInterface();
const TOKEN_ABI = new Interface([
  "function symbol() view returns (string)",
  "function decimals() view returns (uint8)",
  "function balanceOf(address) view returns (uint256)",
  "event Transfer(address indexed from, address indexed to, uint256 value)",
]);

const word = (value: bigint | number | string): string => BigInt(value).toString(16).padStart(64, "0");
const topicOf = (abi: Interface, name: string): string => abi.getEvent(name)?.topicHash ?? "";
const hashOf = (kind: number, number: number): string => `0x${kind}${number.toString(16).padStart(63, "0")}`;

interface JsonLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly transactionHash: string;
  readonly logIndex: string;
}

interface Proved {
  readonly secret: bigint;
  readonly coverKeys: readonly bigint[];
  readonly proof: Proof;
}

/** Block 0 is empty; then deposits, one transaction a block; then closes, two blocks for each hundred. */
export class SyntheticChain extends JsonRpcApiProvider {
  readonly pool: Pool;
  readonly #size: HistorySize;
  readonly #roots: bigint[] = [];
  /** The first account of each deposit's block, and the end. */
  readonly #starts: number[] = [0];
  readonly #proved = new Map<number, Proved>();
  readonly #accountOf = new Map<bigint, number>();
  #depth = 0;

  private constructor(size: HistorySize) {
    super(Network.from(CHAIN), { staticNetwork: true, batchMaxCount: 1, cacheTimeout: -1 });
    this.#size = size;
    const parameters: PoolParameters = {
      token: TOKEN,
      provider: PROVIDER,
      providerKey: providerKey(Uint8Array.from({ length: 32 }, (_, index) => index + 1)).publicKey,
      ticketPrice: 10_000n,
      policyHold: 1_000n,
      unit: 10n,
      stakeMinimum: 1_000_000n,
      stakeBps: 100n,
      bountyBps: 5_000n,
      challengeWindow: BigInt(WINDOW),
      disputeWindow: BigInt(WINDOW),
      accountLifetime: 315_360_000n,
      termsHash: hashOf(9, 1),
    };
    this.pool = describePool(CHAIN, POOL, parameters);
    this._start();
  }

  static async make(size: HistorySize, prove: ProveClose, say: (line: string) => void): Promise<SyntheticChain> {
    const chain = new SyntheticChain(size);
    for (let number = 0; number < size.proofs; number++) await chain.#prove(number, prove);
    say(`proved ${size.proofs} closes; building the tree`);
    chain.#build();
    return chain;
  }

  /** The accounts whose closes have a real proof. */
  isProved(identityCommitment: bigint): boolean {
    return this.#proved.has(this.#accountOf.get(identityCommitment) ?? -1);
  }

  get lastBlock(): number {
    return this.#depositBlocks + 2 * Math.ceil(this.#size.closes / CLOSES_A_BLOCK);
  }

  get #depositBlocks(): number {
    return this.#roots.length;
  }

  /** Evenly over those that close. */
  async #prove(number: number, prove: ProveClose): Promise<void> {
    const { closes, proofs } = this.#size;
    const account = Math.floor((number * closes) / proofs);
    const secret = 7_000_000_000_000n + BigInt(number);
    const terms = { recipient: PAYER, relayer: ZeroAddress, fee: 0n, deadline: DEADLINE };
    const sums = { deposit: DEPOSIT, firstUnused: Number(FIRST_UNUSED), refundedCharges: 0n, refundedHolds: 0n, terms };
    const { input, coverKeys } = closeClaim(this.pool, secret, undefined, sums);
    this.#proved.set(account, { secret, coverKeys, proof: await prove(input) });
    this.#accountOf.set(identityCommitmentOf(secret), account);
  }

  #build(): void {
    const { deposits, batch, singleEvery } = this.#size;
    const tree = new Frontier();
    for (let account = 0, block = 1; account < deposits; block++) {
      const count = Math.min(block % singleEvery === 0 ? 1 : batch, deposits - account);
      for (const end = account + count; account < end; account++) tree.add(leafOf(this.#commitment(account), DEPOSIT));
      this.#roots.push(tree.root);
      this.#starts.push(account);
    }
    this.#depth = tree.depth;
  }

  /** Small numbers are field elements as good as any; the proved ones have secrets. */
  #commitment(account: number): bigint {
    const proved = this.#proved.get(account);
    return proved === undefined ? BigInt(account + 1) : identityCommitmentOf(proved.secret);
  }

  #timestamp(block: number): number {
    const late = block - this.#depositBlocks;
    return START + 2 * block + (late > 0 ? Math.floor(late / 2) * WINDOW : 0);
  }

  #split() {
    const { parameters } = this.pool;
    const sums = { firstUnused: FIRST_UNUSED, refundedCharges: 0n, refundedHolds: 0n, fee: 0n, isExpired: false };
    return closePayout(parameters, { deposit: DEPOSIT, stake: stakeOf(parameters, DEPOSIT), ...sums });
  }

  // ------------------------------------------------------------------- events

  #logs(block: number): JsonLog[] {
    const logs: JsonLog[] = [];
    const add = (address: string, transaction: string, topics: string[], words: (bigint | number | string)[]): void => {
      logs.push({
        address,
        topics,
        data: `0x${words.map(word).join("")}`,
        blockNumber: toBeHex(block),
        blockHash: hashOf(1, block),
        transactionHash: transaction,
        logIndex: toBeHex(logs.length),
      });
    };
    if (block >= 1 && block <= this.#depositBlocks) this.#deposits(block, add);
    else if (block > this.#depositBlocks) this.#closes(block, add);
    return logs;
  }

  #deposits(
    block: number,
    add: (address: string, transaction: string, topics: string[], words: (bigint | number)[]) => void,
  ): void {
    const transaction = hashOf(2, block);
    const [start, end] = [this.#starts[block - 1] ?? 0, this.#starts[block] ?? 0];
    const stake = stakeOf(this.pool.parameters, DEPOSIT);
    const opened = topicOf(POOL_ABI, "AccountOpened");
    for (let account = start; account < end; account++) {
      add(POOL, transaction, [opened, `0x${word(this.#commitment(account))}`], [DEPOSIT, stake, account]);
    }
    add(POOL, transaction, [topicOf(POOL_ABI, "RootUpdated")], [this.#roots[block - 1] ?? 0n, end]);
    const price = BigInt(end - start) * (DEPOSIT + stake);
    add(TOKEN, transaction, [topicOf(TOKEN_ABI, "Transfer"), `0x${word(PAYER)}`, `0x${word(POOL)}`], [price]);
  }

  /** A block of closes that are started, then one in which they are final. */
  #closes(
    block: number,
    add: (address: string, transaction: string, topics: string[], words: (bigint | number | string)[]) => void,
  ): void {
    const late = block - this.#depositBlocks - 1;
    const start = Math.floor(late / 2) * CLOSES_A_BLOCK;
    const end = Math.min(start + CLOSES_A_BLOCK, this.#size.closes);
    const split = this.#split();
    for (let account = start; account < end; account++) {
      const key = `0x${word(this.#commitment(account))}`;
      if (late % 2 === 0) {
        const due = this.#timestamp(block) + WINDOW;
        const keys = this.#coverKeys(account);
        const words = [FIRST_UNUSED, 0, 0, PAYER, 0, 0, due, ...keys];
        add(SETTLEMENT, hashOf(3, account), [topicOf(SETTLEMENT_ABI, "CloseStarted"), key], words);
        continue;
      }
      const transaction = hashOf(4, account);
      add(SETTLEMENT, transaction, [topicOf(SETTLEMENT_ABI, "CloseFinalized"), key], []);
      const parts = [3, PAYER, split.toRecipient, 0, 0, split.toProvider, split.toBurn];
      add(POOL, transaction, [topicOf(POOL_ABI, "AccountReleased"), key], parts);
      add(
        TOKEN,
        transaction,
        [topicOf(TOKEN_ABI, "Transfer"), `0x${word(POOL)}`, `0x${word(PAYER)}`],
        [split.toRecipient],
      );
    }
  }

  #coverKeys(account: number): readonly bigint[] {
    return (
      this.#proved.get(account)?.coverKeys ?? Array.from({ length: 64 }, (_, slot) => BigInt(account * 64 + slot + 1))
    );
  }

  // ---------------------------------------------------------------- endpoint

  override async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<(JsonRpcResult | JsonRpcError)[]> {
    return (Array.isArray(payload) ? payload : [payload]).map(({ id, method, params }) => {
      try {
        return { id, result: this.#answer(method, params as unknown[]) };
      } catch (error) {
        return { id, error: { code: -32_000, message: (error as Error).message } };
      }
    });
  }

  #answer(method: string, [first, second]: unknown[]): unknown {
    switch (method) {
      case "eth_chainId":
        return toBeHex(CHAIN);
      case "eth_getBlockByNumber": {
        const number = first === "latest" ? this.lastBlock : Number(first);
        if (number > this.lastBlock) return null;
        return {
          number: toBeHex(number),
          hash: hashOf(1, number),
          parentHash: number === 0 ? ZeroHash : hashOf(1, number - 1),
          timestamp: toBeHex(this.#timestamp(number)),
        };
      }
      case "eth_getCode": {
        const build = BUILDS[String(first).toLowerCase()];
        // What follows the creation code, which ends by returning it.
        if (build !== undefined) return `0x${build.slice(build.indexOf("f3fe") + 4)}`;
        return String(first).toLowerCase() === PROVIDER ? "0x" : "0x01";
      }
      case "eth_getLogs":
        return this.#filtered(
          first as { address: string | string[]; fromBlock: string; toBlock: string; topics?: (string | null)[] },
        );
      case "eth_getTransactionByHash":
        return this.#transaction(String(first));
      case "eth_call":
        // As an endpoint that keeps no old states.
        if (String(second).startsWith("0x") && Number(second) !== this.lastBlock) throw new Error("missing trie node");
        return this.#call(first as { to: string; data: string });
      default:
        throw new Error(`${method} is not offered`);
    }
  }

  #filtered({
    address,
    fromBlock,
    toBlock,
    topics = [],
  }: {
    address: string | string[];
    fromBlock: string;
    toBlock: string;
    topics?: (string | null)[];
  }): JsonLog[] {
    const wanted = new Set([address].flat().map((one) => one.toLowerCase()));
    const found: JsonLog[] = [];
    for (let block = Number(fromBlock); block <= Number(toBlock); block++) {
      for (const log of this.#logs(block)) {
        if (!wanted.has(log.address)) continue;
        if (topics.some((topic, position) => topic !== null && topic !== log.topics[position])) continue;
        found.push(log);
      }
      if (found.length > MOST_LOGS) throw new Error(`more than ${MOST_LOGS} results`);
    }
    return found;
  }

  #transaction(hash: string): unknown {
    const account = Number(`0x${hash.slice(3)}`);
    const proved = this.#proved.get(account);
    if (!hash.startsWith("0x3") || proved === undefined) return null;
    const { a, b, c } = proved.proof;
    const request = {
      identityCommitment: this.#commitment(account),
      firstUnused: FIRST_UNUSED,
      refundedCharges: 0n,
      refundedHolds: 0n,
      certified: 0n,
      recipient: PAYER,
      relayer: ZeroAddress,
      fee: 0n,
      deadline: DEADLINE,
      coverKeys: [...proved.coverKeys],
      proof: {
        a: [...a] as [bigint, bigint],
        b: [[...b[0]], [...b[1]]] as [[bigint, bigint], [bigint, bigint]],
        c: [...c] as [bigint, bigint],
      },
    };
    const block = this.#depositBlocks + 1 + 2 * Math.floor(account / CLOSES_A_BLOCK);
    return {
      from: PAYER,
      to: SETTLEMENT,
      input: SETTLEMENT_ABI.encodeFunctionData("startClose", [request]),
      blockHash: hashOf(1, block),
    };
  }

  #call({ to, data }: { to: string; data: string }): string {
    const contract = to.toLowerCase();
    const abi: Interface =
      contract === POOL
        ? POOL_ABI
        : contract === SETTLEMENT
          ? SETTLEMENT_ABI
          : contract === DISPUTES
            ? DISPUTES_ABI
            : TOKEN_ABI;
    const parsed = abi.parseTransaction({ data });
    if (parsed === null) throw new Error("no such view");
    const answer = this.#view(parsed.name, parsed.args.length > 0 ? parsed.args[0] : undefined);
    return abi.encodeFunctionResult(parsed.name, [answer]);
  }

  #view(name: string, argument: unknown): unknown {
    const { parameters, scope, poolHash } = this.pool;
    const [split, stake] = [this.#split(), stakeOf(parameters, DEPOSIT)];
    const { deposits, closes } = this.#size;
    const ended = BigInt(closes);
    const ledger = {
      escrowed: BigInt(deposits - closes) * (DEPOSIT + stake),
      undelivered: 0n,
      revenue: ended * split.toProvider,
      bond: 0n,
      awaitingBurn: ended * split.toBurn,
    };
    const views: Record<string, () => unknown> = {
      parameters: () => ({ ...parameters, providerKey: [...parameters.providerKey] }),
      scope: () => scope,
      poolHash: () => poolHash,
      settlement: () => SETTLEMENT,
      disputes: () => DISPUTES,
      pool: () => POOL,
      closeVerifier: () => VERIFIERS.close,
      slashVerifier: () => VERIFIERS.slash,
      foldVerifier: () => VERIFIERS.fold,
      requestVerifier: () => VERIFIERS.request,
      refundVerifier: () => VERIFIERS.refund,
      symbol: () => "USD",
      decimals: () => 6,
      balanceOf: () => ledger.escrowed + ledger.revenue + ledger.awaitingBurn,
      ledger: () => ledger,
      root: () => this.#roots.at(-1) ?? 0n,
      leafCount: () => deposits,
      depth: () => this.#depth,
      accountsOf: () => (argument as bigint[]).map((key) => this.#account(key, stake)),
      obligations: () => ({
        openDisputes: 0,
        unpaidAwards: 0,
        unpaidPenalties: 0,
        encumbered: 0,
        free: ledger.revenue,
        announcedWithdrawal: 0,
        withdrawableAt: 0,
      }),
    };
    const view = views[name];
    if (view === undefined) throw new Error(`there is no view ${name}`);
    return view();
  }

  #account(key: bigint, stake: bigint): object {
    const account = this.#accountOf.get(key) ?? Number(key) - 1;
    let [low, high] = [1, this.#depositBlocks];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((this.#starts[middle] ?? 0) > account) high = middle;
      else low = middle + 1;
    }
    return { deposit: DEPOSIT, stake, openedAt: this.#timestamp(low), status: account < this.#size.closes ? 3 : 1 };
  }
}

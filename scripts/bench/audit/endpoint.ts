// SPDX-License-Identifier: GPL-3.0-or-later
/** A synthetic history served as an endpoint serves a chain, over HTTP: events, blocks, transactions, and the pool's views at the last block. */
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { ZeroAddress, ZeroHash, toBeHex } from "ethers";
import type { Interface } from "ethers";

import {
  CloseVerifier__factory,
  CreditDisputes__factory,
  FoldVerifier__factory,
  RefundVerifier__factory,
  RequestVerifier__factory,
  SlashVerifier__factory,
} from "../../../typechain-types/index.js";
import { POOL_ABI, SETTLEMENT_ABI, TOKEN_ABI, entriesOf, hashOf, startedBy } from "./events.ts";
import type { Entry, JsonLog } from "./events.ts";
import { CHAIN, DEADLINE, DEPOSIT, FIRST_UNUSED, PARTIES } from "./history.ts";
import type { History } from "./history.ts";

/** As much as endpoints answer at once. */
export const MOST_LOGS = 10_000;

const VERIFIERS = [
  ["closeVerifier", `0x${"a".repeat(40)}`, CloseVerifier__factory.bytecode],
  ["slashVerifier", `0x${"b".repeat(40)}`, SlashVerifier__factory.bytecode],
  ["foldVerifier", `0x${"c".repeat(40)}`, FoldVerifier__factory.bytecode],
  ["requestVerifier", `0x${"d".repeat(40)}`, RequestVerifier__factory.bytecode],
  ["refundVerifier", `0x${"e".repeat(40)}`, RefundVerifier__factory.bytecode],
] as const;
const ABIS: ReadonlyMap<string, Interface> = new Map([
  [PARTIES.pool, POOL_ABI],
  [PARTIES.settlement, SETTLEMENT_ABI],
  [PARTIES.disputes, CreditDisputes__factory.createInterface()],
  [PARTIES.token, TOKEN_ABI],
]);
/** In the contract's order. */
const [ACTIVE, CLOSED] = [1, 3];

interface Filter {
  readonly address: string | readonly string[];
  readonly fromBlock: string;
  readonly toBlock: string;
  readonly topics?: readonly (string | null)[];
}

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

class Endpoint {
  readonly #history: History;
  readonly #views: Readonly<Record<string, (argument: unknown) => unknown>>;

  constructor(history: History) {
    this.#history = history;
    this.#views = viewsOf(history);
  }

  answer({ id, method, params }: Request): object {
    try {
      return { jsonrpc: "2.0", id, result: this.#result(method, params) };
    } catch (error) {
      return { jsonrpc: "2.0", id, error: { code: -32_000, message: (error as Error).message } };
    }
  }

  #result(method: string, [first, second]: readonly unknown[]): unknown {
    const history = this.#history;
    switch (method) {
      case "eth_chainId":
        return toBeHex(CHAIN);
      case "eth_blockNumber":
        return toBeHex(history.lastBlock);
      case "eth_getBlockByNumber": {
        const number = first === "latest" ? history.lastBlock : Number(first);
        if (number > history.lastBlock) return null;
        const parentHash = number === 0 ? ZeroHash : hashOf("block", number - 1);
        const timestamp = toBeHex(history.timeOf(number));
        return { number: toBeHex(number), hash: hashOf("block", number), parentHash, timestamp };
      }
      case "eth_getCode":
        return codeAt(String(first).toLowerCase());
      case "eth_getLogs":
        return this.#filtered(first as Filter);
      case "eth_getTransactionByHash":
        return this.#transaction(String(first));
      case "eth_call":
        // It keeps no old states.
        if (String(second).startsWith("0x") && Number(second) !== history.lastBlock) {
          throw new Error("missing trie node");
        }
        return this.#call(first as { readonly to: string; readonly data: string });
      default:
        throw new Error(`${method} is not offered`);
    }
  }

  #filtered({ address, fromBlock, toBlock, topics = [] }: Filter): JsonLog[] {
    const wanted = new Set([address].flat().map((one) => one.toLowerCase()));
    const entries: Entry[] = [];
    for (let block = Number(fromBlock); block <= Number(toBlock); block++) {
      for (const entry of entriesOf(this.#history, block)) if (wanted.has(entry.address)) entries.push(entry);
      if (entries.length > MOST_LOGS) throw new Error(`more than ${MOST_LOGS} results`);
    }
    return entries
      .map(({ log }) => log())
      .filter((log) => topics.every((topic, position) => topic === null || topic === log.topics[position]));
  }

  /** Of the closes that were proved. */
  #transaction(hash: string): unknown {
    const account = startedBy(hash);
    const proved = account === undefined ? undefined : this.#history.provedClose(account);
    if (account === undefined || proved === undefined) return null;
    const { a, b, c } = proved.proof;
    const request = {
      identityCommitment: this.#history.commitmentOf(account),
      firstUnused: FIRST_UNUSED,
      refundedCharges: 0n,
      refundedHolds: 0n,
      certified: 0n,
      recipient: PARTIES.payer,
      relayer: ZeroAddress,
      fee: 0n,
      deadline: DEADLINE,
      coverKeys: [...proved.coverKeys],
      proof: {
        a: [a[0], a[1]] as [bigint, bigint],
        b: [
          [b[0][0], b[0][1]],
          [b[1][0], b[1][1]],
        ] as [[bigint, bigint], [bigint, bigint]],
        c: [c[0], c[1]] as [bigint, bigint],
      },
    };
    return {
      from: PARTIES.payer,
      to: PARTIES.settlement,
      input: SETTLEMENT_ABI.encodeFunctionData("startClose", [request]),
      blockHash: hashOf("block", this.#history.startBlockOf(account)),
    };
  }

  #call({ to, data }: { readonly to: string; readonly data: string }): string {
    const abi = ABIS.get(to.toLowerCase());
    const parsed = abi?.parseTransaction({ data });
    const view = this.#views[parsed?.name ?? ""];
    if (abi === undefined || parsed === null || parsed === undefined || view === undefined) {
      throw new Error("there is no such view");
    }
    return abi.encodeFunctionResult(parsed.name, [view(parsed.args.length > 0 ? parsed.args[0] : undefined)]);
  }
}

/** Of a verifier what follows its creation code, which ends by returning it. */
function codeAt(address: string): string {
  const build = VERIFIERS.find(([, at]) => at === address)?.[2];
  if (build !== undefined) return `0x${build.slice(build.indexOf("f3fe") + 4)}`;
  return address === PARTIES.provider ? "0x" : "0x01";
}

function viewsOf(history: History): Readonly<Record<string, (argument: unknown) => unknown>> {
  const { size, split, stake, pool } = history;
  const ended = BigInt(size.closes);
  const ledger = {
    escrowed: BigInt(size.deposits - size.closes) * (DEPOSIT + stake),
    undelivered: 0n,
    revenue: ended * split.toProvider,
    bond: 0n,
    awaitingBurn: ended * split.toBurn,
  };
  const obligations = {
    openDisputes: 0,
    unpaidAwards: 0,
    unpaidPenalties: 0,
    encumbered: 0,
    free: ledger.revenue,
    announcedWithdrawal: 0,
    withdrawableAt: 0,
  };
  const accountAt = (account: number): object => {
    const status = account < size.closes ? CLOSED : ACTIVE;
    return { deposit: DEPOSIT, stake, openedAt: history.openedAt(account), status };
  };
  return {
    ...Object.fromEntries(VERIFIERS.map(([name, at]) => [name, () => at])),
    parameters: () => ({ ...pool.parameters, providerKey: [...pool.parameters.providerKey] }),
    scope: () => pool.scope,
    poolHash: () => pool.poolHash,
    settlement: () => PARTIES.settlement,
    disputes: () => PARTIES.disputes,
    pool: () => PARTIES.pool,
    symbol: () => "USD",
    decimals: () => 6,
    balanceOf: () => ledger.escrowed + ledger.revenue + ledger.awaitingBurn,
    ledger: () => ledger,
    root: () => history.rootAfter(history.depositBlocks),
    leafCount: () => size.deposits,
    depth: () => history.depth,
    accountsOf: (keys) => (keys as bigint[]).map((key) => accountAt(history.accountOf(key))),
    obligations: () => obligations,
  };
}

async function respond(endpoint: Endpoint, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const asked = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Request | Request[];
  const answer = Array.isArray(asked) ? asked.map((one) => endpoint.answer(one)) : endpoint.answer(asked);
  response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
}

/** On the loopback interface, on a free port, for as long as the process lives. Resolves to its URL. */
export async function serve(history: History): Promise<string> {
  const endpoint = new Endpoint(history);
  const server = createServer((request, response) => {
    respond(endpoint, request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

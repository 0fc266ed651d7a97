// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The calls to a pool's rules that a transaction made: its own, or those inside it where a contract made them. Calldata is looked through for the
 * calls of the rules, and the endpoint is asked for a trace where it gives one. What is found elsewhere than in the transaction's own call counts only
 * because a proof in it verifies for what the chain recorded: then it does not matter who carried it.
 */
import type { Interface, Result } from "ethers";

import { CreditDisputes__factory, CreditSettlement__factory } from "../../typechain-types/index.js";
import type { PoolAddresses, RpcSource } from "../chain/index.ts";
import type { Transaction } from "./source.ts";

export interface RuleCall {
  readonly name: string;
  readonly args: Result;
  /** The transaction's own call: its sender is the caller. */
  readonly isDirect: boolean;
}

interface Trace {
  readonly to?: string;
  readonly input?: string;
  readonly error?: string;
  readonly calls?: readonly Trace[];
}

const SETTLEMENT = CreditSettlement__factory.createInterface();
const DISPUTES = CreditDisputes__factory.createInterface();

function selectorsOf(rules: Interface): Map<string, string> {
  const found = new Map<string, string>();
  rules.forEachFunction((fragment) => {
    if (fragment.stateMutability === "nonpayable") found.set(fragment.selector.slice(2), fragment.name);
  });
  return found;
}

const RULES = [SETTLEMENT, DISPUTES].map((rules) => ({ rules, selectors: selectorsOf(rules) }));

/**
 * How much of the input a call that is found in it can take, in digits, and how many places that look like one are tried: anybody can write a
 * selector into every fourth byte of a transaction. 128 KiB hold fewer calls with a proof than that.
 */
const LONGEST_CALL = 2 * 4_096;
const MOST_PLACES = 400;

/** A transaction's input beyond this is not looked through: 128 KiB, what nodes take at most. */
const LONGEST_INPUT = 2 * 131_072 + 2;

function decode(rules: Interface, name: string, data: string, isDirect: boolean): RuleCall | undefined {
  try {
    return { name, args: rules.decodeFunctionData(name, data), isDirect };
  } catch {
    return undefined;
  }
}

export class CallReader {
  readonly #source: RpcSource;
  readonly #rules: ReadonlyMap<string, Interface>;
  #tracing: "unknown" | "offered" | "refused" = "unknown";

  constructor(source: RpcSource, { settlement, disputes }: PoolAddresses) {
    this.#source = source;
    this.#rules = new Map<string, Interface>([
      [settlement.toLowerCase(), SETTLEMENT],
      [disputes.toLowerCase(), DISPUTES],
    ]);
  }

  /** Whether the transaction calls the rules itself. */
  isDirect({ to }: Transaction): boolean {
    return to !== undefined && this.#rules.has(to.toLowerCase());
  }

  /** Every call of these names that can be seen, the transaction's own first. */
  async callsOf(hash: string, transaction: Transaction, names: readonly string[]): Promise<readonly RuleCall[]> {
    const own = this.#rules.get(transaction.to?.toLowerCase() ?? "");
    if (own !== undefined) {
      const parsed = own.parseTransaction({ data: transaction.input });
      return parsed !== null && names.includes(parsed.name)
        ? [{ name: parsed.name, args: parsed.args, isDirect: true }]
        : [];
    }
    return [...embedded(transaction.input, names), ...(await this.#traced(hash, names))];
  }

  async #traced(hash: string, names: readonly string[]): Promise<readonly RuleCall[]> {
    if (this.#tracing === "refused") return [];
    try {
      const trace = (await this.#source.send("debug_traceTransaction", [hash, { tracer: "callTracer" }])) as Trace;
      this.#tracing = "offered";
      return [...this.#callsIn(trace, names)];
    } catch {
      if (this.#tracing === "unknown") this.#tracing = "refused";
      return [];
    }
  }

  *#callsIn(trace: Trace, names: readonly string[]): Generator<RuleCall> {
    if (trace.error !== undefined) return;
    const rules = this.#rules.get(trace.to?.toLowerCase() ?? "");
    for (const name of rules === undefined ? [] : names) {
      const fragment = rules?.getFunction(name);
      if (rules === undefined || fragment?.selector !== trace.input?.slice(0, 10)) continue;
      const call = decode(rules, name, trace.input ?? "0x", false);
      if (call !== undefined) yield call;
    }
    for (const inner of trace.calls ?? []) yield* this.#callsIn(inner, names);
  }
}

/** Calls that stand in the input as they were encoded, as multicalls and relayers hand them on. */
function* embedded(input: string, names: readonly string[]): Generator<RuleCall> {
  if (input.length > LONGEST_INPUT) return;
  let places = 0;
  for (const { rules, selectors } of RULES) {
    for (const [selector, name] of selectors) {
      if (!names.includes(name)) continue;
      for (let at = input.indexOf(selector, 2); at !== -1; at = input.indexOf(selector, at + 1)) {
        if (at % 2 !== 0) continue;
        places += 1;
        if (places > MOST_PLACES) return;
        const call = decode(rules, name, `0x${input.slice(at, at + LONGEST_CALL)}`, false);
        if (call !== undefined) yield call;
      }
    }
  }
}

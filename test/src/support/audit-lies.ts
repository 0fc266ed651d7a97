// SPDX-License-Identifier: GPL-3.0-or-later
/** Endpoints that lie about one thing. */
import type { Interface } from "ethers";

import {
  CreditDisputes__factory,
  CreditPool__factory,
  CreditSettlement__factory,
} from "../../../typechain-types/index.js";
import type { Lie } from "./audit-scene.ts";

const RULES: readonly Interface[] = [CreditPool__factory, CreditSettlement__factory, CreditDisputes__factory].map(
  (made) => made.createInterface(),
);

interface JsonLog {
  readonly address: string;
  readonly topics: string[];
  readonly data: string;
  readonly logIndex: string;
  readonly transactionHash: string;
  readonly blockNumber: string;
}

/** An event as it is told; undefined: it is kept silent. */
type Edit = (args: unknown[], log: JsonLog, at: number) => unknown[] | undefined;

function rulesOf(event: string): Interface {
  const found = RULES.find((rules) => rules.hasEvent(event));
  if (found === undefined) throw new Error(`there is no event ${event}`);
  return found;
}

/** Every event of a name goes through `edit`; `at` counts them. */
export function eventsChanged(event: string, edit: Edit): Lie {
  const rules = rulesOf(event);
  const topic = rules.getEvent(event)?.topicHash;
  return (method, _, answer) => {
    if (method !== "eth_getLogs") return undefined;
    let at = 0;
    return (answer as JsonLog[]).flatMap((log) => {
      if (log.topics[0] !== topic) return [log];
      const parsed = rules.parseLog(log);
      const args = edit(parsed?.args.toArray(true) as unknown[], log, at++);
      return args === undefined ? [] : [{ ...log, ...rules.encodeEventLog(event, args) }];
    });
  };
}

/** One more event, made from the first of its name, at the end of that one's block. */
export function eventAdded(event: string, edit: Edit): Lie {
  const rules = rulesOf(event);
  const topic = rules.getEvent(event)?.topicHash;
  return (method, _, answer) => {
    if (method !== "eth_getLogs") return undefined;
    const logs = answer as JsonLog[];
    const first = logs.find(({ topics }) => topics[0] === topic);
    if (first === undefined) return undefined;
    const last = logs.findLastIndex(({ blockNumber }) => blockNumber === first.blockNumber);
    const args = edit(rules.parseLog(first)?.args.toArray(true) as unknown[], first, 0) ?? [];
    const logIndex = `0x${(Number(logs[last]?.logIndex) + 100).toString(16)}`;
    return logs.toSpliced(last + 1, 0, { ...first, ...rules.encodeEventLog(event, args), logIndex });
  };
}

/** The calldata of the calls of a function. */
export function callsChanged(name: string, edit: (args: unknown[]) => unknown[]): Lie {
  const rules = RULES.find((one) => one.hasFunction(name));
  const selector = rules?.getFunction(name)?.selector;
  return (method, _, answer) => {
    const transaction = answer as { input?: string } | null;
    if (method !== "eth_getTransactionByHash" || transaction?.input?.startsWith(selector ?? "none") !== true)
      return undefined;
    const args = rules?.decodeFunctionData(name, transaction.input).toArray(true) as unknown[];
    return { ...transaction, input: rules?.encodeFunctionData(name, edit(args)) };
  };
}

/** What a view of the pool, or of its token, answers. */
export function viewChanged(rules: Interface, name: string, edit: (values: unknown[]) => unknown[]): Lie {
  const selector = rules.getFunction(name)?.selector ?? "none";
  return (method, params, answer) => {
    const { data = "0x" } = (params[0] ?? {}) as { data?: string };
    if (method !== "eth_call" || !data.startsWith(selector)) return undefined;
    return rules.encodeFunctionResult(
      name,
      edit(rules.decodeFunctionResult(name, answer as string).toArray(true) as unknown[]),
    );
  };
}

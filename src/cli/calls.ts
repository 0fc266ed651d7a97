// SPDX-License-Identifier: GPL-3.0-or-later
/** What a transaction calls, in words: contract, function and arguments by name. */
import { Interface } from "ethers";
import type { ParamType } from "ethers";

import {
  CreditDisputes__factory,
  CreditPoolFactory__factory,
  CreditPool__factory,
  CreditSettlement__factory,
  DemoUSD__factory,
} from "../../typechain-types/index.js";

const KNOWN: readonly (readonly [string, Interface])[] = [
  ["CreditPool", CreditPool__factory.createInterface()],
  ["CreditSettlement", CreditSettlement__factory.createInterface()],
  ["CreditDisputes", CreditDisputes__factory.createInterface()],
  ["CreditPoolFactory", CreditPoolFactory__factory.createInterface()],
  ["token", new Interface(["function approve(address spender, uint256 value)"])],
  ["DemoUSD", DemoUSD__factory.createInterface()],
];

export interface DecodedCall {
  readonly contract: string;
  /** With its types. */
  readonly function: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

function valueOf(type: ParamType, value: unknown): unknown {
  const { arrayChildren, components } = type;
  if (arrayChildren !== null) return [...(value as Iterable<unknown>)].map((item) => valueOf(arrayChildren, item));
  if (components === null) return value;
  const values = [...(value as Iterable<unknown>)];
  return Object.fromEntries(
    components.map((part, index) => [part.name || String(index), valueOf(part, values[index])]),
  );
}

/** Undefined for a call of something that this project does not know. */
export function decodeCall(data: string): DecodedCall | undefined {
  for (const [contract, abi] of KNOWN) {
    const call = abi.parseTransaction({ data });
    if (call === null) continue;
    const { fragment, args } = call;
    return {
      contract,
      function: fragment.format("full").replace(/^function /, ""),
      arguments: Object.fromEntries(
        fragment.inputs.map((input, index) => [input.name || String(index), valueOf(input, args[index])]),
      ),
    };
  }
  return undefined;
}

/** Addresses among the arguments. */
export function addressesIn(value: unknown): string[] {
  if (typeof value === "string") return /^0x[0-9a-fA-F]{40}$/.test(value) ? [value] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap((item: unknown) => addressesIn(item));
}

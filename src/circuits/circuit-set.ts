// SPDX-License-Identifier: GPL-3.0-or-later
/** A set of circuits and the folders that its files are in. The project has one; tests make small ones. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { STATEMENTS } from "../protocol/index.ts";

export interface CircuitSet {
  /** Main files: `<statement>.circom`, gadgets in `lib`. */
  readonly circuits: string;
  readonly includes: readonly string[];
  /** What can be made again at any time. */
  readonly build: string;
  readonly keys: string;
  readonly verifiers: string;
  /** For each statement its public signals in order, arrays written out. */
  readonly statements: Readonly<Record<string, readonly string[]>>;
}

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MODULES = join(ROOT, "node_modules");

/** Where circuits find circomlib and zk-kit's gadget. */
export const INCLUDES = [join(MODULES, "circomlib/circuits"), join(MODULES, "@zk-kit/binary-merkle-root.circom/src")];

const writtenOut = ({ name, length }: { readonly name: string; readonly length: number }): string[] =>
  length === 1 ? [name] : Array.from({ length }, (_, index) => `${name}[${index}]`);

export const JETON: CircuitSet = {
  circuits: join(ROOT, "circuits"),
  includes: INCLUDES,
  build: join(ROOT, "build/circuits"),
  keys: join(ROOT, "circuits/keys"),
  verifiers: join(ROOT, "contracts/verifiers"),
  statements: Object.fromEntries(
    Object.entries(STATEMENTS).map(([statement, signals]) => [statement, signals.flatMap(writtenOut)]),
  ),
};

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Proofs about the payouts: the Solidity compiler's model checker (BMC engine, Z3) on PayoutsProof.sol. The functions there have no loops and
 * no state, so every path is followed to its end, and "safe" holds for all inputs within the bounds that the harness requires.
 *
 * So that the answer "safe" is worth something, the same harness is given a second time with every assertion made false: each of them must then
 * be refuted. One that cannot be reached, because what is required before it contradicts itself, would be safe for nothing.
 */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Finding } from "./findings.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const HARNESS = "scripts/analyze/PayoutsProof.sol";
const PROVED_ABOUT = "contracts/libraries/Payouts.sol";
const SAFE = "2961";

interface CompilerError {
  readonly severity: "error" | "warning" | "info";
  readonly errorCode?: string;
  readonly message: string;
  readonly sourceLocation?: { readonly file: string; readonly start: number; readonly end: number };
}

interface Solc {
  compile(
    input: string,
    callbacks: { readonly import: (path: string) => { contents: string } | { error: string } },
  ): string;
  version(): string;
}

const solc = createRequire(import.meta.url)("solc") as Solc;

/** The text of a source file by the path that the compiler asks for. */
export type Sources = (path: string) => string | undefined;

export const files: Sources = (path) => {
  const found = [join(ROOT, path), join(ROOT, "node_modules", path)].find((file) => existsSync(file));
  return found === undefined ? undefined : readFileSync(found, "utf8");
};

export interface Proofs {
  readonly compiler: string;
  /** How many of each kind are proved, e.g. "Assertion violation" → 24. */
  readonly proved: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

function check(sources: Sources): CompilerError[] {
  const read = (path: string): { contents: string } | { error: string } => {
    const contents = sources(path);
    return contents === undefined ? { error: `${path} is not there` } : { contents };
  };
  const content = sources(HARNESS);
  if (content === undefined) throw new Error(`${HARNESS} is not there`);
  const input = {
    language: "Solidity",
    sources: { [HARNESS]: { content } },
    settings: {
      evmVersion: "cancun",
      modelChecker: {
        engine: "bmc",
        solvers: ["z3"],
        contracts: { [HARNESS]: ["PayoutsProof"] },
        targets: ["assert", "overflow", "underflow", "divByZero"],
        showProvedSafe: true,
        showUnproved: true,
        showUnsupported: true,
      },
      outputSelection: { "*": { "": ["ast"] } },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: read })) as {
    readonly errors?: readonly CompilerError[];
  };
  return [...(output.errors ?? [])];
}

const isSafe = ({ errorCode }: CompilerError): boolean => errorCode === SAFE;

/** The harness with `assert(condition)` as `assert(false && (condition))`. */
const refuted = (harness: string): string => harness.replace(/\bassert\((.*)\);/g, "assert(false && ($1));");

/** @param sources Where sources are read; a test gives others. */
export function prove(sources: Sources = files): Proofs {
  const textAt = ({ file, start, end }: { file: string; start: number; end: number }): string =>
    Buffer.from(sources(file) ?? "")
      .toString("utf8", start, end)
      .replace(/\s+/g, " ");
  const said = check(sources);
  const finding = (rule: string, where: string, what: string): Finding => ({ tool: "smt", rule, where, what });
  const findings = said
    .filter((each) => !isSafe(each))
    .map(({ errorCode, severity, message, sourceLocation }) => {
      const what = `${message.split("\n")[0] ?? ""} ${sourceLocation === undefined ? "" : textAt(sourceLocation)}`;
      return finding(errorCode ?? severity, sourceLocation?.file ?? HARNESS, what.trim());
    });

  const safe = said.filter(isSafe);
  const proved: Record<string, number> = {};
  for (const { message } of safe) {
    const kind = /^BMC: (\w+(?: \w+)*)/.exec(message)?.[1]?.replace(/ check is safe$/, "") ?? message;
    proved[kind] = (proved[kind] ?? 0) + 1;
  }

  const harness = sources(HARNESS) ?? "";
  const assertions = harness.match(/\bassert\(/g)?.length ?? 0;
  if (proved["Assertion violation"] !== assertions && findings.length === 0) {
    findings.push(finding("incomplete", HARNESS, `${proved["Assertion violation"] ?? 0} of ${assertions} assertions`));
  }
  if (!safe.some(({ sourceLocation }) => sourceLocation?.file === PROVED_ABOUT)) {
    findings.push(finding("incomplete", PROVED_ABOUT, "no operation of it was looked at"));
  }
  if (findings.length === 0) {
    const violated = check((path) => (path === HARNESS ? refuted(harness) : sources(path))).filter(({ message }) =>
      /^BMC: Assertion violation happens here/.test(message),
    );
    const places = new Set(violated.map(({ sourceLocation }) => sourceLocation?.start));
    if (places.size !== assertions) {
      const what = `${places.size} of ${assertions} assertions are refuted when they are made false: the others are never reached`;
      findings.push(finding("vacuous", HARNESS, what));
    }
  }
  return { compiler: solc.version(), proved, findings };
}

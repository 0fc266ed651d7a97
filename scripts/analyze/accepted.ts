// SPDX-License-Identifier: GPL-3.0-or-later
/** Findings that are there and are fine, each with the reason. An entry that is no longer found fails the analysis: the list says what is. */
import type { Accepted } from "./findings.ts";

const unused = (count: number, signal: string): string =>
  `Array of subcomponent input/output signals ${signal} contains a total of ${count} signals that do not appear in any constraint of the ` +
  "father component";
const HINT = "Using the signal assignment operator `<--` does not constrain the assigned signal.";
const ONCE = "Intermediate signals should typically occur in at least two separate constraints.";
const ALIAS = "Using `Num2Bits` to convert field elements to bits may lead to aliasing issues.";

/** Of the compiler's `--inspect`. All are in circomlib. */
export const COMPILER: readonly Accepted[] = [
  {
    tool: "circom",
    rule: "CA02",
    where: "LessThan",
    what: unused(6, "n2b.out"),
    why: "The comparison is the highest bit of a decomposition; Num2Bits itself holds the lower ones.",
  },
  {
    tool: "circom",
    rule: "CA02",
    where: "CompConstant",
    what: unused(134, "num2bits.out"),
    why: "The comparison is bit 127 of a decomposition into 135; Num2Bits itself holds the others.",
  },
  {
    tool: "circom",
    rule: "CA02",
    where: "EscalarMulAny",
    what: unused(2, "segments[1].dbl"),
    why: "A segment hands its doubled base to the next one; the last has no next. The segment computes it by constraints all the same.",
  },
  {
    tool: "circom",
    rule: "CA02",
    where: "EscalarMulFix",
    what: unused(2, "segments[1].dbl"),
    why: "As in EscalarMulAny: the last segment has nobody to hand it to.",
  },
];

/** Of circomspect, in the project's own templates. */
export const CIRCOMSPECT: readonly Accepted[] = [
  {
    tool: "circomspect",
    rule: "CS0005",
    where: "AssertNonZero",
    what: `${HINT} signal inverse <-- in != 0 ? 1 / in : 0;`,
    why: "An inverse cannot be computed by a constraint, only checked by one: in·inverse = 1, in the next line.",
  },
  {
    tool: "circomspect",
    rule: "CS0017",
    where: "AssertNonZero",
    what: `${ONCE} signal inverse <-- in != 0 ? 1 / in : 0;`,
    why: "One constraint is all that it is for: it has a solution exactly when in ≠ 0, and then one.",
  },
  {
    tool: "circomspect",
    rule: "CS0005",
    where: "Recover",
    what: `${HINT} ticketKey <-- x[0] != x[1] ? (y[0] - y[1]) / (x[0] - x[1]) : 0;`,
    why: "A quotient, checked in the next line: ticketKey·(x₀ - x₁) = y₀ - y₁, with x₀ ≠ x₁ asserted above, has one solution.",
  },
  {
    tool: "circomspect",
    rule: "CS0017",
    where: "Slash",
    what: `${ONCE} signal contextSquared <== context * context;`,
    why: "It is there so that a constraint names the public input `context`; nothing else has a use for it (C4).",
  },
  {
    tool: "circomspect",
    rule: "CA01",
    where: "AssertBoolean",
    what: "The signal `in` is not constrained by the template. signal input in;",
    why: "A false alarm: the template is one constraint on `in` alone, in·(in - 1) = 0, and circomspect does not count it. fold.test.ts breaks it.",
  },
  {
    tool: "circomspect",
    rule: "CS0010",
    where: "AssertBits",
    what: `${ALIAS} _ <== Num2Bits(n)(in);`,
    why: "A decomposition is unique below 254 bits; the header asks for n < 253, and all uses have n = 6, 96 or 120.",
  },
  {
    tool: "circomspect",
    rule: "CS0010",
    where: "TicketKey",
    what: `${ALIAS} signal bits[INDEX_BITS()] <== Num2Bits(INDEX_BITS())(index);`,
    why: "16 bits: a decomposition is unique below 254.",
  },
  {
    tool: "circomspect",
    rule: "CS0010",
    where: "CoverKeys",
    what: `${ALIAS} signal bits[INDEX_BITS() + 1] <== Num2Bits(INDEX_BITS() + 1)(firstUnused);`,
    why: "17 bits: a decomposition is unique below 254.",
  },
];

/** solhint's security rules that are off or softened in .solhint.json. */
export const SOLHINT: readonly Accepted[] = [
  {
    tool: "solhint",
    rule: "not-rely-on-time",
    where: ".solhint.json",
    what: "off",
    why:
      "Challenge and dispute windows, deadlines and the accounts' lifetime are the protocol. Windows last at least an hour (PoolValidation); who " +
      "orders blocks can move a timestamp by seconds. No timestamp decides an amount or is a source of chance.",
  },
  {
    tool: "solhint",
    rule: "func-visibility",
    where: ".solhint.json",
    what: '["error",{"ignoreConstructors":true}]',
    why: "Constructors have no visibility since Solidity 0.7.",
  },
];

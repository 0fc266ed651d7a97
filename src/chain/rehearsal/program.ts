// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Transactions in a row as one `eth_call`: the sender's account is given a program that makes them, one after the other, and tells of each
 * whether it succeeded and what gas it took. Works wherever `eth_call` takes state overrides, and needs no tracing.
 * Opcodes: https://www.evm.codes
 */
import { concat, dataLength, dataSlice, getBytes, getCreateAddress, toBeHex } from "ethers";

/** One transaction of the row. */
export interface Step {
  /** Absent for a creation. */
  readonly to?: string;
  readonly data: string;
}

/** What is asked when all of them are done. */
export type Question = { readonly callTo: string; readonly data: string } | { readonly codeOf: string };

export interface StepResult {
  readonly isDone: boolean;
  /** What the call or the creation took, without what a transaction costs by itself. */
  readonly gas: bigint;
}

export interface ProgramResult {
  readonly steps: readonly StepResult[];
  /** What the last step that ran returned, or why it failed; the answer where something was asked. */
  readonly returned: string;
}

const OP = {
  add: "0x01",
  subtract: "0x03",
  isZero: "0x15",
  codeCopy: "0x39",
  extCodeSize: "0x3b",
  extCodeCopy: "0x3c",
  returnSize: "0x3d",
  returnCopy: "0x3e",
  pop: "0x50",
  store: "0x52",
  jumpIf: "0x57",
  gas: "0x5a",
  target: "0x5b",
  zero: "0x5f",
  dup1: "0x80",
  dup3: "0x82",
  swap1: "0x90",
  swap2: "0x91",
  create: "0xf0",
  call: "0xf1",
  return: "0xf3",
} as const;

/** Always three bytes, so that the program's length does not depend on the offsets in it. */
const push = (value: number): string => concat(["0x62", toBeHex(value, 3)]);
const pushAddress = (address: string): string => concat(["0x73", address]);

/** A word for success and one for gas. */
const RESULT = 64;

/** Runs with its data at `offset` of the code; tells its result in the `index`-th place. */
function stepCode({ to, data }: Step, index: number, base: number, offset: number, end: number): string {
  const length = dataLength(data);
  const act =
    to === undefined
      ? [push(length), push(base), OP.zero, OP.create]
      : [OP.zero, OP.zero, push(length), push(base), OP.zero, pushAddress(to), OP.gas, OP.call];
  return concat([
    ...[push(length), push(offset), push(base), OP.codeCopy],
    ...[OP.gas, ...act, OP.gas],
    // before, success, after
    ...[OP.swap2, OP.dup3, OP.swap1, OP.subtract, push(index * RESULT + 32), OP.store],
    ...[OP.dup1, push(index * RESULT), OP.store, OP.isZero, push(end), OP.jumpIf, OP.pop],
  ]);
}

/** A transaction counts the sender's nonce up, as a creation does and a call does not: an empty creation stands in. */
const COUNT_NONCE = concat([OP.zero, OP.zero, OP.zero, OP.create, OP.pop]);

function codeQuestion(address: string, base: number): string {
  return concat([
    ...[pushAddress(address), OP.extCodeSize],
    ...[OP.dup1, OP.zero, push(base), pushAddress(address), OP.extCodeCopy],
    ...[push(base), OP.add, OP.zero, OP.return],
  ]);
}

function assemble(steps: readonly Step[], question: Question | undefined, dataAt: number, end: number): string {
  const asked = question !== undefined && "callTo" in question ? [{ to: question.callTo, data: question.data }] : [];
  const all = [...steps, ...asked];
  const base = all.length * RESULT;
  let offset = dataAt;
  const code = all.map((step, index) => {
    const made = stepCode(step, index, base, offset, end);
    offset += dataLength(step.data);
    const isLast = index === all.length - 1;
    return step.to === undefined || isLast ? made : concat([made, COUNT_NONCE]);
  });
  if (question !== undefined && "codeOf" in question) code.push(codeQuestion(question.codeOf, base));
  return concat(code);
}

/** The end: what was returned stands behind the results. */
const ending = (base: number): string =>
  concat([
    ...[OP.target, OP.returnSize, OP.zero, push(base), OP.returnCopy],
    ...[OP.returnSize, push(base), OP.add, OP.zero, OP.return],
  ]);

const resultCount = (steps: readonly Step[], question: Question | undefined): number =>
  steps.length + (question !== undefined && "callTo" in question ? 1 : 0);

/** The code that the sender's account is given. */
export function programOf(steps: readonly Step[], question?: Question): string {
  const base = resultCount(steps, question) * RESULT;
  const end = dataLength(assemble(steps, question, 0, 0));
  const dataAt = end + dataLength(ending(base));
  const data = [...steps, ...(question !== undefined && "callTo" in question ? [question] : [])].map(
    (step) => step.data,
  );
  return concat([assemble(steps, question, dataAt, end), ending(base), ...data]);
}

/** Reads what the program returned. */
export function resultOf(returned: string, steps: readonly Step[], question?: Question): ProgramResult {
  const count = resultCount(steps, question);
  const word = (at: number): bigint => BigInt(dataSlice(returned, at, at + 32));
  return {
    steps: Array.from({ length: count }, (_, index) => ({
      isDone: word(index * RESULT) !== 0n,
      gas: word(index * RESULT + 32),
    })),
    returned: dataSlice(returned, count * RESULT),
  };
}

/**
 * What a transaction costs before it does anything: https://eips.ethereum.org/EIPS/eip-7623, whose floor holds where it is higher.
 * A creation's own 32,000 gas is in what the program measures.
 */
export function transactionGas(data: string, measured: bigint): bigint {
  let [zeros, others] = [0n, 0n];
  for (const byte of getBytes(data)) {
    if (byte === 0) zeros += 1n;
    else others += 1n;
  }
  const usual = 21_000n + 4n * zeros + 16n * others + measured;
  const floor = 21_000n + 10n * zeros + 40n * others;
  return usual > floor ? usual : floor;
}

export const createdBy = (from: string, nonce: number): string => getCreateAddress({ from, nonce });

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Poseidon over BN254's scalar field with circomlib's constants: https://eprint.iacr.org/2019/458. The WebAssembly is circomlibjs', built
 * once by `npm run generate` (scripts/support/poseidon-wasm.ts) and built again by `npm run check`. The only module that knows it.
 */
import { readFileSync } from "node:fs";

import { mod } from "./field.ts";

/** For so many inputs the WebAssembly has constants. */
export const MOST_POSEIDON_INPUTS = 6;
/** The module's memory, in pages of 64 KiB: its constants, and what is hashed. */
export const POSEIDON_PAGES = 4;

/** Bytes of a field element in the library's own (Montgomery) form. A tree keeps its nodes so: they are hashed as they lie. */
export const ELEMENT_BYTES = 32;

interface Library {
  frm_toMontgomery(from: number, to: number): void;
  frm_fromMontgomery(from: number, to: number): void;
  /** Addresses of the capacity's element, of the inputs, how many they are, and where so many elements of the state go. */
  poseidon(state: number, inputs: number, count: number, out: number, outputs: number): void;
}

const memory = new WebAssembly.Memory({ initial: POSEIDON_PAGES });
const code = new WebAssembly.Module(readFileSync(new URL("poseidon.wasm", import.meta.url)));
const library = new WebAssembly.Instance(code, { env: { memory } }).exports as unknown as Library;

const bytes = new Uint8Array(memory.buffer);
const words = new BigUint64Array(memory.buffer);
const WORD_BITS = 64n;
const ELEMENT_WORDS = ELEMENT_BYTES / 8;

/** The first word of the memory is the address from which on it is free. */
const STATE = Math.ceil(Number(words[0] ?? 0n) / ELEMENT_BYTES) * ELEMENT_BYTES;
const OUT = STATE + ELEMENT_BYTES;
const INPUTS = OUT + ELEMENT_BYTES;

function write(value: bigint, address: number): void {
  let rest = value;
  for (let word = 0; word < ELEMENT_WORDS; word++, rest >>= WORD_BITS) words[address / 8 + word] = rest;
  library.frm_toMontgomery(address, address);
}

function read(address: number): bigint {
  library.frm_fromMontgomery(address, address);
  let value = 0n;
  for (let word = ELEMENT_WORDS - 1; word >= 0; word--)
    value = (value << WORD_BITS) | (words[address / 8 + word] as bigint);
  return value;
}

const hash = (count: number): void => library.poseidon(STATE, INPUTS, count, OUT, 1);

/** H(inputs) for 1 to 6 field elements; other integers are taken modulo p, as circomlibjs takes them. @throws RangeError for none, or for more */
export function poseidon(inputs: readonly bigint[]): bigint {
  if (inputs.length < 1 || inputs.length > MOST_POSEIDON_INPUTS) {
    throw new RangeError(`Poseidon is for 1 to ${MOST_POSEIDON_INPUTS} inputs here, and these are ${inputs.length}`);
  }
  for (const [position, input] of inputs.entries()) {
    write(mod(input), INPUTS + position * ELEMENT_BYTES);
  }
  hash(inputs.length);
  return read(OUT);
}

export function toElement(value: bigint): Uint8Array {
  write(mod(value), INPUTS);
  return bytes.slice(INPUTS, INPUTS + ELEMENT_BYTES);
}

export function fromElement(element: Uint8Array): bigint {
  bytes.set(element.subarray(0, ELEMENT_BYTES), OUT);
  return read(OUT);
}

/** H(left, right) of two elements, one after the other in 64 bytes. */
export function poseidonOfPair(pair: Uint8Array): Uint8Array {
  if (pair.length !== 2 * ELEMENT_BYTES)
    throw new RangeError(`a pair has ${2 * ELEMENT_BYTES} bytes, not ${pair.length}`);
  bytes.set(pair, INPUTS);
  hash(2);
  return bytes.slice(OUT, OUT + ELEMENT_BYTES);
}

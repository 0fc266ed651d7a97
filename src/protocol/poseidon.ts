/**
 * Poseidon over BN254's scalar field with circomlib's constants: https://eprint.iacr.org/2019/458, circomlibjs's WASM.
 * The only module that knows which library hashes.
 */
import { buildPoseidon } from "circomlibjs";

const library = await buildPoseidon();

/** H(inputs) for 1 to 16 field elements. */
export function poseidon(inputs: readonly bigint[]): bigint {
  return library.F.toObject(library(inputs));
}

/** Bytes of a field element in the library's own (Montgomery) form. A tree keeps its nodes so: they are hashed as they lie. */
export const ELEMENT_BYTES = 32;

export const toElement = (value: bigint): Uint8Array => library.F.e(value);

export const fromElement = (element: Uint8Array): bigint => library.F.toObject(element);

/** H(left, right) of two elements, one after the other in 64 bytes. */
export const poseidonOfPair = (pair: Uint8Array): Uint8Array => library(pair);

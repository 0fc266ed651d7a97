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

export * from "./bond.ts";
export * from "./eddsa.ts";
export * from "./errors.ts";
export * from "./evidence.ts";
export { FIELD_MODULUS } from "./field.ts";
export * from "./identity.ts";
export * from "./messages.ts";
export * from "./parameters.generated.ts";
export * from "./payouts.ts";
export * from "./pool.ts";
export { signDigest, signerOf } from "./ecdsa.ts";
export {
  ELEMENT_BYTES,
  MOST_POSEIDON_INPUTS,
  POSEIDON_PAGES,
  fromElement,
  poseidon,
  poseidonOfPair,
  toElement,
} from "./poseidon.ts";
export * from "./proof.ts";
export * from "./shares.ts";
export * from "./state.ts";
export * from "./statements.ts";
export * from "./tickets.ts";
export * from "./typed-data.ts";

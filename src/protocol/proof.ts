/** A Groth16 proof in the form that contracts take, and its JSON. */
import { ProtocolError } from "./errors.ts";

/** Coordinates in Solidity calldata order: the two halves of each coordinate of `b` are swapped against snarkjs's own form. */
export interface Proof {
  readonly a: readonly [bigint, bigint];
  readonly b: readonly [readonly [bigint, bigint], readonly [bigint, bigint]];
  readonly c: readonly [bigint, bigint];
}

/** Decimal strings, in the shape of `Proof`. */
export interface ProofJson {
  readonly a: readonly [string, string];
  readonly b: readonly [readonly [string, string], readonly [string, string]];
  readonly c: readonly [string, string];
}

const pairToJson = ([first, second]: readonly [bigint, bigint]): [string, string] => [
  first.toString(),
  second.toString(),
];

export function proofToJson({ a, b, c }: Proof): ProofJson {
  return { a: pairToJson(a), b: [pairToJson(b[0]), pairToJson(b[1])], c: pairToJson(c) };
}

function pairFromJson(value: unknown, name: string): [bigint, bigint] {
  if (!Array.isArray(value) || value.length !== 2) throw new ProtocolError("PROOF_FORMAT", `proof.${name} is no pair`);
  const [first, second] = value.map((item: unknown): bigint => {
    if (typeof item !== "string" || !/^(0|[1-9]\d{0,77})$/.test(item)) {
      throw new ProtocolError("PROOF_FORMAT", `proof.${name} holds something that is no decimal string`);
    }
    return BigInt(item);
  });
  return [first as bigint, second as bigint];
}

/** Reads the shape only; whether it proves anything is for a verifier to say. @throws ProtocolError PROOF_FORMAT */
export function proofFromJson(value: unknown): Proof {
  if (typeof value !== "object" || value === null)
    throw new ProtocolError("PROOF_FORMAT", "a proof is an object with a, b and c");
  const { a, b, c } = value as Record<string, unknown>;
  if (!Array.isArray(b) || b.length !== 2) throw new ProtocolError("PROOF_FORMAT", "proof.b is no pair");
  return {
    a: pairFromJson(a, "a"),
    b: [pairFromJson(b[0], "b[0]"), pairFromJson(b[1], "b[1]")],
    c: pairFromJson(c, "c"),
  };
}

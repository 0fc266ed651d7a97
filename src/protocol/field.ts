/** The scalar field of BN254, over which all statements are written. */
import { ProtocolError } from "./errors.ts";
import { AMOUNT_BITS, TICKET_COUNT } from "./parameters.generated.ts";

/** p, the order of BN254's scalar field. */
export const FIELD_MODULUS = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

/** The least non-negative residue of `value` mod p. */
export function mod(value: bigint): bigint {
  const residue = value % FIELD_MODULUS;
  return residue < 0n ? residue + FIELD_MODULUS : residue;
}

/** base^exponent mod p. */
function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = mod(base), rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % FIELD_MODULUS;
    square = (square * square) % FIELD_MODULUS;
  }
  return result;
}

/** The multiplicative inverse mod p, by Fermat's little theorem. @throws ProtocolError FIELD_RANGE for 0. */
export function inverse(value: bigint): bigint {
  if (mod(value) === 0n) throw new ProtocolError("FIELD_RANGE", "0 has no inverse");
  return power(value, FIELD_MODULUS - 2n);
}

/** @throws ProtocolError FIELD_RANGE unless 0 <= value < p. `name` is shown, the value is not: it may be a secret. */
export function assertField(value: bigint, name: string): bigint {
  if (value < 0n || value >= FIELD_MODULUS)
    throw new ProtocolError("FIELD_RANGE", `${name} is not below the field modulus`);
  return value;
}

/** @throws ProtocolError AMOUNT_RANGE unless 0 <= value < 2^96 (token base units). */
export function assertAmount(value: bigint, name: string): bigint {
  if (value < 0n || value >> BigInt(AMOUNT_BITS) !== 0n) {
    throw new ProtocolError("AMOUNT_RANGE", `${name} must be between 0 and 2^${AMOUNT_BITS} - 1, and is ${value}`);
  }
  return value;
}

/** @throws ProtocolError INDEX_RANGE unless `index` is the number of a ticket, 0 … 65,535. */
export function assertIndex(index: number): number {
  if (!Number.isInteger(index) || index < 0 || index >= TICKET_COUNT) {
    throw new ProtocolError("INDEX_RANGE", `a ticket's index is between 0 and ${TICKET_COUNT - 1}, and not ${index}`);
  }
  return index;
}

/** Rate-Limit Nullifier shares (https://rate-limiting-nullifier.github.io/rln-docs): points of the line y = k + a·x. */
import { ProtocolError } from "./errors.ts";
import { FIELD_MODULUS, assertField, inverse, mod } from "./field.ts";

/** One share of a ticket's line. */
export interface Share {
  readonly x: bigint;
  readonly y: bigint;
}

/** The share of message x on the ticket with key a. @throws ProtocolError FIELD_RANGE for x = 0 or out of range. */
export function shareOf(identitySecret: bigint, ticketKey: bigint, x: bigint): Share {
  if (assertField(x, "x") === 0n)
    throw new ProtocolError("FIELD_RANGE", "x is 0: its share is the identity secret itself");
  return { x, y: (identitySecret + ticketKey * x) % FIELD_MODULUS };
}

/** The line through two shares. @throws ProtocolError SHARES_INVALID when they have the same x. */
export function recoverFromShares(first: Share, second: Share): { identitySecret: bigint; ticketKey: bigint } {
  for (const { x, y } of [first, second]) {
    assertField(x, "x");
    assertField(y, "y");
  }
  if (first.x === second.x) {
    throw new ProtocolError(
      "SHARES_INVALID",
      "both shares have the same message: a repeated request proves no double spend",
    );
  }
  const ticketKey = mod((first.y - second.y) * inverse(first.x - second.x));
  return { ticketKey, identitySecret: recoverFromKey(first, ticketKey) };
}

/** k from one share and its ticket's key, as a close reveals it: k = y - a·x. */
export function recoverFromKey(share: Share, ticketKey: bigint): bigint {
  return mod(share.y - ticketKey * share.x);
}

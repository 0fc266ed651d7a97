/** Evidence of a double spend: two shares of one ticket, and what they prove. The documented JSON form is in docs/protocol.md. */
import { z } from "zod";

import { ProtocolError } from "./errors.ts";
import { FIELD_MODULUS } from "./field.ts";
import { identityCommitmentOf } from "./identity.ts";
import type { Pool } from "./pool.ts";
import type { Share } from "./shares.ts";
import { recoverFromShares } from "./shares.ts";
import { findTicketKey, indexOfTicketKey, nullifierOf, ticketRootOf } from "./tickets.ts";

const fieldElement = z
  .string()
  .regex(/^(0|[1-9]\d{0,77})$/, "expected a decimal string")
  .transform(BigInt)
  .refine((value) => value < FIELD_MODULUS, "expected a number below the field modulus");
const share = z.object({ x: fieldElement, y: fieldElement }).strict();
const schema = z
  .object({
    format: z.literal("jeton.double-spend.v1"),
    chainId: z.string().regex(/^[1-9]\d{0,30}$/),
    pool: z.string().regex(/^0x[0-9a-fA-F]{40}$/, "expected an address"),
    nullifier: fieldElement,
    shares: z.tuple([share, share]),
  })
  .strict();

/** Two shares that were handed in for one nullifier. */
export interface DoubleSpend {
  readonly chainId: bigint;
  readonly pool: string;
  readonly nullifier: bigint;
  readonly shares: readonly [Share, Share];
}

/** What a double spend proves. Keep it secret: who knows k can close the account until it is slashed. */
export interface ProvenDoubleSpend {
  readonly identitySecret: bigint;
  readonly identityCommitment: bigint;
  readonly index: number;
  readonly shares: readonly [Share, Share];
}

export function evidenceToJson({ chainId, pool, nullifier, shares }: DoubleSpend): string {
  const shareJson = ({ x, y }: Share): object => ({ x: x.toString(), y: y.toString() });
  return `${JSON.stringify(
    {
      format: "jeton.double-spend.v1",
      chainId: chainId.toString(),
      pool,
      nullifier: nullifier.toString(),
      shares: shares.map(shareJson),
    },
    null,
    2,
  )}\n`;
}

/** @throws ProtocolError EVIDENCE_FORMAT with the first thing that is wrong. */
export function evidenceFromJson(text: string): DoubleSpend {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ProtocolError("EVIDENCE_FORMAT", "the evidence is no JSON");
  }
  const result = schema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw new ProtocolError(
      "EVIDENCE_FORMAT",
      `the evidence is malformed at "${issue?.path.join(".") ?? ""}": ${issue?.message ?? ""}`,
    );
  }
  const { chainId, pool, nullifier, shares } = result.data;
  return { chainId: BigInt(chainId), pool, nullifier, shares };
}

/**
 * Recovers the secret from evidence and checks that it is one of this pool's tickets.
 * @throws ProtocolError SHARES_INVALID with the reason when the evidence proves nothing.
 */
export function proveDoubleSpend(pool: Pool, evidence: DoubleSpend): ProvenDoubleSpend {
  const { identitySecret, ticketKey } = recoverTicket(pool, evidence);
  const index = indexOfTicketKey(ticketRootOf(identitySecret, pool.poolHash), ticketKey);
  return provenAt(index, identitySecret, evidence);
}

/** As `proveDoubleSpend`, for a process that has other work meanwhile. @throws ProtocolError SHARES_INVALID */
export async function proveDoubleSpendInTurns(pool: Pool, evidence: DoubleSpend): Promise<ProvenDoubleSpend> {
  const { identitySecret, ticketKey } = recoverTicket(pool, evidence);
  const index = await findTicketKey(ticketRootOf(identitySecret, pool.poolHash), ticketKey);
  return provenAt(index, identitySecret, evidence);
}

function recoverTicket(pool: Pool, evidence: DoubleSpend): ReturnType<typeof recoverFromShares> {
  if (evidence.chainId !== pool.chainId || evidence.pool.toLowerCase() !== pool.address.toLowerCase()) {
    throw new ProtocolError(
      "SHARES_INVALID",
      `the evidence is for pool ${evidence.pool} on chain ${evidence.chainId}, and not for ${pool.address} on chain ${pool.chainId}`,
    );
  }
  const recovered = recoverFromShares(...evidence.shares);
  if (nullifierOf(recovered.ticketKey) !== evidence.nullifier) {
    throw new ProtocolError(
      "SHARES_INVALID",
      "the two shares lie on no line with this nullifier: at least one is of another ticket, or junk",
    );
  }
  return recovered;
}

function provenAt(index: number | undefined, identitySecret: bigint, { shares }: DoubleSpend): ProvenDoubleSpend {
  if (index === undefined) {
    throw new ProtocolError(
      "SHARES_INVALID",
      "the shares lie on a line, but it is no ticket of this pool: they prove nothing here",
    );
  }
  return { identitySecret, identityCommitment: identityCommitmentOf(identitySecret), index, shares };
}

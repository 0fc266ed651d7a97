// SPDX-License-Identifier: GPL-3.0-or-later
/** What is proved and signed before the calls of a gateway are timed. */
import { toSnarkjs } from "../../../src/prover/index.ts";
import { Child } from "../child.ts";
import type { PeerTask, PeerTimes } from "../verification-peers.ts";
import { LONG_SESSION } from "./names.ts";
import { DEPOSIT } from "./stage.ts";
import type { Stage } from "./stage.ts";
import { IDENTITY_COMMITMENT, proveTickets, sessionOf } from "./vouchers.ts";
import type { ProvedTicket } from "./vouchers.ts";

/** Calls of a session. */
export const SESSION = 20;
/** Calls at the beginning of a series that are left out. */
export const WARM_UP = 8;

/** The first calls of tickets that are used once, and sessions. */
export interface Prepared {
  readonly singles: readonly string[];
  readonly sessions: readonly (readonly string[])[];
  readonly long: readonly string[];
  /** What verifying one of the tickets' proofs takes snarkjs. */
  readonly snarkjsVerification: number;
}

async function verifyBySnarkjs({ publicSignals, proof }: ProvedTicket): Promise<number> {
  const peers = new Child(new URL("../verification-peers.ts", import.meta.url));
  try {
    const task: PeerTask = { publicSignals: publicSignals.map(String), proof: toSnarkjs(proof) };
    return (await peers.ask<PeerTimes>("measure", task)).snarkjs;
  } finally {
    await peers.close();
  }
}

export async function prepare(stage: Stage, gatewayUrl: string, tickets: number): Promise<Prepared> {
  const sessions = Math.max(2, Math.ceil(tickets / 6));
  await stage.deposit(IDENTITY_COMMITMENT);
  const count = tickets + WARM_UP + sessions + 1;
  const { pool, tickets: proved } = await proveTickets(stage.place, gatewayUrl, DEPOSIT, count);
  const [last, ...others] = [...proved].reverse();
  if (last === undefined) throw new Error("no ticket was proved");
  const singles = others.slice(sessions).map((ticket) => sessionOf(pool, ticket, 1)[0] as string);
  return {
    singles,
    sessions: others.slice(0, sessions).map((ticket) => sessionOf(pool, ticket, SESSION)),
    long: sessionOf(pool, last, LONG_SESSION),
    snarkjsVerification: await verifyBySnarkjs(last),
  };
}

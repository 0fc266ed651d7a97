// SPDX-License-Identifier: GPL-3.0-or-later
/** Lets the service answer one call, within its time, and holds it to what it emitted. */
import type { OnPiece } from "../wire/index.ts";
import type { Served, Upstream } from "./upstream.ts";

/** How long an upstream that was told to stop may take to say what it has delivered. */
const SETTLE_MILLISECONDS = 2_000;

export interface ServiceLimits {
  readonly mostCharged: bigint;
  readonly serviceSeconds: number;
  readonly onPiece: OnPiece;
  /** Gives the call up before its time. */
  readonly signal: AbortSignal;
}

/** Rejects as the upstream does, when it does not settle in time, and when its response is not what it emitted. */
export async function serveWithin(
  upstream: Upstream,
  payload: string,
  { mostCharged, serviceSeconds, onPiece, signal }: ServiceLimits,
): Promise<Served> {
  const limit = new AbortController();
  const timers: NodeJS.Timeout[] = [];
  const after = (milliseconds: number, task: () => void): void => void timers.push(setTimeout(task, milliseconds));
  let giveUp = (): void => undefined;
  const givenUp = new Promise<never>((_, reject) => {
    giveUp = () => {
      if (limit.signal.aborted) return;
      limit.abort();
      after(SETTLE_MILLISECONDS, () => reject(new Error("the service did not answer in time")));
    };
  });
  after(serviceSeconds * 1_000, giveUp);
  signal.addEventListener("abort", giveUp);
  if (signal.aborted) giveUp();

  const emitted: string[] = [];
  let isOpen = true;
  let isHeard = true;
  const emit: OnPiece = (piece) => {
    // Whoever was given up, or has answered, has nothing more to say.
    if (!isOpen || piece === "") return;
    emitted.push(piece);
    try {
      if (isHeard) onPiece(piece);
    } catch {
      // Whoever listens has no say in the call: its answer is recorded all the same.
      isHeard = false;
    }
  };
  try {
    const serving = upstream.serve(payload, { mostCharged, signal: limit.signal, emit });
    const served = await Promise.race([serving, givenUp]);
    if (!served.response.startsWith(emitted.join(""))) {
      throw new Error("the service emitted something else than its response");
    }
    return served;
  } finally {
    isOpen = false;
    signal.removeEventListener("abort", giveUp);
    for (const timer of timers) clearTimeout(timer);
  }
}

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Proofs wait for a verifier in a bounded queue that is fair by source: one of each source in turn, and those whose proofs were invalid
 * lately after all others.
 */
import { GatewayError } from "../../wire/index.ts";
import type { Verify } from "../../wire/index.ts";
import { overloaded } from "./admission.ts";
import type { HttpLimits } from "./limits.ts";
import { FAULTS, currentSource } from "./sources.ts";
import type { Sources } from "./sources.ts";

export interface FairVerifierOptions {
  readonly verify: Verify;
  /** How many proofs are verified at once. */
  readonly verifiers: number;
  readonly sources: Sources;
  readonly limits: Pick<HttpLimits, "waitingProofs" | "waitingProofsPerSource" | "proofSeconds">;
  /** Told how long a proof took, without its waiting, and what it was. */
  readonly onVerified?: (milliseconds: number, isValid: boolean) => void;
}

interface Waiting {
  readonly claim: Parameters<Verify>;
  readonly resolve: (isValid: boolean) => void;
  readonly reject: (error: unknown) => void;
  readonly deadline: NodeJS.Timeout;
}

/** The gateway's own proofs have a source too. */
const OWN = "";

export class FairVerifier {
  readonly #options: FairVerifierOptions;
  /** The next source is the first one; one that had its turn goes to the end. */
  readonly #queues = new Map<string, Waiting[]>();
  #waiting = 0;
  #running = 0;
  #suspectsRunning = 0;

  constructor(options: FairVerifierOptions) {
    this.#options = options;
  }

  /** How many proofs wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /** @throws GatewayError OVERLOADED, TOO_MANY_REQUESTS before the proof was looked at */
  readonly verify: Verify = async (...claim) => {
    const source = currentSource() ?? OWN;
    this.#makeRoom(source);
    return new Promise((resolve, reject) => {
      const { proofSeconds } = this.#options.limits;
      const deadline = setTimeout(() => this.#drop(source, waiting, overloaded()), proofSeconds * 1_000);
      deadline.unref();
      const waiting: Waiting = { claim, resolve, reject, deadline };
      const queue = this.#queues.get(source);
      if (queue === undefined) this.#queues.set(source, [waiting]);
      else queue.push(waiting);
      this.#waiting += 1;
      this.#dispatch();
    });
  };

  /** When there is no room, the source that takes most of it gives way. */
  #makeRoom(source: string): void {
    const { waitingProofs, waitingProofsPerSource } = this.#options.limits;
    const own = this.#queues.get(source)?.length ?? 0;
    if (own >= waitingProofsPerSource) {
      throw new GatewayError("TOO_MANY_REQUESTS", "too many proofs of this place wait already: ask again later");
    }
    if (this.#waiting < waitingProofs) return;
    const [longest, queue] = [...this.#queues].reduce((most, next) => (next[1].length > most[1].length ? next : most));
    const last = queue.at(-1);
    if (last === undefined || queue.length <= own + 1) throw overloaded();
    this.#drop(longest, last, overloaded());
  }

  #drop(source: string, waiting: Waiting, error: unknown): void {
    const queue = this.#queues.get(source) ?? [];
    const position = queue.indexOf(waiting);
    if (position === -1) return;
    queue.splice(position, 1);
    if (queue.length === 0) this.#queues.delete(source);
    this.#waiting -= 1;
    clearTimeout(waiting.deadline);
    waiting.reject(error);
  }

  #dispatch(): void {
    const { verifiers, sources } = this.#options;
    // Where there are several verifiers, one is never a suspect's.
    const suspectVerifiers = Math.max(1, verifiers - 1);
    while (this.#running < verifiers && this.#waiting > 0) {
      const names = [...this.#queues.keys()];
      const ordinary = names.find((name) => !sources.isSuspect(name));
      const isSuspect = ordinary === undefined;
      if (isSuspect && this.#suspectsRunning >= suspectVerifiers) return;
      const name = ordinary ?? names[0] ?? OWN;
      const queue = this.#queues.get(name) as Waiting[];
      const next = queue.shift() as Waiting;
      this.#queues.delete(name);
      if (queue.length > 0) this.#queues.set(name, queue);
      this.#waiting -= 1;
      void this.#run(name, next, isSuspect);
    }
  }

  async #run(source: string, { claim, resolve, reject, deadline }: Waiting, isSuspect: boolean): Promise<void> {
    const { verify, onVerified } = this.#options;
    clearTimeout(deadline);
    const startedAt = performance.now();
    this.#running += 1;
    if (isSuspect) this.#suspectsRunning += 1;
    try {
      const isValid = await verify(...claim);
      onVerified?.(performance.now() - startedAt, isValid);
      if (!isValid) this.#condemn(source);
      resolve(isValid);
    } catch (error) {
      reject(error);
    } finally {
      this.#running -= 1;
      if (isSuspect) this.#suspectsRunning -= 1;
      this.#dispatch();
    }
  }

  /** What else waits of a source whose proof was invalid is refused, but for one. */
  #condemn(source: string): void {
    if (source === OWN) return;
    this.#options.sources.blame(source, FAULTS.proof);
    for (const waiting of (this.#queues.get(source) ?? []).slice(1)) {
      this.#drop(
        source,
        waiting,
        new GatewayError("TOO_MANY_REQUESTS", "a proof of this place was invalid: ask again later"),
      );
    }
  }
}

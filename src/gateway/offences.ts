// SPDX-License-Identifier: GPL-3.0-or-later
/** Accounts that broke the rules: recorded first, reported then, refused from there on. */
import { nullifierOf, recoverFromShares } from "../protocol/index.ts";
import type { GatewayOptions, OffenceDesk } from "./ports.ts";
import type { Offence } from "./store.ts";

type Needs = Pick<GatewayOptions, "store" | "onDoubleSpend" | "onUnderstatedClose" | "onFault">;

export class Offences implements OffenceDesk {
  readonly #needs: Needs;
  readonly #running = new Set<Promise<void>>();

  constructor(needs: Needs) {
    this.#needs = needs;
  }

  async accuse(offence: Offence): Promise<void> {
    await this.#needs.store.recordOffence(offence);
    const report = this.#report(offence).finally(() => this.#running.delete(report));
    this.#running.add(report);
  }

  /** The point (0, k) lies on the line of every ticket of k. One hash for each known offender. */
  async isOffender(nullifier: bigint, x: bigint, y: bigint): Promise<boolean> {
    const offences = await this.#needs.store.offences();
    return offences.some(({ identitySecret }) => {
      const { ticketKey } = recoverFromShares({ x, y }, { x: 0n, y: identitySecret });
      return nullifierOf(ticketKey) === nullifier;
    });
  }

  /** Hands in again what was recorded and not reported. */
  async reportAll(): Promise<void> {
    await this.idle();
    await Promise.all((await this.#needs.store.unreportedOffences()).map((offence) => this.#report(offence)));
  }

  /** Resolves when every report under way has come to its end. */
  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }

  /** A report that fails stays unreported, and that is all: the caller of a gateway has no part in it. */
  async #report(offence: Offence): Promise<void> {
    const { store, onDoubleSpend, onUnderstatedClose } = this.#needs;
    try {
      await (offence.kind === "double-spend" ? onDoubleSpend(offence) : onUnderstatedClose(offence));
      await store.markReported(offence.identityCommitment);
    } catch (error) {
      this.#needs.onFault?.(error);
    }
  }
}

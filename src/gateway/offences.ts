// SPDX-License-Identifier: GPL-3.0-or-later
/** Accounts that broke the rules: recorded first, reported then, refused from there on. */
import { nullifierOf, recoverFromShares } from "../protocol/index.ts";
import { Outbox } from "./outbox.ts";
import type { GatewayOptions, OffenceDesk } from "./ports.ts";
import type { Offence } from "./store/index.ts";

type Needs = Pick<GatewayOptions, "store" | "onDoubleSpend" | "onUnderstatedClose" | "onFault">;

export class Offences implements OffenceDesk {
  readonly #needs: Needs;
  readonly outbox: Outbox<Offence>;

  constructor(needs: Needs) {
    const { store, onDoubleSpend, onUnderstatedClose, onFault } = needs;
    this.#needs = needs;
    this.outbox = new Outbox({
      keyOf: ({ identityCommitment }) => identityCommitment,
      pending: () => store.unreportedOffences(),
      handIn: (offence) => (offence.kind === "double-spend" ? onDoubleSpend(offence) : onUnderstatedClose(offence)),
      markDone: ({ identityCommitment }) => store.markReported(identityCommitment),
      onFault,
    });
  }

  async accuse(offence: Offence): Promise<void> {
    await this.#needs.store.recordOffence(offence);
    this.outbox.post(offence);
  }

  /** The point (0, k) lies on the line of every ticket of k. One hash for each known offender. */
  async isOffender(nullifier: bigint, x: bigint, y: bigint): Promise<boolean> {
    const offences = await this.#needs.store.offences();
    return offences.some(({ identitySecret }) => {
      const { ticketKey } = recoverFromShares({ x, y }, { x: 0n, y: identitySecret });
      return nullifierOf(ticketKey) === nullifier;
    });
  }
}

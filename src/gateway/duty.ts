// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What one process of a provider does for all of them, while it holds the role: it acts on the chain's final events, hands in what the
 * gateways decided, and sweeps. The others record, and leave the rest to it.
 */
import { randomUUID } from "node:crypto";

import { FinalEvents, finalBlockOf } from "../chain/index.ts";
import type { Finality, PoolEvent, PoolHistory } from "../chain/index.ts";
import type { Clock } from "../wire/index.ts";
import { DESK_EVENTS } from "./desk.ts";
import type { DeskPorts, ProviderDesk } from "./desk.ts";
import type { Gateway } from "./gateway.ts";
import type { GatewayStore, Offence } from "./store/index.ts";

const ROLE = "desk";
/** Another process takes over this long after the last sign of this one. */
const LEASE_SECONDS = 30;
const RENEWAL_MILLISECONDS = (LEASE_SECONDS * 1_000) / 3;

/** Not a fault: it is handed in again, here or by the process that holds the role. */
export class HandedInLater extends Error {}

/** Whether an event says that nothing is left to be done for an item. */
type Traces = {
  readonly [Port in keyof DeskPorts]: (item: Parameters<DeskPorts[Port]>[0], event: PoolEvent) => boolean;
};

const isReleased = ({ identityCommitment }: Offence, { name, args }: PoolEvent): boolean =>
  name === "AccountReleased" && args.identityCommitment === identityCommitment;

const TRACES: Traces = {
  onDoubleSpend: isReleased,
  onUnderstatedClose: isReleased,
  onFoldConflict: ({ pending: { newState } }, { name, args }) =>
    (name === "FoldChallenged" && args.fallen === newState) || (name === "FoldFinalized" && args.newState === newState),
  answerDispute: ({ refund: { nullifier } }, { name, args }) =>
    (name === "DisputeAnswered" || name === "DisputeLost") && args.nullifier === nullifier,
  onViolation: ({ nullifier }, { name, args }) =>
    (name === "ViolationReported" || name === "DisputeOpened") && args.nullifier === nullifier,
};

export interface DutyOptions {
  readonly store: GatewayStore;
  readonly desk: ProviderDesk;
  readonly history: PoolHistory;
  readonly finality: Finality;
  readonly clock: Clock;
}

export class Duty {
  readonly #options: DutyOptions;
  readonly #owner = randomUUID();
  #heldUntil = 0;
  #events: FinalEvents<(typeof DESK_EVENTS)[number]> | undefined;

  constructor(options: DutyOptions) {
    this.#options = options;
  }

  get isHeld(): boolean {
    return this.#options.clock() < this.#heldUntil;
  }

  /** The desk's, while the role is held. What they did is done when it can no longer be reorganized away: until then it comes again. */
  get ports(): DeskPorts {
    const { ports } = this.#options.desk;
    const held =
      <T>(handIn: (item: T) => Promise<void>, isTrace: (item: T, event: PoolEvent) => boolean) =>
      async (item: T): Promise<void> => {
        if (!this.isHeld) throw new HandedInLater("the process that holds the desk hands this in");
        await handIn(item);
        await this.#requireFinal((event) => isTrace(item, event));
      };
    return {
      onDoubleSpend: held(ports.onDoubleSpend, TRACES.onDoubleSpend),
      onUnderstatedClose: held(ports.onUnderstatedClose, TRACES.onUnderstatedClose),
      onFoldConflict: held(ports.onFoldConflict, TRACES.onFoldConflict),
      answerDispute: held(ports.answerDispute, TRACES.answerDispute),
      onViolation: held(ports.onViolation, TRACES.onViolation),
    };
  }

  /** Takes or keeps the role, and handles the final blocks that came. */
  async follow(gateway: Gateway): Promise<void> {
    const { store, desk } = this.#options;
    if (!(await this.#hold())) return;
    this.#events ??= await this.#resume();
    for await (const step of this.#events.advance()) {
      await this.#whileHeld(() => desk.handle(gateway, step));
      await store.advanceChainPosition(step.toBlock);
      if (!(await this.#hold())) return;
    }
  }

  /** Hands in again what failed, or what other processes recorded. */
  async handIn(gateway: Gateway): Promise<void> {
    if (!this.isHeld) return;
    await gateway.reportOffences();
    await gateway.reportFoldConflicts();
    await gateway.reportDisputes();
    await gateway.reportViolations();
  }

  async sweep(gateway: Gateway): Promise<void> {
    if (this.isHeld) await gateway.sweep();
  }

  async release(): Promise<void> {
    this.#heldUntil = 0;
    await this.#options.store.releaseRole(ROLE, this.#owner);
  }

  /** Renews the role while a long task goes on: the close of a large account takes longer than a lease. */
  async #whileHeld(task: () => Promise<void>): Promise<void> {
    // A failure to renew shows when the role is renewed after the task.
    const renew = (): void => void this.#hold().catch(() => undefined);
    const timer = setInterval(renew, RENEWAL_MILLISECONDS);
    timer.unref();
    try {
      await task();
    } finally {
      clearInterval(timer);
    }
  }

  async #hold(): Promise<boolean> {
    const { store, clock } = this.#options;
    const now = clock();
    if (now < this.#heldUntil - LEASE_SECONDS / 2) return true;
    const until = now + LEASE_SECONDS;
    const isHeld = await store.holdRole(ROLE, { owner: this.#owner, until }, now);
    // Another process may have gone on meanwhile.
    if (!isHeld || now >= this.#heldUntil) this.#events = undefined;
    this.#heldUntil = isHeld ? until : 0;
    return isHeld;
  }

  /** @throws HandedInLater while no final block holds such an event */
  async #requireFinal(isTrace: (event: PoolEvent) => boolean): Promise<void> {
    const { history, finality } = this.#options;
    // The order matters: what is synced after the final block is known has that block for good.
    const finalBlock = await finalBlockOf(history.client.provider, finality);
    await history.sync();
    if (history.events.some((event) => event.blockNumber <= finalBlock && isTrace(event))) return;
    throw new HandedInLater("it can still be reorganized away");
  }

  async #resume(): Promise<FinalEvents<(typeof DESK_EVENTS)[number]>> {
    const { store, history, finality } = this.#options;
    return new FinalEvents(history, { finality, names: DESK_EVENTS, position: await store.chainPosition() });
  }
}

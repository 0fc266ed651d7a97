// SPDX-License-Identifier: GPL-3.0-or-later
/** The leaves of the pool's tree, from the contract's own events. */
import type { PoolHistory } from "../../chain/index.ts";
import { GatewayError, describeIssues, leavesRequest } from "../../wire/index.ts";
import type { LeavesPageJson } from "../../wire/index.ts";

export interface LeafSource {
  /** @throws GatewayError REQUEST_MALFORMED */
  page(request: unknown): Promise<LeavesPageJson>;
}

type Leaf = LeavesPageJson["leaves"][number];

/** Leaves of final blocks, so that no page changes. */
export class FinalLeaves implements LeafSource {
  readonly #history: Pick<PoolHistory, "events">;
  readonly #leaves: Leaf[] = [];
  /** How many events were read. */
  #read = 0;

  constructor(history: Pick<PoolHistory, "events">) {
    this.#history = history;
  }

  /** To be called when the history is complete up to `finalBlock`, which can no longer be reorganized. */
  advance(finalBlock: number): void {
    const { events } = this.#history;
    for (; this.#read < events.length; this.#read++) {
      const event = events[this.#read];
      if (event === undefined || event.blockNumber > finalBlock) return;
      if (event.name !== "AccountOpened") continue;
      const { leafIndex, identityCommitment, deposit } = event.args;
      this.#leaves.push({
        index: leafIndex,
        identityCommitment: identityCommitment.toString(),
        deposit: deposit.toString(),
      });
    }
  }

  async page(request: unknown): Promise<LeavesPageJson> {
    const result = leavesRequest.safeParse(request);
    if (!result.success) {
      throw new GatewayError("REQUEST_MALFORMED", `the request is ${describeIssues(result.error)}`);
    }
    const { after, limit } = result.data;
    const leaves = this.#leaves.slice(after, after + limit);
    return { leaves, next: after + leaves.length, isEnd: leaves.length < limit };
  }
}

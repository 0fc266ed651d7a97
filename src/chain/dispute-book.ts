// SPDX-License-Identifier: GPL-3.0-or-later
/** Disputes and violations, from the pool's events. Amounts in token base units, times in unix seconds. */
import type { Signature } from "../protocol/index.ts";
import { ChainError } from "./errors.ts";
import type { PoolEvent } from "./pool-events.ts";
import type { DisputeStatus } from "./pool-types.ts";

/** The refund ticket that answered a dispute. */
export interface RefundRecord {
  readonly refundedCharge: bigint;
  readonly refundedHold: bigint;
  readonly signature: Signature;
}

/** The dispute over one ticket; there is never a second one. */
export interface DisputeRecord {
  readonly status: DisputeStatus;
  readonly nullifier: bigint;
  /** The ticket's share, for the message that `sessionAddress` gives. */
  readonly y: bigint;
  readonly sessionAddress: string;
  /** Who gets the award. */
  readonly recipient: string;
  /** Until then it can be answered, from then on resolved. */
  readonly resolvableAt: bigint;
  /** When answered. */
  readonly refund: RefundRecord | undefined;
}

export class DisputeBook {
  readonly #disputes = new Map<bigint, DisputeRecord>();
  readonly #violations = new Map<bigint, string>();

  clear(): void {
    this.#disputes.clear();
    this.#violations.clear();
  }

  dispute(nullifier: bigint): DisputeRecord | undefined {
    return this.#disputes.get(nullifier);
  }

  /** The hash of the evidence file, 0x-prefixed. */
  violation(nullifier: bigint): string | undefined {
    return this.#violations.get(nullifier);
  }

  record(event: PoolEvent): void {
    switch (event.name) {
      case "DisputeOpened": {
        const { nullifier, y, sessionAddress, recipient, resolvableAt } = event.args;
        const opened = { nullifier, y, sessionAddress, recipient, resolvableAt };
        this.#disputes.set(nullifier, { ...opened, status: "open", refund: undefined });
        return;
      }
      case "DisputeAnswered": {
        const { nullifier, refundedCharge, refundedHold, signatureR8, signatureS } = event.args;
        const signature: Signature = { r8: signatureR8, s: signatureS };
        this.#change(nullifier, { status: "answered", refund: { refundedCharge, refundedHold, signature } });
        return;
      }
      case "DisputeLost":
        this.#change(event.args.nullifier, { status: "lost" });
        return;
      case "ViolationReported":
        this.#violations.set(event.args.nullifier, event.args.evidenceHash.toLowerCase());
        return;
      default:
    }
  }

  #change(nullifier: bigint, change: Partial<DisputeRecord>): void {
    const known = this.#disputes.get(nullifier);
    if (known === undefined) throw new ChainError("INCONSISTENT", "an event is about a dispute that was never opened");
    this.#disputes.set(nullifier, { ...known, ...change });
  }
}

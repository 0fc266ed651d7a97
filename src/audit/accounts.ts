// SPDX-License-Identifier: GPL-3.0-or-later
/** Every account ever opened, in columns: some 80 bytes each, however many there are. Amounts in token base units, times in unix seconds. */
import { KeyTable } from "./key-table.ts";

/** In the contract's order, from 1. */
export type Status = "active" | "expired" | "closed" | "slashed";
export const STATUSES: readonly Status[] = ["active", "expired", "closed", "slashed"];

const LOW = 64n;

/** A column that grows by doubling. */
class Amounts {
  #values = new BigUint64Array(2_048);

  get(index: number): bigint {
    return ((this.#values[2 * index + 1] ?? 0n) << LOW) | (this.#values[2 * index] ?? 0n);
  }

  set(index: number, value: bigint): void {
    if (2 * index + 2 > this.#values.length) {
      const larger = new BigUint64Array(2 * this.#values.length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[2 * index] = BigInt.asUintN(64, value);
    this.#values[2 * index + 1] = BigInt.asUintN(64, value >> LOW);
  }
}

export class AccountTable {
  readonly #keys = new KeyTable();
  readonly #deposits = new Amounts();
  readonly #stakes = new Amounts();
  #openedAt = new Float64Array(1_024);
  #statuses = new Uint8Array(1_024);
  readonly #counts: Record<Status, number> = { active: 0, expired: 0, closed: 0, slashed: 0 };

  get size(): number {
    return this.#keys.size;
  }

  /** How many stand so now. */
  countOf(status: Status): number {
    return this.#counts[status];
  }

  /** -1 for one that was never opened. */
  indexOf(identityCommitment: bigint): number {
    return this.#keys.indexOf(identityCommitment);
  }

  open(identityCommitment: bigint, deposit: bigint, stake: bigint, openedAt: number): void {
    const index = this.#keys.add(identityCommitment);
    if (index >= this.#statuses.length) this.#grow();
    this.#deposits.set(index, deposit);
    this.#stakes.set(index, stake);
    this.#openedAt[index] = openedAt;
    this.setStatus(index, "active");
  }

  commitmentAt(index: number): bigint {
    return this.#keys.keyAt(index);
  }

  depositAt(index: number): bigint {
    return this.#deposits.get(index);
  }

  stakeAt(index: number): bigint {
    return this.#stakes.get(index);
  }

  openedAt(index: number): number {
    return this.#openedAt[index] ?? 0;
  }

  statusAt(index: number): Status {
    return STATUSES[(this.#statuses[index] ?? 1) - 1] ?? "active";
  }

  setStatus(index: number, status: Status): void {
    if (this.#statuses[index] !== 0) this.#counts[this.statusAt(index)] -= 1;
    this.#statuses[index] = STATUSES.indexOf(status) + 1;
    this.#counts[status] += 1;
  }

  /** What the account holds: D + S while active, S after it expired, then nothing. */
  heldAt(index: number): bigint {
    const status = this.statusAt(index);
    if (status === "active") return this.depositAt(index) + this.stakeAt(index);
    return status === "expired" ? this.stakeAt(index) : 0n;
  }

  #grow(): void {
    const openedAt = new Float64Array(2 * this.#openedAt.length);
    openedAt.set(this.#openedAt);
    this.#openedAt = openedAt;
    const statuses = new Uint8Array(2 * this.#statuses.length);
    statuses.set(this.#statuses);
    this.#statuses = statuses;
  }
}

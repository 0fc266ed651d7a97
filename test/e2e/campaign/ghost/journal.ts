// SPDX-License-Identifier: GPL-3.0-or-later
/** Who has what, as a list of everything that ever moved. Nothing is kept but the list: every sum is counted anew when it is asked for. */

/** Where money can be: people's own tokens, the pool's five books (the first in two parts for each account), and the ashes. */
export type Pot =
  | "mint"
  | "revenue"
  | "bond"
  | "fire"
  | "ashes"
  | `purse ${string}`
  | `credit ${string}`
  | `deposit ${bigint}`
  | `stake ${bigint}`;

export interface Entry {
  readonly from: Pot;
  readonly to: Pot;
  readonly amount: bigint;
  readonly why: string;
}

export class Journal {
  readonly #entries: Entry[] = [];
  /** Who the token refuses to pay. */
  readonly blocked = new Set<string>();

  move(from: Pot, to: Pot, amount: bigint, why: string): void {
    if (amount === 0n) return;
    if (amount < 0n || (from !== "mint" && this.in(from) < amount)) throw new Error(`${from} cannot give ${amount}`);
    this.#entries.push({ from, to, amount, why });
  }

  /** What the pool pays a person, or owes one that cannot be paid. */
  pay(from: Pot, person: string, amount: bigint, why: string): void {
    this.move(from, this.blocked.has(person) ? `credit ${person}` : `purse ${person}`, amount, why);
  }

  in(pot: Pot): bigint {
    return this.sum(({ to }) => to === pot) - this.sum(({ from }) => from === pot);
  }

  /** What is in all pots whose name begins so. */
  inAll(prefix: "credit " | "deposit " | "stake " | "purse "): bigint {
    return this.sum(({ to }) => to.startsWith(prefix)) - this.sum(({ from }) => from.startsWith(prefix));
  }

  sum(isMeant: (entry: Entry) => boolean): bigint {
    let sum = 0n;
    for (const entry of this.#entries) if (isMeant(entry)) sum += entry.amount;
    return sum;
  }
}

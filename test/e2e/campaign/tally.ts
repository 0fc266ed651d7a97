// SPDX-License-Identifier: GPL-3.0-or-later
/** What a campaign did, to be quoted. */

const sorted = (counts: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries([...counts].sort(([a], [b]) => a.localeCompare(b)));

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

export class Tally {
  runs = 0;
  commands = 0;
  readonly #kinds = new Map<string, number>();
  readonly #calls = new Map<string, number>();
  readonly #refusals = new Map<string, number>();
  readonly #ends = new Map<string, number>();

  noteCommand(kind: string): void {
    this.commands++;
    increment(this.#kinds, kind);
  }

  note(what: string, refused: string | undefined): void {
    increment(this.#calls, what);
    if (refused !== undefined) increment(this.#refusals, refused);
  }

  /** How an account, or a person, ended. */
  noteEnd(how: string): void {
    increment(this.#ends, how);
  }

  get kinds(): Record<string, number> {
    return sorted(this.#kinds);
  }

  get calls(): Record<string, number> {
    return sorted(this.#calls);
  }

  get refusals(): Record<string, number> {
    return sorted(this.#refusals);
  }

  get ends(): Record<string, number> {
    return sorted(this.#ends);
  }
}

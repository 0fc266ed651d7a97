// SPDX-License-Identifier: GPL-3.0-or-later
/** The wallet's owner: has it do things, and goes on when it dies of them. */
import type { AuditedAccount } from "./audit.ts";
import { Failed, Gone } from "./channel.ts";
import type { Pair } from "./pair.ts";
import type { Books, CloseOrder, Order, Told } from "./orders.ts";

export class Owner {
  readonly #pair: Pair;
  /** What failed and should not have. */
  readonly failures: string[] = [];
  #calls = 0;

  constructor(pair: Pair) {
    this.#pair = pair;
  }

  /** How many calls were asked for. */
  get calls(): number {
    return this.#calls;
  }

  identity = (account: number): Promise<bigint> => this.#ask("identity", account);
  foldable = (account: number): Promise<number> => this.#ask("foldable", account);
  books = (account: number): Promise<Books> => this.#ask("books", account);
  restored = (account: number): Promise<AuditedAccount["restored"]> => this.#ask("restored", account);

  enrol = (account: number): Promise<unknown> => this.#untilDone("enrol", account);
  fold = (account: number): Promise<boolean> => this.#untilDone("fold", account);
  close = (order: CloseOrder): Promise<unknown> => this.#untilDone("close", order);
  /** Proves so many tickets more than are in stock. */
  prove = (account: number, more: number): Promise<unknown> => this.#untilDone("prove", { account, more });

  /** Proves until so many tickets are in stock. Nothing depends on it. */
  async stock(account: number, count: number): Promise<void> {
    await this.#ask("stock", { account, count }).catch((error: unknown) => {
      if (!(error instanceof Gone)) throw error;
    });
  }

  call(account: number, more: Pick<Order, "isStreamed" | "isSlow"> = {}): Promise<void> {
    return this.#once("call", this.#order(account, more));
  }

  /** Two calls in one session. */
  session(account: number): Promise<void> {
    return this.#once("session", [this.#order(account), this.#order(account)]);
  }

  #order(account: number, more: Pick<Order, "isStreamed" | "isSlow"> = {}): Order {
    this.#calls += 1;
    return { account, id: `c${this.#calls}`, ...more };
  }

  /** A call is made once. When the wallet dies of it, what becomes of it is found when the wallet lives again. */
  async #once(name: "call" | "session", value: Order | readonly Order[]): Promise<void> {
    try {
      const told = await this.#ask<Told | readonly Told[]>(name, value);
      this.#pair.told.push(...[told].flat());
    } catch (error) {
      if (error instanceof Gone) return;
      const reason = error instanceof Failed ? `${error.code}, ${error.message}` : String(error);
      this.failures.push(`${name} ${JSON.stringify(value)} failed: ${reason}`);
    }
  }

  /** What can be done again is done again. */
  async #untilDone<T>(name: string, value: unknown): Promise<T> {
    for (;;) {
      try {
        await this.#pair.parties.wallet.alive();
        return await this.#ask<T>(name, value);
      } catch (error) {
        if (!(error instanceof Gone)) throw new Error(`${name} failed`, { cause: error });
      }
    }
  }

  #ask<T>(name: string, value: unknown): Promise<T> {
    return this.#pair.parties.wallet.ask<T>(name, value);
  }
}

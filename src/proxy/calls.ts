// SPDX-License-Identifier: GPL-3.0-or-later
/** Pays for exchanges. A call that has begun is finished, whether or not its client waits for it. */
import type { OnPiece } from "../wire/index.ts";
import { encodeExchangeRequest } from "../wire/index.ts";
import type { ExchangeRequest } from "../wire/index.ts";
import type { CheckedAnswer } from "../wallet/index.ts";
import type { Log, Payer, ProxyLimits } from "./ports.ts";
import { ProxyProblem, problemOf } from "./problem.ts";
import { CallQueue } from "./queue.ts";

/** What one call may carry, in UTF-16 units. */
const MAX_PAYLOAD = 4 * 1024 * 1024;

export interface CallsOptions {
  readonly purse: Payer;
  readonly inStock: (() => number) | undefined;
  readonly limits: ProxyLimits;
  readonly log: Log;
}

export interface PayOptions {
  readonly onPiece?: OnPiece;
  /** Whether somebody still waits. */
  readonly isWanted?: () => boolean;
}

/** What was paid for: known once the receipt was checked. */
export type Paid = Pick<CheckedAnswer, "response" | "charged">;

export class Calls {
  readonly #options: CallsOptions;
  readonly #queue: CallQueue;
  readonly #running = new Set<Promise<unknown>>();
  #answered = 0;
  #failed = 0;

  constructor(options: CallsOptions) {
    this.#options = options;
    this.#queue = new CallQueue(options.limits);
  }

  /** Since the proxy was started. */
  get counts(): Readonly<Record<"running" | "waiting" | "answered" | "failed", number>> {
    return {
      running: this.#queue.running,
      waiting: this.#queue.waiting,
      answered: this.#answered,
      failed: this.#failed,
    };
  }

  /**
   * Resolves as soon as the response can be handed on; the wallet then does its own part.
   * @throws ProxyProblem; 499 "client_gone" where nobody wants the answer any more when the call's turn comes: it is not paid for
   */
  async pay(exchange: ExchangeRequest, { onPiece, isWanted = () => true }: PayOptions = {}): Promise<Paid> {
    const payload = encodeExchangeRequest(exchange);
    if (payload.length > MAX_PAYLOAD)
      throw new ProxyProblem(
        413,
        "body_too_large",
        `a request is at most ${MAX_PAYLOAD} characters long, as it travels`,
      );
    const answer = Promise.withResolvers<Paid>();
    let isAnswered = false;
    const onAnswer = (paid: Paid): void => {
      isAnswered = true;
      answer.resolve(paid);
    };
    const call = this.#queue.run(() => {
      const { purse, inStock, log } = this.#options;
      if (!isWanted())
        throw new ProxyProblem(499, "client_gone", "the client left before its turn", { mayRetry: true });
      if (inStock?.() === 0) log("no ticket is in stock: one is proved now, which takes a second or two");
      return purse.call(payload, { ...(onPiece === undefined ? {} : { onPiece }), onAnswer });
    });
    const whole = call.then(
      (result) => {
        this.#answered += 1;
        answer.resolve(result);
      },
      (error: unknown) => {
        const problem = problemOf(error);
        if (isAnswered) {
          this.#answered += 1;
          this.#options.log(`a call was answered, and its refund is not kept yet: ${problem.message}`);
          return;
        }
        this.#failed += 1;
        answer.reject(problem);
      },
    );
    this.#running.add(whole);
    void whole.finally(() => this.#running.delete(whole));
    return answer.promise;
  }

  /** Resolves when nothing runs or waits any more. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }
}

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A provider's gateway: reads every request through its schema, and hands it to the module that owns the rule. Several gateways of
 * one provider share one store.
 */
import { randomUUID } from "node:crypto";

import type { z } from "zod";

import * as wire from "../wire/index.ts";
import type {
  FeedPageJson,
  OnPiece,
  ProviderApi,
  SignedRefundJson,
  StateSignatureJson,
  TermsAnswerJson,
} from "../wire/index.ts";
import { GatewayError, describeIssues, termsHashOf, termsProblem, toJson } from "../wire/index.ts";
import type { CallAnswerJson, CloseConsentJson, Json } from "../wire/index.ts";
import { Calls } from "./calls.ts";
import { ConsentedTickets, consentToClose, observeClose } from "./closes.ts";
import type { ObservedClose } from "./closes.ts";
import { enroll } from "./enrolment.ts";
import { Disputes } from "./disputes.ts";
import type { ObservedDispute } from "./disputes.ts";
import { FoldWatch, fold } from "./folds.ts";
import type { ObservedFold } from "./folds.ts";
import { KeyedQueue } from "./locks.ts";
import { Offences } from "./offences.ts";
import { DEFAULT_SETTINGS } from "./ports.ts";
import type { GatewayContext, GatewayOptions } from "./ports.ts";
import { Sessions } from "./sessions.ts";
import { Violations } from "./violations.ts";
import type { ViolationClaim } from "./violations.ts";

/** How many sessions one sweep ends at most. */
const SWEEP_LIMIT = 100;

function read<S extends z.ZodTypeAny>(schema: S, request: unknown): z.output<S> {
  const result = schema.safeParse(request);
  if (!result.success) throw new GatewayError("REQUEST_MALFORMED", `the request is ${describeIssues(result.error)}`);
  return result.data as z.output<S>;
}

export class Gateway implements ProviderApi {
  readonly #context: GatewayContext;
  readonly #offences: Offences;
  readonly #calls: Calls;
  readonly #sessions: Sessions;
  readonly #consented: ConsentedTickets;
  readonly #folds: FoldWatch;
  readonly #disputes: Disputes;
  readonly #violations: Violations;

  /** @throws GatewayError REQUEST_MALFORMED when terms or keys are not those of the pool. */
  constructor(options: GatewayOptions) {
    const { pool, terms, stateKey, settings } = options;
    const { termsHash, providerKey } = pool.parameters;
    if (termsHashOf(toJson(terms)) !== termsHash.toLowerCase()) {
      throw new GatewayError("REQUEST_MALFORMED", "the terms do not hash to the pool's termsHash");
    }
    const problem = termsProblem(terms, pool.parameters);
    if (problem !== undefined) throw new GatewayError("REQUEST_MALFORMED", `the terms do not fit the pool: ${problem}`);
    if (stateKey.publicKey.some((coordinate, axis) => coordinate !== providerKey[axis])) {
      throw new GatewayError("REQUEST_MALFORMED", "the signing key is not the pool's provider key");
    }
    this.#offences = new Offences(options);
    const offences = this.#offences;
    this.#context = { ...options, settings: { ...DEFAULT_SETTINGS, ...settings }, owner: randomUUID(), offences };
    const queue = new KeyedQueue();
    this.#violations = new Violations(this.#context);
    this.#calls = new Calls(this.#context, queue, this.#violations);
    this.#sessions = new Sessions(this.#context, queue);
    this.#consented = new ConsentedTickets(this.#context);
    this.#folds = new FoldWatch(options);
    this.#disputes = new Disputes(this.#context, this.#sessions);
  }

  async terms(): Promise<TermsAnswerJson> {
    const { pool, terms } = this.#context;
    return { chainId: pool.chainId.toString(), pool: pool.address, terms: toJson(terms) };
  }

  enroll(request: unknown): Promise<StateSignatureJson> {
    return this.#answer(async () => enroll(this.#context, read(wire.enrollRequest, request)));
  }

  call(request: unknown, onPiece?: OnPiece): Promise<CallAnswerJson> {
    return this.#answer(async () => this.#calls.call(read(wire.callRequest, request), onPiece));
  }

  endSession(request: unknown): Promise<SignedRefundJson> {
    return this.#answer(async () => this.#sessions.end(read(wire.endRequest, request)));
  }

  refund(request: unknown): Promise<SignedRefundJson> {
    return this.#answer(async () => this.#sessions.refund(read(wire.refundRequest, request).nullifier));
  }

  fold(request: unknown): Promise<StateSignatureJson> {
    return this.#answer(async () => fold(this.#context, read(wire.foldRequest, request)));
  }

  consentToClose(request: unknown): Promise<CloseConsentJson> {
    return this.#answer(async () => consentToClose(this.#context, this.#consented, read(wire.closeRequest, request)));
  }

  /** docs/protocol.md, The public feed: in the order recorded, nothing of refused requests, no times. */
  publicFeed(request: unknown): Promise<FeedPageJson> {
    return this.#answer(async () => {
      const { after, limit } = read(wire.feedRequest, request);
      const entries = await this.#context.store.feed(after, limit);
      return { entries, next: entries.at(-1)?.position ?? after, isEnd: entries.length < limit };
    });
  }

  /** Called by whoever follows the chain, once for every close that was started. Resolves to whether the close was honest. */
  observeClose(close: ObservedClose): Promise<boolean> {
    return observeClose(this.#context, close);
  }

  /**
   * Called by whoever follows the chain's final blocks, once or more for every fold that was certified, also those that a challenge put
   * in another's place. Resolves to whether it agrees with what was signed; if not, it is challenged.
   */
  observeFold(fold: ObservedFold): Promise<boolean> {
    return this.#folds.observe(fold);
  }

  /**
   * Called by whoever follows the chain's final blocks, once or more for every dispute that was opened. Resolves to whether its answer
   * is decided; if not, a call of its session is being served by another process, and `reportDisputes` decides it later.
   */
  observeDispute(dispute: ObservedDispute): Promise<boolean> {
    return this.#disputes.observe(dispute);
  }

  /**
   * The provider's word that a call broke its policy, while its session has no refund. The upstream can say the same with its answer.
   * @returns the hash of the evidence file, which goes on chain.
   * @throws GatewayError TICKET_UNKNOWN, TICKET_CLOSED, SESSION_ENDED, VIOLATION_REFUSED
   */
  reportViolation(nullifier: bigint, claim: ViolationClaim): Promise<string> {
    return this.#violations.report(nullifier, claim);
  }

  /** Ends idle sessions and forgets old answers, as the terms say. Call it from time to time. */
  async sweep(): Promise<{ readonly sessionsEnded: number; readonly answersForgotten: number }> {
    const { store, clock, terms } = this.#context;
    const sessionsEnded = await this.#sessions.endIdle(SWEEP_LIMIT);
    const answersForgotten = await store.forgetAnswers(clock() - terms.retention.answersSeconds);
    return { sessionsEnded, answersForgotten };
  }

  /** Hands in offences again whose report failed or was cut off. Call it, and the three below, at the start and from time to time. */
  reportOffences(): Promise<void> {
    return this.#offences.outbox.postAll();
  }

  /** The same for folds to be challenged. */
  reportFoldConflicts(): Promise<void> {
    return this.#folds.outbox.postAll();
  }

  /** The same for answers to disputes; decides those that waited for a call. */
  reportDisputes(): Promise<void> {
    return this.#disputes.postAll();
  }

  /** The same for violations. */
  reportViolations(): Promise<void> {
    return this.#violations.outbox.postAll();
  }

  /** Gives up the calls that are being served: each is settled, within seconds, with what was delivered of it. */
  stopCalls(): void {
    this.#calls.stop();
  }

  /** Resolves when the reports under way are done. */
  async idle(): Promise<void> {
    const desks = [this.#offences.outbox, this.#folds.outbox, this.#disputes, this.#violations.outbox];
    await Promise.all(desks.map((desk) => desk.idle()));
  }

  /** What is no refusal is a fault: the operator learns of it, the caller only that there was one. */
  async #answer<T>(task: () => Promise<T>): Promise<Json<T>> {
    try {
      return toJson(await task());
    } catch (error) {
      if (error instanceof GatewayError) throw error;
      this.#context.onFault?.(error);
      throw new GatewayError("INTERNAL", "the gateway failed; the same request may be sent again");
    }
  }
}

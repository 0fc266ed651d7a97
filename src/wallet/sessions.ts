// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Sessions: a ticket is reserved on disk before its share leaves, every request is stored before it is sent and is sent again as
 * the same bytes, and no further ticket is used while a refund is due (docs/protocol.md, Tickets to What a wallet never does).
 */
import { GatewayError, callRequest, describeIssues, toJson } from "../wire/index.ts";
import type { CallAnswer, CallRequest, CallRequestJson, OnPiece, SignedRefund } from "../wire/index.ts";
import { checkReceipt } from "./checks.ts";
import { WalletError } from "./errors.ts";
import { Pieces } from "./pieces.ts";
import { requireActive } from "./ports.ts";
import type { AccountContext } from "./ports.ts";
import type { StoredCall } from "./records.ts";
import type { Refunds } from "./refunds.ts";
import { persist } from "./sending.ts";
import { budgetedTickets } from "./stock.ts";
import type { Opening, Stock } from "./stock.ts";
import { signCall, signEnd } from "./vouchers.ts";

export interface CallOptions {
  /** The most that this call may be charged, in token base units. Default: all that the ticket still holds. */
  readonly cap?: bigint;
  /**
   * Told of the response piece by piece while it comes, over all attempts: each part once, and at the end what was not streamed. Pieces
   * come before the receipt is checked: until the call resolves they are what somebody sent, and a call may still fail after them.
   */
  readonly onPiece?: OnPiece;
  /** Told which ticket pays, once it is taken and before anything is sent. */
  readonly onTicket?: (index: number) => void;
  /**
   * Told of the response once its receipt was checked. What the call does after that, it does for the wallet: it checks the refund and
   * writes both to the disk. A crash in between loses nothing: the bytes that were sent are on disk, and get the same answer again.
   */
  readonly onAnswer?: (answer: CheckedAnswer) => void;
}

/** A response that the provider signed for. */
export type CheckedAnswer = Pick<CallResult, "response" | "areTruePieces" | "charged">;

export interface CallResult {
  readonly index: number;
  readonly response: string;
  /** False when the pieces that were handed on are not the response, because an earlier attempt said something else. */
  readonly areTruePieces: boolean;
  /** For this call. */
  readonly charged: bigint;
  readonly receipt: CallAnswer["receipt"];
  /** Undefined while the session goes on, or when the provider did not give it yet. */
  readonly refund: SignedRefund | undefined;
}

/** What became of interrupted sessions, by ticket. */
export interface Resumed {
  readonly answers: readonly CallResult[];
  readonly failures: readonly { readonly index: number; readonly error: unknown }[];
}

/** Before a ticket is taken: what can never be sent. */
function requirePayload(payload: string): void {
  const result = callRequest.shape.payload.safeParse(payload);
  if (!result.success) throw new WalletError("PAYLOAD_INVALID", `the payload is ${describeIssues(result.error)}`);
}

/** Who is told of an answer, as `CallOptions` says. */
type Told = { readonly [Key in "onPiece" | "onAnswer"]?: CallOptions[Key] | undefined };

type SendOptions = { readonly [Key in keyof CallOptions]: CallOptions[Key] | undefined } & { readonly isLast: boolean };

/** A call that was cut while it is served is asked for again for some two minutes. */
const BUSY_ATTEMPTS = 15;

/**
 * Whether a refusal says that this ticket served another copy of this wallet. It is unsigned: it loosens nothing that is asked of refunds.
 * @param isFirst nothing of this session was sent before.
 */
const isUsedElsewhere = ({ code }: GatewayError, isFirst: boolean): boolean =>
  code === "SEQUENCE_CONFLICT" || (isFirst && code === "SESSION_ENDED");

export class Sessions {
  readonly #context: AccountContext;
  readonly #stock: Stock;
  readonly #refunds: Refunds;
  /** Tickets that somebody in this process is at work with. */
  readonly #inUse = new Set<number>();
  /** Answers that were handed on, and whose refunds are not kept yet. */
  readonly #bookings = new Set<Promise<unknown>>();
  #settling: Promise<void> = Promise.resolve();

  constructor(context: AccountContext, stock: Stock, refunds: Refunds) {
    this.#context = context;
    this.#stock = stock;
    this.#refunds = refunds;
  }

  /** Takes a ticket. @throws WalletError ACCOUNT_NOT_OPEN, ACCOUNT_CLOSING, BUDGET_SPENT, REFUND_WITHHELD, TERMS_MISMATCH */
  async open(): Promise<Session> {
    await this.#requireReady();
    const { index } = this.#reserve();
    return new Session(this, index);
  }

  /** One call in a session of its own. With a proof in stock its ticket and its bytes are on disk by one transaction. */
  async call(payload: string, { cap, onPiece, onTicket, onAnswer }: CallOptions): Promise<CallResult> {
    requirePayload(payload);
    await this.#requireReady();
    const draft = { payload, cap, isLast: true };
    const { index, first } = this.#reserve((ticket, opening) => this.#draft(ticket, opening, draft, 1, 0n));
    try {
      onTicket?.(index);
      const told = { onPiece, onAnswer };
      if (first === undefined) return await this.send(index, payload, { cap, ...told, isLast: true });
      return await this.#run(index, first, 0n, true, told);
    } finally {
      this.release(index);
    }
  }

  release(index: number): void {
    this.#inUse.delete(index);
    this.#stock.forgetKey(index);
  }

  /** Keeps a ticket from everybody else in this process. @throws WalletError DISPUTE_INVALID while somebody is at work with it */
  claim(index: number): () => void {
    if (this.#inUse.has(index)) {
      throw new WalletError("DISPUTE_INVALID", `the session of ticket ${index} is in use: end it first`);
    }
    this.#inUse.add(index);
    return () => this.release(index);
  }

  /** Sends one more call of a session. */
  async send(index: number, payload: string, options: SendOptions): Promise<CallResult> {
    const { records } = this.#context;
    requirePayload(payload);
    if (records.ticket(index)?.status !== "open") throw new WalletError("SESSION_OVER", "this session has ended");
    this.#requireUndisputed(index);
    const calls = records.calls(index);
    if (calls.some((call) => call.charged === undefined)) {
      throw new WalletError("UNANSWERED", "an earlier call of this session has no answer: end the session, or resume");
    }
    const charged = calls.at(-1)?.charged ?? 0n;
    const opening = await this.#stock.opening(index);
    const call = this.#draft(index, opening, { payload, ...options }, calls.length + 1, charged);
    records.addCall(index, call);
    return this.#run(index, call, charged, calls.length === 0, options);
  }

  /** Ends a session and keeps its refund. */
  async end(index: number): Promise<SignedRefund> {
    const { pool, provider, records } = this.#context;
    const known = records.ticket(index);
    if (known?.refund !== undefined) return known.refund;
    this.#requireUndisputed(index);
    const nullifier = this.#stock.nullifierAt(index);
    const ask = async (withOpening: boolean): Promise<unknown> => {
      const opening = withOpening ? await this.#stock.opening(index) : known?.opening;
      const ticket = opening && { y: opening.y, proof: opening.proof };
      const request = toJson(signEnd(pool, this.#stock.sessionKey(index), nullifier, ticket));
      return persist(this.#context, () => provider.endSession(request));
    };
    const answer = await ask(false).catch((error: unknown) => {
      // Never handed in, and no proof in stock: with one, the ticket becomes a full refund.
      const isUnseen = error instanceof GatewayError && error.code === "TICKET_UNKNOWN" && known?.opening === undefined;
      if (isUnseen) return ask(true);
      throw error;
    });
    const refund = await this.#refunds.check(index, answer);
    records.addRefund(index, refund);
    this.#stock.forgetKey(index);
    return refund;
  }

  /** Takes up what a crash or a lost answer interrupted: sends the same bytes again if it shall, and ends every session that has no refund. */
  async resume(resend: boolean): Promise<Resumed> {
    const answers: CallResult[] = [];
    const failures: Resumed["failures"][number][] = [];
    for (const index of this.overdue()) {
      this.#inUse.add(index);
      try {
        const answer = resend ? await this.#resend(index) : undefined;
        if (answer !== undefined) answers.push(answer);
        await this.end(index);
      } catch (error) {
        failures.push({ index, error });
      } finally {
        this.release(index);
      }
    }
    return { answers, failures };
  }

  async #resend(index: number): Promise<CallResult | undefined> {
    const calls = this.#context.records.calls(index);
    const body = calls.find((call) => call.charged === undefined)?.body;
    const charged = calls.findLast((call) => call.charged !== undefined)?.charged ?? 0n;
    return body && this.#run(index, { body, request: callRequest.parse(body) }, charged, false);
  }

  /** What must hold before a ticket is taken. */
  async #requireReady(): Promise<void> {
    await this.#context.requireTerms();
    await requireActive(this.#context);
    await this.requireRefunds();
  }

  #reserve(
    firstCall?: (index: number, opening: Opening) => StoredCall,
  ): ReturnType<AccountContext["records"]["reserveTicket"]> {
    const reserved = this.#context.records.reserveTicket(budgetedTickets(this.#context), firstCall);
    this.#inUse.add(reserved.index);
    return reserved;
  }

  /** A call with its voucher, as it is stored and sent. */
  #draft(
    index: number,
    { nullifier, y, proof }: Opening,
    { payload, cap, isLast }: { readonly payload: string } & Pick<SendOptions, "cap" | "isLast">,
    sequence: number,
    charged: bigint,
  ): StoredCall {
    const { pool, randomBytes } = this.#context;
    const { ticketPrice } = pool.parameters;
    const request = signCall(pool, this.#stock.sessionKey(index), {
      nullifier,
      sequence,
      cap: cap === undefined || charged + cap > ticketPrice ? ticketPrice : charged + cap,
      salt: `0x${Buffer.from(randomBytes(32)).toString("hex")}`,
      payload,
      isLast,
      ...(sequence === 1 ? { ticket: { y, proof } } : {}),
    });
    return { request, body: toJson(request) };
  }

  /** Used, without a refund, not disputed, and nobody is at work with them. */
  overdue(): number[] {
    return this.#context.records.openTickets().filter((index) => !this.#inUse.has(index));
  }

  /** @throws WalletError SESSION_DISPUTED */
  #requireUndisputed(index: number): void {
    if (this.#context.records.disputes.at(index) === undefined) return;
    throw new WalletError("SESSION_DISPUTED", `a dispute over ticket ${index} was signed: its session is over`);
  }

  /** Ends what is overdue, one caller at a time. @throws WalletError REFUND_WITHHELD */
  async requireRefunds(): Promise<void> {
    const settle = async (): Promise<void> => {
      await Promise.allSettled(this.#bookings);
      const [disputed] = this.#context.records.disputes.indices("open", "answered");
      if (disputed !== undefined) {
        const message = `the dispute over ticket ${disputed} is not settled: no further ticket is used with this provider`;
        throw new WalletError("REFUND_WITHHELD", message);
      }
      for (const index of this.overdue()) {
        try {
          await this.end(index);
        } catch (error) {
          const message = `the provider owes the refund of ticket ${index}: no further ticket is used with it`;
          throw new WalletError("REFUND_WITHHELD", message, { cause: error });
        }
      }
    };
    const turn = this.#settling.then(settle);
    this.#settling = turn.catch(() => undefined);
    return turn;
  }

  /** `body` goes out as it was stored, at every attempt. */
  async #run(
    index: number,
    { body, request }: { readonly body: CallRequestJson; readonly request: CallRequest },
    chargedBefore: bigint,
    isFresh: boolean,
    { onPiece, onAnswer }: Told = {},
  ): Promise<CallResult> {
    const { provider } = this.#context;
    const pieces = new Pieces(onPiece);
    let attempts = 0;
    const send = (): Promise<unknown> => {
      attempts += 1;
      return pieces.attempt((tell) => provider.call(body, tell));
    };
    const answer = await persist(this.#context, send, BUSY_ATTEMPTS).catch((error: unknown) => {
      if (error instanceof GatewayError) return this.#refused(index, error, isFresh && attempts === 1);
      throw error;
    });
    const checked = await this.#refunds.judge(index, answer, () =>
      checkReceipt(this.#context, request, chargedBefore, answer),
    );
    const { receipt, response } = checked;
    const areTruePieces = pieces.finish(response);
    const told = { response, areTruePieces, charged: receipt.charged - chargedBefore };
    const booking = this.#book(index, request, checked).finally(() => this.#bookings.delete(booking));
    booking.catch(() => undefined);
    this.#bookings.add(booking);
    onAnswer?.(told);
    return { index, ...told, receipt, refund: await booking };
  }

  /** Keeps receipt and refund, after whoever waits for the answer has it. */
  async #book(index: number, request: CallRequest, checked: CallAnswer): Promise<SignedRefund | undefined> {
    await new Promise(setImmediate);
    const refund = await this.#refundWith(index, checked);
    this.#context.records.addAnswer(index, { ...checked, refund: refund ?? null });
    return request.isLast && refund === undefined ? this.end(index).catch(() => undefined) : refund;
  }

  /** The refund in a call's answer, if it is a correct one. The call itself was served either way. */
  async #refundWith(index: number, { refund, receipt }: CallAnswer): Promise<SignedRefund | undefined> {
    if (refund === null) return undefined;
    const { charged } = receipt;
    return this.#refunds.check(index, toJson(refund), { cap: charged, charged }).catch(() => undefined);
  }

  /** The provider refused. The session ends, so that its ticket is refunded; the payload goes to no other ticket by itself. */
  async #refused(index: number, error: GatewayError, isFirst: boolean): Promise<never> {
    const isElsewhere = isUsedElsewhere(error, isFirst);
    if (isElsewhere) this.#context.records.markRestored();
    // Every copy of this wallet hands in a ticket with the same share.
    if (error.code === "TICKET_SPENT") {
      const { code, message, details } = error;
      this.#refunds.complain(index, "the provider says that the ticket was spent with another share", {
        ...{ code, message, details },
      });
    }
    await this.end(index).catch(() => undefined);
    const options = { cause: error, refusal: error.code };
    if (!isElsewhere) throw new WalletError("CALL_REFUSED", `the provider refused the call: ${error.message}`, options);
    const message = `ticket ${index} was used by another copy of this wallet: the call is refused, and the next one takes another ticket`;
    throw new WalletError("TICKET_USED_ELSEWHERE", message, options);
  }
}

/** A session of several calls. They can be linked with each other, and with nothing else. */
export class Session {
  readonly index: number;
  readonly #sessions: Sessions;
  #last: Promise<unknown> = Promise.resolve();

  constructor(sessions: Sessions, index: number) {
    this.#sessions = sessions;
    this.index = index;
  }

  /** Calls of one session follow each other. */
  call(payload: string, options: CallOptions & { readonly isLast?: boolean } = {}): Promise<CallResult> {
    const { isLast = false } = options;
    const next = this.#last.then(() => this.#sessions.send(this.index, payload, { ...options, isLast }));
    this.#last = next.catch(() => undefined);
    return next;
  }

  /** Ends the session and gives its refund. */
  async end(): Promise<SignedRefund> {
    await this.#last;
    try {
      return await this.#sessions.end(this.index);
    } finally {
      this.#sessions.release(this.index);
    }
  }
}

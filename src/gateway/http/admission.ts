// SPDX-License-Identifier: GPL-3.0-or-later
/** Whether a request is taken on, decided on its headers alone: how much is in flight in all, how much of its source, and who sends it. */
import { GatewayError } from "../../wire/index.ts";
import type { HttpLimits } from "./limits.ts";
import type { Source, Sources } from "./sources.ts";

/** So many bytes of a body count before any of them came: what is announced and never sent takes no more. */
export const UNSENT_BYTES = 64 * 1024;

export interface AdmittedEvents {
  readonly onEnd: () => void;
  /** Makes room for so many bytes more. @throws GatewayError TOO_MANY_REQUESTS, OVERLOADED */
  readonly onGrow: (bytes: number) => void;
}

/** A request that was taken on. It counts until every part of it is released. */
export class Admitted {
  readonly source: string;
  #parts = 1;
  #counted: number;
  #received = 0;
  readonly #events: AdmittedEvents;

  /** @param counted bytes of its body that count from the beginning. */
  constructor(source: string, counted: number, events: AdmittedEvents) {
    this.source = source;
    this.#counted = counted;
    this.#events = events;
  }

  /** Bytes of its body came. @throws GatewayError TOO_MANY_REQUESTS, OVERLOADED when there is no room for them */
  receive(bytes: number): void {
    this.#received += bytes;
    const more = this.#received - this.#counted;
    if (more <= 0) return;
    this.#events.onGrow(more);
    this.#counted = this.#received;
  }

  release(): void {
    this.#parts -= 1;
    if (this.#parts === 0) this.#events.onEnd();
  }

  /** Counts on until the work is done. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.#parts += 1;
    try {
      return await work;
    } finally {
      this.release();
    }
  }
}

const tooMany = (): GatewayError =>
  new GatewayError("TOO_MANY_REQUESTS", "too much at once comes from this place: ask again later");

export const overloaded = (): GatewayError =>
  new GatewayError("OVERLOADED", "the gateway has more to do than it takes on: ask again later");

export class Admission {
  readonly #limits: HttpLimits;
  readonly #sources: Sources;
  readonly #now: () => number;
  #requests = 0;
  #bytes = 0;
  #suspects = 0;
  #allowance: number;
  #allowedAt: number;

  constructor(limits: HttpLimits, sources: Sources, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#sources = sources;
    this.#now = now;
    this.#allowance = limits.suspectRate;
    this.#allowedAt = now();
  }

  get requests(): number {
    return this.#requests;
  }

  /**
   * @param bytes what the request's body takes, at most. Little of it counts before it comes.
   * @throws GatewayError TOO_MANY_REQUESTS, OVERLOADED
   */
  enter(name: string, bytes: number): Admitted {
    const { requests, requestsPerSource } = this.#limits;
    let counted = Math.min(bytes, UNSENT_BYTES);
    const source = this.#sources.of(name);
    const isSuspect = this.#sources.isSuspect(name);
    if (isSuspect && !this.#allowSuspect(source)) throw tooMany();
    if (source.requests >= requestsPerSource) throw tooMany();
    if (this.#requests >= requests) throw overloaded();
    this.#grow(source, counted);
    this.#count(source, 1, isSuspect);
    return new Admitted(name, counted, {
      onGrow: (more) => {
        this.#grow(source, more);
        counted += more;
      },
      onEnd: () => {
        this.#count(source, -1, isSuspect);
        this.#bytes -= counted;
        source.bytes -= counted;
        this.#sources.release(source);
      },
    });
  }

  #grow(source: Source, bytes: number): void {
    const { bufferedBytes, bufferedBytesPerSource } = this.#limits;
    if (source.bytes + bytes > bufferedBytesPerSource) throw tooMany();
    if (this.#bytes + bytes > bufferedBytes) throw overloaded();
    this.#bytes += bytes;
    source.bytes += bytes;
  }

  #count(source: Source, one: 1 | -1, isSuspect: boolean): void {
    this.#requests += one;
    source.requests += one;
    if (isSuspect) this.#suspects += one;
  }

  /** Few at once, few in a second, one at a time of each. */
  #allowSuspect(source: Source): boolean {
    const { suspectRequests, suspectRate, suspectRatePerSource } = this.#limits;
    if (this.#suspects >= suspectRequests || source.requests > 0) return false;
    const now = this.#now();
    const since = (before: number): number => (now - before) / 1_000;
    source.allowance = Math.min(1, source.allowance + since(source.allowedAt) * suspectRatePerSource);
    source.allowedAt = now;
    this.#allowance = Math.min(suspectRate, this.#allowance + since(this.#allowedAt) * suspectRate);
    this.#allowedAt = now;
    if (source.allowance < 1 || this.#allowance < 1) return false;
    source.allowance -= 1;
    this.#allowance -= 1;
    return true;
  }
}

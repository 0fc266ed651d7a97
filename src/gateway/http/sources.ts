// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Who sends requests, as far as it has to be known to be fair: addresses, in memory, while something of theirs is in flight or they are
 * suspect. Nothing of this is stored or logged.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { isIPv6 } from "node:net";

/** Faults weigh this much together before their source is suspect. */
const SUSPECT = 1;
/** What is not forgotten yet counts no more than this. */
const WORST = 8;
const HALF_LIFE_MILLISECONDS = 30_000;
const FORGOTTEN = 1 / 16;
/** How many sources are remembered. */
const REMEMBERED = 50_000;

/**
 * A proof costs a verifier's time, a body that never comes a place; the other faults cost a signature's time. No honest wallet makes
 * them, but that its line may be bad.
 */
export const FAULTS = { proof: 2, slowness: 1 / 4, message: 1 / 8 } as const;

/** What is in flight of one source, and what is held against it. */
export interface Source {
  readonly name: string;
  requests: number;
  bytes: number;
  /** Refusals that wait. */
  pauses: number;
  connections: number;
  /** How many requests it may send at once while it is suspect. */
  allowance: number;
  allowedAt: number;
  score: number;
  scoredAt: number;
}

/** The groups of an IPv6 address, written out. */
function groupsOf(address: string): string[] {
  const [head = "", tail] = (address.split("%")[0] ?? "").split("::");
  const split = (part: string): string[] => (part === "" ? [] : part.split(":"));
  const [front, back] = [split(head), split(tail ?? "")];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  return [...front, ...new Array<string>(zeros).fill("0"), ...back];
}

/** One household: an IPv4 address, or the first 64 bits of an IPv6 one. */
export function sourceOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const groups = groupsOf(address.toLowerCase()).slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`;
}

export class Sources {
  readonly #sources = new Map<string, Source>();
  readonly #now: () => number;

  /** @param now milliseconds that only grow. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  of(name: string): Source {
    const known = this.#sources.get(name);
    if (known !== undefined) return known;
    if (this.#sources.size >= REMEMBERED) this.#forgetSome();
    const now = this.#now();
    const source: Source = {
      name,
      requests: 0,
      bytes: 0,
      pauses: 0,
      connections: 0,
      allowance: 1,
      allowedAt: now,
      score: 0,
      scoredAt: now,
    };
    this.#sources.set(name, source);
    return source;
  }

  isSuspect(name: string): boolean {
    const source = this.#sources.get(name);
    return source !== undefined && this.#scoreOf(source) >= SUSPECT;
  }

  /** Holds a fault against a source for a while. */
  blame(name: string, weight: number): void {
    const source = this.of(name);
    source.score = Math.min(WORST, this.#scoreOf(source) + weight);
    source.scoredAt = this.#now();
  }

  /** Forgets a source that has nothing in flight and is not suspect. */
  release({ name }: Source): void {
    const source = this.#sources.get(name);
    if (source !== undefined && this.#isIdle(source)) this.#sources.delete(name);
  }

  /** Forgets all such sources. */
  sweep(): void {
    for (const source of [...this.#sources.values()]) this.release(source);
  }

  get size(): number {
    return this.#sources.size;
  }

  #scoreOf({ score, scoredAt }: Source): number {
    return score * 2 ** ((scoredAt - this.#now()) / HALF_LIFE_MILLISECONDS);
  }

  #isIdle(source: Source): boolean {
    const { requests, pauses, connections } = source;
    return requests + pauses + connections === 0 && this.#scoreOf(source) < FORGOTTEN;
  }

  /** The oldest of those that have nothing in flight. */
  #forgetSome(): void {
    this.sweep();
    for (const { name, requests, pauses, connections } of this.#sources.values()) {
      if (this.#sources.size < REMEMBERED) return;
      if (requests + pauses + connections === 0) this.#sources.delete(name);
    }
  }
}

const current = new AsyncLocalStorage<string>();

/** Runs a task for a source. */
export const forSource = <T>(name: string, task: () => T): T => current.run(name, task);

/** Whose task this is; undefined for the gateway's own. */
export const currentSource = (): string | undefined => current.getStore();

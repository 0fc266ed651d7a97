// SPDX-License-Identifier: GPL-3.0-or-later
/** A store that remembers what of it failed: a disk that is too full for a call may have room for the little that a look at it writes. */
import type { GatewayStore } from "./store/index.ts";

/** What was not tried again since counts for so long. */
const REMEMBERED_MILLISECONDS = 60_000;

export interface CaredStore {
  readonly store: GatewayStore;
  /** Whether nothing failed lately that did not work since. */
  readonly isSound: () => boolean;
}

export function caredStore(inner: GatewayStore, now: () => number = () => performance.now()): CaredStore {
  const failedAt = new Map<string | symbol, number>();
  const store = new Proxy(inner, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      const method = member.bind(target) as (...values: unknown[]) => Promise<unknown>;
      return async (...values: unknown[]) => {
        try {
          const result = await method(...values);
          failedAt.delete(name);
          return result;
        } catch (error) {
          failedAt.set(name, now());
          throw error;
        }
      };
    },
  });
  return { store, isSound: () => [...failedAt.values()].every((at) => now() - at > REMEMBERED_MILLISECONDS) };
}

// SPDX-License-Identifier: GPL-3.0-or-later
/** A store whose process dies at a given step. */
import type { GatewayStore, SqliteStore } from "../../../src/gateway/index.ts";

/** Where a store dies: at a method, before it does anything or after it did it, when `matters` says so of what it was given and gave. */
export interface Death {
  readonly method: keyof GatewayStore;
  readonly when: "before" | "after";
  readonly matters?: (values: readonly unknown[], result: unknown) => boolean;
}

export function dyingAt(store: SqliteStore, { method, when, matters = () => true }: Death): GatewayStore {
  const never = new Promise<never>(() => undefined);
  return new Proxy<GatewayStore>(store, {
    get(_, name: string) {
      const original = (store[name as keyof GatewayStore] as (...values: unknown[]) => Promise<unknown>).bind(store);
      if (name !== method) return original;
      return async (...values: unknown[]) => {
        if (when === "before" && matters(values, undefined)) return never;
        const result = await original(...values);
        return when === "after" && matters(values, result) ? never : result;
      };
    },
  });
}

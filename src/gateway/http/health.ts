// SPDX-License-Identifier: GPL-3.0-or-later
/** Whether a gateway can do its work: can the store write, is the chain followed, are the keys loaded. Nothing about users. */

export interface HealthReport {
  readonly status: "ok" | "failing";
  readonly checks: Readonly<Record<string, boolean>>;
}

export type HealthChecks = Readonly<Record<string, () => Promise<boolean>>>;

/** Who asks often gets the same answer. */
const KEPT_MILLISECONDS = 1_000;
/** A check that takes longer has failed. */
const LONGEST_MILLISECONDS = 5_000;

async function passes(check: () => Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), LONGEST_MILLISECONDS);
  });
  try {
    return await Promise.race([check(), tooLong]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

export function healthOf(checks: HealthChecks): () => Promise<HealthReport> {
  let latest: Promise<HealthReport> | undefined;
  let askedAt = -Infinity;
  const ask = async (): Promise<HealthReport> => {
    const names = Object.keys(checks);
    const results = await Promise.all(Object.values(checks).map(passes));
    return {
      status: results.every(Boolean) ? "ok" : "failing",
      checks: Object.fromEntries(names.map((name, position) => [name, results[position] ?? false])),
    };
  };
  return () => {
    if (latest !== undefined && performance.now() - askedAt < KEPT_MILLISECONDS) return latest;
    askedAt = performance.now();
    latest = ask();
    return latest;
  };
}

// SPDX-License-Identifier: GPL-3.0-or-later
/** What the benchmarks measured, as it is committed: gas of every verb, proving times, verification rates, bytes of the stores. */
import { readFile } from "node:fs/promises";

import { z } from "zod";

const count = z.number().positive();
const circuit = z.object({ witness: count, prove: count });

const benchSchema = z.object({
  gas: z.object({
    deposit: z.object({ first: count, at100: count, at1000: count, mean1000: count }),
    depositBatch100PerAccountInto: z.object({ "0": count, "100": count, "1000": count }),
    startClose: count,
    closeWithConsent: count,
    finalizeCloseOfUsedTickets: count,
    slashLater: count,
    expire: count,
    openDispute: count,
    openDisputeLater: count,
    answerDisputeWithVoucher: count,
    resolveDisputeOutOf: z.object({ bond: count }),
    reportViolation: count,
    postBond: count,
    withdrawRevenue: count,
    burn: count,
    certifyFold: count,
  }),
  proving: z.object({
    singleThread: z.object({ enroll: circuit, request: circuit, fold: circuit, close: circuit }),
  }),
  verification: z.object({ rates: z.array(z.object({ perCoreSecond: count })).min(1) }),
  store: z.object({
    databases: z.record(z.array(z.object({ spentTickets: z.number(), size: z.number() }))),
  }),
});

export type Measured = z.output<typeof benchSchema>;

export async function readMeasured(): Promise<Measured> {
  const file = new URL("../../snapshots/bench.json", import.meta.url);
  return benchSchema.parse(JSON.parse(await readFile(file, "utf8")));
}

const MEBIBYTE = 2 ** 20;

/** Bytes on disk for each spent ticket with what belongs to it, by database: of the fullest store that was measured. */
export function bytesPerTicket({ store }: Measured): readonly (readonly [database: string, bytes: number])[] {
  return Object.entries(store.databases).flatMap(([database, sizes]) => {
    const fullest = sizes.reduce((one, other) => (other.spentTickets > one.spentTickets ? other : one));
    const empty = sizes.find(({ spentTickets }) => spentTickets === 0)?.size ?? 0;
    if (fullest.spentTickets === 0) return [];
    return [[database, ((fullest.size - empty) * MEBIBYTE) / fullest.spentTickets] as const];
  });
}

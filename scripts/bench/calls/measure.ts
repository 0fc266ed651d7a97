// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What a paid call costs in time, beside the same call without Jeton: the bundled model, asked directly, through a gateway, and through
 * a wallet's proxy and a gateway. Tickets are proved beforehand.
 */
import { PATHS } from "../../../src/wire/index.ts";
import { PostgresServer } from "../../../test/support/postgres.ts";
import type { Child } from "../child.ts";
import { median, ratio, rounded } from "../statistics.ts";
import { Client } from "./client.ts";
import type { Exchanged } from "./client.ts";
import { LATE_CALLS, LONG_SESSION, NAMES } from "./names.ts";
import { prepare, SESSION, WARM_UP } from "./prepared.ts";
import type { Prepared } from "./prepared.ts";
import { requestBody } from "./sale.ts";
import { measureSeries } from "./series.ts";
import type { Measured, Series, SeriesOptions } from "./series.ts";
import { Stage } from "./stage.ts";
import type { Station } from "./stage.ts";

export interface CallsOptions {
  /** How many tickets each series spends. */
  readonly tickets: number;
  /** A folder for profiles of gateway and wallet. */
  readonly profile?: string | undefined;
  readonly log: (step: string) => void;
}

/** Mebibytes of resident memory. */
export interface Memory {
  readonly gateway: number;
  readonly wallet: number;
  /** The wallet while it proves with two threads, at most. */
  readonly walletProving: number;
}

export interface CallsReport {
  readonly series: Readonly<Record<string, Series>>;
  /** Milliseconds by the clock: one verification as the gateway asked for it in first calls. */
  readonly verification: number;
  /** The gateway's share of the first call of a ticket over one verification. */
  readonly firstCallOverVerification: number;
  /** Milliseconds of processor time: one verification by snarkjs on one thread, in this run; and the first call's share over it. */
  readonly snarkjsVerification: number;
  readonly firstCallOverSnarkjs: number;
  readonly memory: Memory;
}

/** How many tickets the wallet proves beside its last calls. */
const PROOFS = 8;
const mebibytes = (bytes: number): number => Math.round(bytes / 2 ** 20);

const repeat = (count: number, call: () => Promise<Exchanged>): (() => Promise<Exchanged>)[] =>
  Array.from({ length: count }, () => call);

class Calls {
  readonly series: Record<string, Series> = {};
  readonly #client = new Client();
  readonly #stage: Stage;
  readonly #log: (step: string) => void;

  constructor(stage: Stage, log: (step: string) => void) {
    this.#stage = stage;
    this.#log = log;
  }

  async measure(
    name: string,
    calls: readonly (() => Promise<Exchanged>)[],
    options: Omit<SeriesOptions, "stage"> = {},
  ): Promise<Measured> {
    const measured = await measureSeries(calls, { ...options, stage: this.#stage });
    this.series[name] = measured.series;
    const { client, added } = measured.series;
    this.#log(`calls: ${name}: ${client.p50} ms, 99 of 100 within ${client.p99} ms; added ${added?.p50 ?? 0} ms`);
    return measured;
  }

  readonly send = (url: string, body: string) => (): Promise<Exchanged> => this.#client.post(url, body);

  /** Straight to a gateway, with vouchers that were signed before. A long session comes first: nobody's gateway has just begun. Resolves to the first calls. */
  async throughGateway(
    names: { readonly first: string; readonly open: string; readonly long: string },
    gateway: Station,
    { singles, sessions, long }: Prepared,
    direct: Measured,
  ): Promise<Measured> {
    const url = `${gateway.url}${PATHS.call}`;
    const calls = (bodies: readonly string[]) => bodies.map((body) => this.send(url, body));
    await this.measure(names.long, calls(long), { gateway, direct, warmUp: LONG_SESSION - LATE_CALLS });
    for (const [first] of sessions) await this.send(url, first as string)();
    const open = sessions.flatMap((bodies) => bodies.slice(1));
    await this.measure(names.open, calls(open), { gateway, direct, warmUp: SESSION });
    await gateway.child.ask("verifications");
    return this.measure(names.first, calls(singles), { gateway, direct, warmUp: WARM_UP });
  }

  close(): void {
    this.#client.close();
  }
}

/** Calls through the wallet's proxy, each on a ticket of its own; at last while the next ones are proved. */
async function throughWallet(
  calls: Calls,
  wallet: Station,
  gateway: Station,
  tickets: number,
  direct: { readonly whole: Measured; readonly streamed: Measured },
): Promise<void> {
  const few = Math.ceil(tickets / 3);
  await wallet.child.ask("prove", WARM_UP + tickets + 2 * few);
  const through = { gateway, wallet };
  const plain = calls.send(wallet.url, requestBody(false));
  const streamed = calls.send(wallet.url, requestBody(true));
  await calls.measure(NAMES.wallet, repeat(WARM_UP + tickets, plain), {
    ...through,
    direct: direct.whole,
    warmUp: WARM_UP,
  });
  await calls.measure(NAMES.walletStreamed, repeat(few, streamed), { ...through, direct: direct.streamed });
  const proving = wallet.child.ask("prove", few + PROOFS);
  await calls.measure(NAMES.walletWhileProving, repeat(few, plain), { ...through, direct: direct.whole });
  await proving;
}

export async function measureCalls({ tickets, profile, log }: CallsOptions): Promise<CallsReport> {
  const postgres = await PostgresServer.start();
  const stage = await Stage.build({ profile });
  const calls = new Calls(stage, log);
  try {
    const gateway = await stage.gateway("gateway.sqlite");
    log("calls: tickets are proved");
    const prepared = await prepare(stage, gateway.url, tickets);
    const asked = (stream: boolean) => repeat(300, calls.send(stage.model.url, requestBody(stream)));
    const whole = await calls.measure(NAMES.direct, asked(false), { warmUp: 100 });
    const streamed = await calls.measure(NAMES.directStreamed, asked(true), { warmUp: 100 });

    const names = { first: NAMES.first, open: NAMES.open, long: NAMES.long };
    const first = await calls.throughGateway(names, gateway, prepared, whole);
    const verifications = await gateway.child.ask<number[]>("verifications");
    if (postgres === undefined) log("SKIPPED: calls on PostgreSQL. There are no server binaries");
    else {
      const other = await stage.gateway(await postgres.newDatabase());
      const named = { first: NAMES.firstPostgres, open: NAMES.openPostgres, long: NAMES.longPostgres };
      await calls.throughGateway(named, other, prepared, whole);
      await other.child.close();
    }

    const wallet = await stage.wallet(gateway.url);
    const { resident } = await wallet.child.usage();
    log("calls: the wallet proves its tickets");
    await throughWallet(calls, wallet, gateway, tickets, { whole, streamed });
    const verification = median(verifications.slice(WARM_UP));
    return {
      series: calls.series,
      verification: rounded(verification),
      firstCallOverVerification: ratio(median(first.gatewayShares), verification),
      snarkjsVerification: prepared.snarkjsVerification,
      firstCallOverSnarkjs: ratio(median(first.gatewayShares), prepared.snarkjsVerification),
      memory: await memoryOf(gateway.child, wallet.child, resident),
    };
  } finally {
    calls.close();
    await stage.close();
    await postgres?.stop();
  }
}

async function memoryOf(gateway: Child, wallet: Child, walletBefore: number): Promise<Memory> {
  const [served, proved] = await Promise.all([gateway.usage(), wallet.usage()]);
  return {
    gateway: mebibytes(served.resident),
    wallet: mebibytes(walletBefore),
    walletProving: mebibytes(proved.mostResident),
  };
}

// SPDX-License-Identifier: GPL-3.0-or-later
/** One series of calls, one after the other: what the client saw, and what each process on the way took for itself. */
import { median, quantile, rounded, spreadOf } from "../statistics.ts";
import type { Spread } from "../statistics.ts";
import type { Exchanged } from "./client.ts";
import type { Stage, Station } from "./stage.ts";

/** Milliseconds by the clock. Shares are what a process took beyond the one behind it, the connection to that one included. */
export interface Series {
  /** What the client saw, from its request to the last byte. */
  readonly client: Spread;
  /** To the first byte of the answer. */
  readonly firstByte: Spread;
  /** The client's time beyond that of the same call without Jeton: the difference of the medians, and of the 99th percentiles. */
  readonly added?: { readonly p50: number; readonly p99: number };
  readonly walletShare?: Spread;
  readonly gatewayShare?: Spread;
  /** Milliseconds of processor time for each call, all threads together. */
  readonly walletProcessor?: number;
  readonly gatewayProcessor?: number;
}

export interface SeriesOptions {
  readonly stage: Stage;
  readonly gateway?: Station;
  readonly wallet?: Station;
  /** The same calls without Jeton. */
  readonly direct?: Measured;
  /** How many calls at the beginning are left out. */
  readonly warmUp?: number;
}

/** A series with its single times, in the order of the calls. */
export interface Measured {
  readonly series: Series;
  readonly client: readonly number[];
  readonly gatewayShares: readonly number[];
}

const edgesOf = (station: Station): Promise<number[]> => station.child.ask<number[]>("edges");

const difference = (of: readonly number[], without: readonly number[]): number[] =>
  of.map((milliseconds, position) => milliseconds - (without[position] ?? Number.NaN));

export async function measureSeries(
  calls: readonly (() => Promise<Exchanged>)[],
  { stage, gateway, wallet, direct, warmUp = 0 }: SeriesOptions,
): Promise<Measured> {
  for (const call of calls.slice(0, warmUp)) await call();
  const stations = [stage.model, ...(gateway ? [gateway] : []), ...(wallet ? [wallet] : [])];
  for (const station of stations) await edgesOf(station);
  const usedBefore = await Promise.all(stations.map(({ child }) => child.usage()));

  const exchanged: Exchanged[] = [];
  for (const call of calls.slice(warmUp)) exchanged.push(await call());

  const usedAfter = await Promise.all(stations.map(({ child }) => child.usage()));
  const [model = [], ...others] = await Promise.all(stations.map(edgesOf));
  for (const edges of [model, ...others]) {
    if (edges.length !== exchanged.length) {
      throw new Error(`${edges.length} requests were counted at an edge, and ${exchanged.length} were made`);
    }
  }
  const gatewayEdges = gateway && others[0];
  const walletEdges = wallet && others.at(-1);
  const processorOf = (station: Station | undefined): number => {
    const at = station === undefined ? -1 : stations.indexOf(station);
    const used = (usedAfter[at]?.processor ?? 0) - (usedBefore[at]?.processor ?? 0);
    return rounded(used / exchanged.length);
  };
  const client = exchanged.map(({ milliseconds }) => milliseconds);
  const gatewayShares = gatewayEdges ? difference(gatewayEdges, model) : [];
  const series: Series = {
    client: spreadOf(client),
    firstByte: spreadOf(exchanged.map(({ firstByte }) => firstByte)),
    ...(direct && { added: addedTo(direct.client, client) }),
    ...(walletEdges && gatewayEdges && { walletShare: spreadOf(difference(walletEdges, gatewayEdges)) }),
    ...(walletEdges && { walletProcessor: processorOf(wallet) }),
    ...(gatewayEdges && { gatewayShare: spreadOf(gatewayShares), gatewayProcessor: processorOf(gateway) }),
  };
  return { series, client, gatewayShares };
}

const addedTo = (direct: readonly number[], client: readonly number[]): { p50: number; p99: number } => ({
  p50: rounded(median(client) - median(direct)),
  p99: rounded(quantile(client, 0.99) - quantile(direct, 0.99)),
});

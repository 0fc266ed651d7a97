// SPDX-License-Identifier: GPL-3.0-or-later
/** Health and counts for the watcher's own monitoring (Prometheus), read from its file when they are asked for. */
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { Gauge, Registry } from "prom-client";

import { ALARMS } from "./ports.ts";
import { statusOf } from "./status.ts";
import type { WatcherStore } from "./store.ts";
import type { Watcher } from "./watcher.ts";

const CLAIM_STATES = ["found", "proved", "sent", "mined", "won", "lost", "missed"] as const;
/** Alarms that say that the watcher cannot do what it is for. */
const BLIND = new Set(["CHAIN_UNREACHABLE", "CHAIN_STUCK", "FEED_UNREACHABLE", "CLOSE_UNJUDGED"]);

function registryOf(store: WatcherStore, watcher: Watcher, now: () => number): Registry {
  const registry = new Registry();
  const gauge = <L extends string>(
    name: string,
    help: string,
    labelNames: L[],
    fill: (gauge: Gauge<L>) => void,
  ): void => {
    new Gauge<L>({
      name: `jeton_watch_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        fill(this);
      },
    });
  };
  const pools = (): ReturnType<typeof statusOf> => statusOf(store);
  gauge("chain_block", "The last block that was read", ["pool"], (each) => {
    for (const { name, block } of pools()) each.set({ pool: name }, block ?? 0);
  });
  gauge("chain_age_seconds", "Since the chain was last read to its head", ["pool"], (each) => {
    for (const { name, readAt } of pools()) if (readAt !== undefined) each.set({ pool: name }, now() - readAt);
  });
  gauge("feed_position", "Up to which entry a feed was read", ["pool", "feed"], (each) => {
    for (const { name, feeds } of pools()) {
      for (const feed of feeds) each.set({ pool: name, feed: feed.name }, feed.position);
    }
  });
  gauge("feed_age_seconds", "Since a feed was last read to its end", ["pool", "feed"], (each) => {
    for (const { name, feeds } of pools()) {
      for (const feed of feeds)
        if (feed.readAt !== undefined) each.set({ pool: name, feed: feed.name }, now() - feed.readAt);
    }
  });
  gauge("closes", "Closes in their challenge window, by verdict", ["pool", "verdict"], (each) => {
    for (const { name, closes } of pools()) {
      for (const verdict of ["open", "honest", "understated", "double-spend"] as const) {
        each.set({ pool: name, verdict }, closes.filter((close) => close.verdict === verdict).length);
      }
    }
  });
  gauge("claims", "Claims, by what has become of them", ["pool", "state"], (each) => {
    for (const { name, claims } of pools()) {
      for (const state of CLAIM_STATES) {
        each.set({ pool: name, state }, claims.filter((claim) => claim.state === state).length);
      }
    }
  });
  gauge("bounties_units", "Bounties earned, in token base units", ["pool"], (each) => {
    for (const { name, bountiesEarned } of pools()) each.set({ pool: name }, Number(bountiesEarned));
  });
  gauge("gas_spent_wei", "What claims have cost, in the chain's smallest unit", ["pool"], (each) => {
    for (const { name, gasSpent } of pools()) each.set({ pool: name }, Number(gasSpent));
  });
  gauge("alarms", "Alarms that are raised now", ["code"], (each) => {
    const { raised } = watcher.alarms;
    for (const code of Object.keys(ALARMS)) each.set({ code }, raised.filter((alarm) => alarm.code === code).length);
  });
  gauge("process_resident_bytes", "Memory of this process", [], (each) => each.set(process.memoryUsage.rss()));
  return registry;
}

export interface WatcherServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Answers at /health (503 while the watcher is blind) and /metrics. Not for the public. */
export async function serveWatcher(
  { store, watcher, now }: { readonly store: WatcherStore; readonly watcher: Watcher; readonly now: () => number },
  { host, port }: { readonly host: string; readonly port: number },
): Promise<WatcherServer> {
  const registry = registryOf(store, watcher, now);
  const alarms = (): Watcher["alarms"]["raised"] | undefined => {
    try {
      return watcher.alarms.raised;
    } catch {
      // The file itself fails: nothing is known, which is not well.
      return undefined;
    }
  };
  const health = (response: ServerResponse): void => {
    const raised = alarms();
    if (raised === undefined) {
      const body = { status: "failing", reason: "the watcher's file cannot be read" };
      response.writeHead(503, { "content-type": "application/json" }).end(JSON.stringify(body));
      return;
    }
    const isBlind = raised.some(({ code }) => BLIND.has(code));
    const body = { status: isBlind ? "failing" : "ok", alarms: raised.map(({ scope, code }) => ({ scope, code })) };
    response.writeHead(isBlind ? 503 : 200, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  const server = createServer((request, response) => {
    if (request.method === "GET" && request.url === "/health") health(response);
    else if (request.method === "GET" && request.url === "/metrics") {
      registry.metrics().then(
        (text) => response.writeHead(200, { "content-type": registry.contentType }).end(text),
        () => response.writeHead(500).end(),
      );
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

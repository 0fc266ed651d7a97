// SPDX-License-Identifier: GPL-3.0-or-later
/** Counts and times for the provider's own monitoring (Prometheus). No label and no value comes from a request. */
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

import { Counter, Gauge, Histogram, Registry } from "prom-client";

import { GATEWAY_ERRORS, PATHS } from "../../wire/index.ts";
import type { GatewayErrorCode } from "../../wire/index.ts";

/** What a gauge shows, asked when it is read. */
export interface GatewayGauges {
  readonly requestsInFlight: () => number;
  readonly proofsWaiting: () => number;
  readonly chainAgeSeconds: () => number;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
const ROUTES: ReadonlyMap<string, string> = new Map(Object.entries(PATHS).map(([name, path]) => [path, name]));

export class GatewayMetrics {
  readonly registry = new Registry();
  readonly #requests: Counter<"route" | "status">;
  readonly #seconds: Histogram<"route">;
  readonly #refusals: Counter<"code">;
  readonly #proofs: Histogram<"result">;
  readonly #faults: Counter;

  constructor() {
    const registers = [this.registry];
    this.#requests = new Counter({
      name: "jeton_http_requests_total",
      help: "Requests that were answered, by route and class of status",
      labelNames: ["route", "status"],
      registers,
    });
    this.#seconds = new Histogram({
      name: "jeton_http_request_seconds",
      help: "From a request's headers to the end of its answer",
      labelNames: ["route"],
      buckets: SECONDS,
      registers,
    });
    this.#refusals = new Counter({
      name: "jeton_refusals_total",
      help: "Requests that were refused, by the problem's code",
      labelNames: ["code"],
      registers,
    });
    this.#proofs = new Histogram({
      name: "jeton_proof_verification_seconds",
      help: "Verification of proofs, without their waiting",
      labelNames: ["result"],
      buckets: SECONDS,
      registers,
    });
    this.#faults = new Counter({
      name: "jeton_faults_total",
      help: "What went wrong that is no refusal",
      registers,
    });
    for (const code of Object.keys(GATEWAY_ERRORS)) this.#refusals.inc({ code }, 0);
  }

  watch({ requestsInFlight, proofsWaiting, chainAgeSeconds }: GatewayGauges): void {
    const gauge = (name: string, help: string, read: () => number): void => {
      new Gauge({
        name,
        help,
        registers: [this.registry],
        collect() {
          this.set(read());
        },
      });
    };
    gauge("jeton_http_requests_in_flight", "Requests that are being served", requestsInFlight);
    gauge("jeton_proofs_waiting", "Proofs that wait for a verifier", proofsWaiting);
    gauge("jeton_chain_age_seconds", "Since the chain was last read", chainAgeSeconds);
    gauge("jeton_process_resident_bytes", "Memory of this process", () => process.memoryUsage.rss());
  }

  /** @param path the route's, not the request's. */
  answered(path: string | undefined, status: number, milliseconds: number): void {
    const route = ROUTES.get(path ?? "") ?? (path === "/*" ? "paid" : "other");
    this.#requests.inc({ route, status: `${Math.floor(status / 100)}xx` });
    this.#seconds.observe({ route }, milliseconds / 1_000);
  }

  refused(code: GatewayErrorCode): void {
    this.#refusals.inc({ code });
  }

  verified(milliseconds: number, isValid: boolean): void {
    this.#proofs.observe({ result: isValid ? "valid" : "invalid" }, milliseconds / 1_000);
  }

  faulted(): void {
    this.#faults.inc();
  }
}

export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Shows the metrics at /metrics. Not for the public: by default they listen on loopback alone. */
export async function serveMetrics(
  { registry }: GatewayMetrics,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<MetricsServer> {
  const server: Server = createServer((request, response) => {
    if (request.method !== "GET" || request.url !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    registry.metrics().then(
      (text) => response.writeHead(200, { "content-type": registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

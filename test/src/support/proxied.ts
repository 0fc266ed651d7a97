// SPDX-License-Identifier: GPL-3.0-or-later
/** A proxy in front of the session world's gateway: a real purse, real proofs, real HTTP on the client's side, and a service of the test's own. */
import { request as httpRequest } from "node:http";
import type { IncomingHttpHeaders } from "node:http";

import type { Upstream } from "../../../src/gateway/index.ts";
import { startProxy } from "../../../src/proxy/index.ts";
import type { ProxyOptions, RunningProxy } from "../../../src/proxy/index.ts";
import { Purse, Wallet, WalletStore } from "../../../src/wallet/index.ts";
import type { WalletOptions } from "../../../src/wallet/index.ts";
import {
  decodeExchangeRequest,
  encodeExchangeHead,
  encodeExchangeResponse,
  parseTerms,
} from "../../../src/wire/index.ts";
import type { ExchangeHead, ExchangeRequest, ExchangeResponse, ProviderApi, Terms } from "../../../src/wire/index.ts";
import { POOL, PRICE, SEED, TERMS, prove, startProvider } from "./session-world.ts";
import type { Provider } from "./session-world.ts";
import { tokenTerms } from "./services.ts";

/** An answer as a whole, or its head and how its body is sent. */
export type Service = (
  exchange: ExchangeRequest,
  stream: (head: ExchangeHead) => (text: string) => void,
) => Promise<ExchangeResponse | undefined>;

export const text = (body: string, status = 200): ExchangeResponse => ({
  status,
  contentType: "text/plain",
  encoding: "utf8",
  body,
});

export const json = (value: unknown, status = 200): ExchangeResponse => ({
  ...text(JSON.stringify(value), status),
  contentType: "application/json",
});

export const EVENTS: ExchangeHead = { status: 200, contentType: "text/event-stream", encoding: "utf8" };

/** Charges PRICE for what went well, and counts. */
class TestUpstream implements Upstream {
  readonly served: ExchangeRequest[] = [];
  readonly payloads: string[] = [];
  readonly #service: Service;

  constructor(service: Service) {
    this.#service = service;
  }

  quote(): bigint {
    return PRICE;
  }

  async serve(payload: string, { emit }: Parameters<Upstream["serve"]>[1]): ReturnType<Upstream["serve"]> {
    const exchange = decodeExchangeRequest(payload);
    this.served.push(exchange);
    this.payloads.push(payload);
    let streamed = "";
    const push = (piece: string): void => {
      streamed += piece;
      emit(piece);
    };
    const answer = await this.#service(exchange, (head) => {
      push(encodeExchangeHead(head));
      return push;
    });
    const response = answer === undefined ? streamed : encodeExchangeResponse(answer);
    return { response, charge: (answer?.status ?? 200) < 400 ? PRICE : 0n };
  }
}

export interface ProxiedWorld {
  readonly proxy: RunningProxy;
  readonly url: string;
  readonly port: number;
  readonly purse: Purse;
  readonly provider: Provider;
  /** What reached the service. */
  readonly served: readonly ExchangeRequest[];
  readonly payloads: readonly string[];
  readonly log: readonly string[];
  close(): Promise<void>;
}

export interface ProxiedSetup extends Partial<Pick<ProxyOptions, "token" | "limits" | "hostNames">> {
  readonly service?: Service;
  readonly terms?: Terms;
  readonly wallet?: Partial<WalletOptions>;
  /** What the wallet talks to, given the gateway. */
  readonly api?: (provider: Provider) => ProviderApi;
  /** How many tickets are proved ahead. */
  readonly stock?: number;
  /** Default: account 0, of ten tickets. */
  readonly account?: number;
  readonly isEnrolled?: boolean;
}

/** Resolves for everybody when so many have come: for calls that must be under way at once. */
export function meeting(size: number): () => Promise<void> {
  let come = 0;
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  return () => {
    come += 1;
    if (come === size) begin();
    return begun;
  };
}

export const fixedTerms = parseTerms(TERMS);

export async function openProxied(setup: ProxiedSetup = {}): Promise<ProxiedWorld> {
  const { service = async () => text("hello"), stock = 1, account = 0, isEnrolled = true } = setup;
  const upstream = new TestUpstream(service);
  const provider = startProvider({ upstream });
  const store = WalletStore.open(":memory:", SEED);
  const wallet = new Wallet({
    store,
    pool: POOL,
    provider: setup.api?.(provider) ?? provider.gateway,
    chain: provider.chain,
    prove,
    clock: provider.clock.read,
    pause: async () => undefined,
    retry: { attempts: 2, pauseMilliseconds: 0 },
    ...setup.wallet,
  });
  const purse = new Purse(wallet, { accounts: [account] });
  const [own] = purse.accounts.values();
  if (isEnrolled) {
    await own?.enroll();
    await own?.proveTickets(stock);
  }
  const log: string[] = [];
  const proxy = await startProxy({
    purse,
    terms: setup.terms ?? tokenTerms,
    status: async () => ({ inStock: purse.status().inStock }),
    inStock: () => purse.status().inStock,
    log: (line) => log.push(line),
    token: setup.token,
    ...(setup.limits === undefined ? {} : { limits: setup.limits }),
    ...(setup.hostNames === undefined ? {} : { hostNames: setup.hostNames }),
  });
  return {
    proxy,
    url: proxy.url,
    port: Number(new URL(proxy.url).port),
    purse,
    provider,
    served: upstream.served,
    payloads: upstream.payloads,
    log,
    close: async () => {
      await proxy.close();
      store.close();
    },
  };
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A request with exactly these headers; fetch would set some itself. */
export const rawRequest = (
  url: string,
  {
    method = "GET",
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: Buffer | string } = {},
): Promise<RawAnswer> =>
  new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    request.on("error", reject);
    request.end(body);
  });

export const chatBody = (more: object = {}): string =>
  JSON.stringify({ model: "jeton-small", messages: [{ role: "user", content: "hi" }], ...more });

export const JSON_TYPE = { "content-type": "application/json" };

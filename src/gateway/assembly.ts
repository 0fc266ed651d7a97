// SPDX-License-Identifier: GPL-3.0-or-later
/** The parts of a provider, put together: gateway, HTTP, the chain's follower and the desk. Nothing of it runs yet. */
import type { Signer } from "ethers";

import { PoolHistory, PoolSender, PoolView } from "../chain/index.ts";
import type { Finality, PoolClient } from "../chain/index.ts";
import type { ProviderKey } from "../protocol/index.ts";
import type { Prover } from "../prover/index.ts";
import type { Clock, Terms } from "../wire/index.ts";
import { ProviderDesk } from "./desk.ts";
import { Duty, HandedInLater } from "./duty.ts";
import { ChainFollower } from "./follower.ts";
import { Gateway } from "./gateway.ts";
import { DEFAULT_LIMITS, FairVerifier, GatewayMetrics, Sources, createGatewayServer, healthOf } from "./http/index.ts";
import type { GatewayServer, HttpLimits } from "./http/index.ts";
import { faultEntry } from "./log.ts";
import type { Log } from "./log.ts";
import { DEFAULT_SETTINGS } from "./ports.ts";
import type { GatewaySettings } from "./ports.ts";
import { typedDataSignerOf } from "./typed-data-signer.ts";
import { caredStore } from "./store-care.ts";
import type { GatewayStore } from "./store/index.ts";
import type { Upstream } from "./upstream.ts";

export interface ProviderOptions {
  readonly client: PoolClient;
  /** The block in which the pool was created, or one before it. */
  readonly fromBlock: number;
  readonly finality: Finality;
  /** Stays the caller's to close. */
  readonly store: GatewayStore;
  readonly terms: Terms;
  readonly stateKey: ProviderKey;
  /** For the pool's provider address: signs receipts, and sends what the desk sends. */
  readonly signer: Signer;
  /** Its payloads are exchange requests (src/wire/exchange.ts), if it is to be sold to those who pay by x402's headers. */
  readonly upstream: Upstream;
  /** Stays the caller's to close. */
  readonly prover: Prover;
  /** Default: 127.0.0.1 and any free port. */
  readonly host?: string;
  readonly port?: number;
  /** Default: none; its host 127.0.0.1. */
  readonly metrics?: { readonly host?: string; readonly port: number };
  /** Who gets the bounty of a slash. Default: the provider. */
  readonly bountyRecipient?: string;
  readonly limits?: Partial<HttpLimits>;
  readonly settings?: Partial<GatewaySettings>;
  /** Takes a client's address from `X-Forwarded-For`: true, or the addresses of the proxies. */
  readonly trustProxy?: boolean | string | string[];
  /** Between two looks at the chain. Default 2,000. */
  readonly pollMilliseconds?: number;
  readonly clock?: Clock;
  readonly log?: Log;
}

export interface Assembly {
  readonly gateway: Gateway;
  readonly server: GatewayServer;
  readonly metrics: GatewayMetrics;
  readonly follower: ChainFollower;
  readonly duty: Duty;
  readonly limits: HttpLimits;
  /** Writes a fault down. */
  readonly faultIn: (where: string) => (error: unknown) => void;
}

/** A chain that was not read for this long counts as lost. */
const LOST_MILLISECONDS = 60_000;
/** The store is asked whether it writes under this name. */
const PROBE = "probe";

const machineClock: Clock = () => Math.floor(Date.now() / 1_000);

/** @throws GatewayError REQUEST_MALFORMED when terms or keys are not the pool's */
export function assemble(options: ProviderOptions): Assembly {
  const { client, fromBlock, finality, terms, stateKey, signer, upstream, prover } = options;
  const { clock = machineClock, log, trustProxy = false } = options;
  const limits: HttpLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const settings: GatewaySettings = { ...DEFAULT_SETTINGS, ...options.settings };
  const { store, isSound } = caredStore(options.store);
  const metrics = new GatewayMetrics();
  const faultIn =
    (where: string) =>
    (error: unknown): void => {
      if (error instanceof HandedInLater) return;
      metrics.faulted();
      log?.(faultEntry(where, error));
    };

  const history = new PoolHistory(client, { fromBlock, finality });
  const follower = new ChainFollower(history, new PoolView(history, finality), finality);
  const desk = new ProviderDesk({
    client,
    sender: new PoolSender(client, signer.provider === null ? signer.connect(client.provider) : signer),
    prove: (statement, input) => prover.prove(statement, input),
    bountyRecipient: options.bountyRecipient ?? client.parameters.provider,
  });
  const duty = new Duty({ store, desk, history, finality, clock });

  const sources = new Sources();
  const verifier = new FairVerifier({
    verify: (statement, publicSignals, proof) => prover.verify(statement, publicSignals, proof),
    verifiers: prover.verifiers,
    sources,
    limits,
    onVerified: (milliseconds, isValid) => metrics.verified(milliseconds, isValid),
  });
  const gateway = new Gateway({
    pool: client.pool,
    terms,
    store,
    upstream,
    stateKey,
    signer: typedDataSignerOf(signer),
    verify: verifier.verify,
    chain: follower.chain,
    clock,
    ...duty.ports,
    onFault: faultIn("gateway"),
    settings,
  });
  const server = createGatewayServer({
    api: gateway,
    leaves: follower.leaves,
    health: healthOf({
      store: async () => (await store.holdRole(PROBE, { owner: PROBE, until: 0 }, clock())) && isSound(),
      chain: async () => follower.ageMilliseconds < LOST_MILLISECONDS,
      keys: async () => prover.isOpen,
    }),
    sale: { pool: client.pool, terms, upstream, serviceSeconds: settings.serviceSeconds },
    limits,
    sources,
    metrics,
    trustProxy,
    onFault: faultIn("http"),
    onGraceOver: () => gateway.stopCalls(),
  });
  metrics.watch({
    requestsInFlight: () => server.requests,
    proofsWaiting: () => verifier.waiting,
    chainAgeSeconds: () => follower.ageMilliseconds / 1_000,
  });
  return { gateway, server, metrics, follower, duty, limits, faultIn };
}

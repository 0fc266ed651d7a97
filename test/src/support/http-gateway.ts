// SPDX-License-Identifier: GPL-3.0-or-later
/** The session world's gateway over HTTP. */
import {
  FairVerifier,
  FinalLeaves,
  GatewayMetrics,
  Sources,
  createGatewayServer,
  healthOf,
} from "../../../src/gateway/index.ts";
import { DEFAULT_LIMITS } from "../../../src/gateway/index.ts";
import type { GatewayServerOptions, HttpLimits } from "../../../src/gateway/index.ts";
import { parseTerms } from "../../../src/wire/index.ts";
import type { ProviderApi } from "../../../src/wire/index.ts";
import { POOL, TERMS, startProvider, verify } from "./session-world.ts";
import type { Provider, ProviderSetup } from "./session-world.ts";

export interface HttpGateway {
  readonly url: string;
  readonly metrics: GatewayMetrics;
  readonly sources: Sources;
  readonly verifier: FairVerifier;
  readonly faults: unknown[];
  /** The gateway behind the server. */
  readonly provider: Provider;
  /** Puts another gateway, with a store of its own, behind the same server. */
  renew(setup?: ProviderSetup): Provider;
  /** How many proofs were verified. */
  readonly verified: number;
  close(): Promise<void>;
}

export interface HttpGatewaySetup {
  readonly sources?: Sources;
  readonly limits?: Partial<HttpLimits>;
  readonly provider?: ProviderSetup;
  readonly server?: Partial<GatewayServerOptions>;
}

export async function startHttpGateway(setup: HttpGatewaySetup = {}): Promise<HttpGateway> {
  const { sources = new Sources() } = setup;
  const metrics = new GatewayMetrics();
  const limits = { ...DEFAULT_LIMITS, ...setup.limits };
  let verified = 0;
  const verifier = new FairVerifier({
    verify: (...claim) => {
      verified += 1;
      return verify(...claim);
    },
    verifiers: 1,
    sources,
    limits,
    onVerified: (milliseconds, isValid) => metrics.verified(milliseconds, isValid),
  });
  const faults: unknown[] = [];
  const start = (changes: ProviderSetup = {}): Provider =>
    startProvider({ verify: verifier.verify, onFault: (error) => faults.push(error), ...setup.provider, ...changes });
  let provider = start();
  const api: ProviderApi = {
    terms: () => provider.gateway.terms(),
    enroll: (request) => provider.gateway.enroll(request),
    call: (request, onPiece) => provider.gateway.call(request, onPiece),
    endSession: (request) => provider.gateway.endSession(request),
    refund: (request) => provider.gateway.refund(request),
    fold: (request) => provider.gateway.fold(request),
    consentToClose: (request) => provider.gateway.consentToClose(request),
    publicFeed: (request) => provider.gateway.publicFeed(request),
  };
  const server = createGatewayServer({
    api,
    leaves: new FinalLeaves({ events: [] }),
    health: healthOf({ store: async () => true }),
    sale: {
      pool: POOL,
      terms: parseTerms(TERMS),
      upstream: { quote: (payload) => provider.upstream.quote(payload) },
      serviceSeconds: 120,
    },
    limits,
    sources,
    metrics,
    onFault: (error) => faults.push(error),
    ...setup.server,
  });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  return {
    url,
    metrics,
    sources,
    verifier,
    faults,
    get provider() {
      return provider;
    },
    get verified() {
      return verified;
    },
    renew: (changes) => (provider = start(changes)),
    close: () => server.close(),
  };
}

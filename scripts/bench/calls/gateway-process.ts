// SPDX-License-Identifier: GPL-3.0-or-later
/** A process with a provider, composed as `jeton serve` composes it; verifications are timed where the gateway asks for them. */
import { DEVELOPMENT_PROVIDER_KEY, local } from "../../../deploy/index.ts";
import { PoolClient } from "../../../src/chain/index.ts";
import { openStore, startProvider, upstreamOf } from "../../../src/gateway/index.ts";
import { providerKey } from "../../../src/protocol/index.ts";
import { Prover } from "../../../src/prover/index.ts";
import { parseTerms, PATHS } from "../../../src/wire/index.ts";
import { answerParent } from "../child.ts";
import { Edges } from "./edges.ts";
import { connect, payer, TERMS } from "./sale.ts";
import type { Place } from "./sale.ts";

export interface GatewayStart extends Place {
  readonly modelUrl: string;
  /** A file's path, or a postgres:// URL. */
  readonly store: string;
}

const edges = new Edges((path) => path === PATHS.call);
const verifications: number[] = [];

async function timedProver(): Promise<Prover> {
  const prover = await Prover.create({ workers: 1, verifiers: 1 });
  const verify = prover.verify.bind(prover);
  prover.verify = async (...claim) => {
    const start = performance.now();
    const isValid = await verify(...claim);
    verifications.push(performance.now() - start);
    return isValid;
  };
  return prover;
}

async function start({ rpcUrl, pool, fromBlock, modelUrl, store }: GatewayStart): Promise<string> {
  const provider = connect(rpcUrl);
  const client = await PoolClient.connect(provider, pool);
  const terms = parseTerms(TERMS);
  const { url } = await startProvider({
    client,
    fromBlock,
    finality: local.finality,
    store: await openStore(store, client.pool.poolHash),
    terms,
    stateKey: providerKey(DEVELOPMENT_PROVIDER_KEY),
    signer: payer(provider, 1),
    upstream: upstreamOf(terms, { kind: "openai", url: modelUrl }),
    prover: await timedProver(),
    log: (entry) => {
      if (entry.level !== "info") console.error(JSON.stringify(entry));
    },
  });
  return url;
}

answerParent({
  start,
  edges: async () => edges.take(),
  /** Milliseconds by the clock, since it was asked last. */
  verifications: async () => verifications.splice(0),
});

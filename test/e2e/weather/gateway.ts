// SPDX-License-Identifier: GPL-3.0-or-later
/** One of several gateway processes of a provider: all of it is the product's, but for a clock and a verifier that a test may change. */
import { fileURLToPath } from "node:url";

import { DEVELOPMENT_PROVIDER_KEY } from "../../../deploy/index.ts";
import { PoolClient } from "../../../src/chain/index.ts";
import { openStore, startProvider, upstreamOf } from "../../../src/gateway/index.ts";
import type { RunningProvider } from "../../../src/gateway/index.ts";
import { providerKey } from "../../../src/protocol/index.ts";
import { Prover } from "../../../src/prover/index.ts";
import { parseTerms } from "../../../src/wire/index.ts";
import { Channel } from "../processes/channel.ts";
import { connect, finality, payer } from "../processes/composing.ts";
import { TERMS } from "../processes/prices.ts";
import { GENERATION_HEADER } from "../processes/service.ts";

/** Where things are, and which of the processes it is. */
export interface NodeSetup {
  readonly number: number;
  readonly rpcUrl: string;
  readonly pool: string;
  readonly fromBlock: number;
  readonly store: string;
  readonly serviceUrl: string;
  /** Who is paid for what this process slashes. */
  readonly bountyRecipient: string;
}

async function main(setup: NodeSetup): Promise<void> {
  const { number, rpcUrl, pool, fromBlock, store: location, serviceUrl, bountyRecipient } = setup;
  const provider = connect(rpcUrl);
  const [client, prover] = await Promise.all([
    PoolClient.connect(provider, pool),
    Prover.create({ workers: 1, verifiers: 1 }),
  ]);
  const terms = parseTerms(TERMS);
  let skew = 0;
  let isTrusting = false;
  let running: RunningProvider | undefined;
  const verifying = new Proxy(prover, {
    get(target, name) {
      if (name === "verify" && isTrusting) return async () => true;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });

  new Channel(process, {
    start: async (): Promise<string> => {
      running = await startProvider({
        client,
        fromBlock,
        finality,
        store: await openStore(location, client.pool.poolHash),
        terms,
        stateKey: providerKey(DEVELOPMENT_PROVIDER_KEY),
        signer: payer(provider, "gateway"),
        upstream: upstreamOf(terms, { kind: "openai", url: serviceUrl, headers: { [GENERATION_HEADER]: `${number}` } }),
        prover: verifying,
        bountyRecipient,
        pollMilliseconds: 200,
        clock: () => Math.floor(Date.now() / 1_000) + skew,
        log: (entry) => console.log(JSON.stringify(entry)),
      });
      return running.url;
    },
    look: () => running?.look() ?? Promise.resolve(),
    // From here on every proof counts as valid, or no longer.
    trust: async (trusts: boolean) => void (isTrusting = trusts),
    skew: async (seconds: number) => void (skew = seconds),
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(JSON.parse(process.argv[2] ?? "{}") as NodeSetup);

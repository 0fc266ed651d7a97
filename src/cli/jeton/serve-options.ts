// SPDX-License-Identifier: GPL-3.0-or-later
/** From a gateway's settings to a provider that can be started: everything is opened, and everything is checked. */
import { JsonRpcProvider, Network } from "ethers";

import {
  LIVE_NETWORKS,
  LOCAL_NETWORKS,
  isDevelopmentAccount,
  isDevelopmentProviderKey,
} from "../../../deploy/index.ts";
import { PoolClient } from "../../chain/index.ts";
import type { Finality } from "../../chain/index.ts";
import { openStore, policyHook, upstreamOf } from "../../gateway/index.ts";
import type { Log, ProviderOptions, Upstream, UpstreamConfig } from "../../gateway/index.ts";
import { providerKey } from "../../protocol/index.ts";
import type { ProviderKey } from "../../protocol/index.ts";
import { Prover } from "../../prover/index.ts";
import { GatewayError } from "../../wire/index.ts";
import type { Terms } from "../../wire/index.ts";
import { CliError } from "../errors.ts";
import type { Say } from "../outcome.ts";
import type { ServeConfig } from "./serve-config.ts";
import { hexKey } from "./settings-file.ts";
import { readTerms } from "./terms-file.ts";

export interface OpenedProvider {
  readonly options: ProviderOptions;
  readonly close: () => Promise<void>;
}

async function stateKeyOf(config: ServeConfig, say: Say): Promise<ProviderKey> {
  const { stateKey } = config.settings;
  const what = "the key that signs states and refund tickets";
  const text = "file" in stateKey ? await config.secretFile(stateKey.file, say) : config.variable(stateKey.env, what);
  return providerKey(Buffer.from(hexKey(text, what), "hex"));
}

function upstreamFor(config: ServeConfig, terms: Terms, onFault: (error: unknown) => void): Upstream {
  const { upstream, policyUrl } = config.settings;
  const headers = Object.entries(upstream.headers ?? {}).map(([name, value]) => [
    name,
    config.text(value, `the upstream's header ${name}`),
  ]);
  try {
    const resolved = { ...upstream, headers: Object.fromEntries(headers) as Record<string, string> };
    const bare = upstreamOf(terms, resolved as unknown as UpstreamConfig);
    return policyUrl === undefined ? bare : policyHook({ url: policyUrl, onFault })(bare);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    throw new CliError("OPTION_INVALID", error.message, error);
  }
}

/** The provider's own client asks for ever. The URL may hold a key: it is not said. @throws CliError CONFIGURATION_MISSING */
async function chainIdAt(rpcUrl: string): Promise<bigint> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] });
  try {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(rpcUrl, { method: "POST", headers, body, signal: AbortSignal.timeout(15_000) });
    return BigInt(((await answer.json()) as { readonly result: string }).result);
  } catch (error) {
    throw new CliError("CONFIGURATION_MISSING", "no endpoint of a chain answers at rpcUrl", error);
  }
}

/** What everybody has is worth nothing: such keys are for chains that are worth nothing too. */
function refuseDevelopmentKeys(client: PoolClient, signer: string, isLocal: boolean): void {
  if (isLocal) return;
  const which = isDevelopmentAccount(signer)
    ? `the provider's account ${signer}`
    : isDevelopmentProviderKey(client.parameters.providerKey)
      ? "the key that signs states"
      : undefined;
  if (which === undefined) return;
  throw new CliError(
    "OPTION_INVALID",
    `${which} is a development key, which everybody has: chain ${client.chainId} is not local`,
  );
}

/** @throws CliError, and what the parts throw: ChainError, GatewayStoreError, ProverError */
export async function openProvider(config: ServeConfig, log: Log, say: Say): Promise<OpenedProvider> {
  const { settings } = config;
  const opened: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const step of opened.splice(0).reverse()) await step();
  };
  try {
    const terms = await readTerms(config.pathOf(settings.terms));
    const rpcUrl = config.text(settings.rpcUrl, "the URL of the chain's endpoint");
    const chain = Network.from(await chainIdAt(rpcUrl));
    const rpc = new JsonRpcProvider(rpcUrl, chain, { staticNetwork: true, cacheTimeout: -1 });
    opened.push(() => rpc.destroy());
    const client = await PoolClient.connect(rpc, settings.pool);
    const network = [...LOCAL_NETWORKS, ...LIVE_NETWORKS].find(({ chainId }) => chainId === client.chainId);
    const signer = await config.signer(settings.signer, "the provider's", say);
    if (signer.address !== client.parameters.provider) {
      throw new CliError(
        "OPTION_INVALID",
        `the signer is ${signer.address}, and the pool's provider is ${client.parameters.provider}`,
      );
    }
    refuseDevelopmentKeys(client, signer.address, network?.isLocal === true);
    const prover = await Prover.create({
      ...(settings.provers === undefined ? {} : { workers: settings.provers }),
      ...(settings.verifiers === undefined ? {} : { verifiers: settings.verifiers }),
    });
    opened.push(() => prover.close());
    if (prover.manifest.purpose === "development" && network?.isLocal !== true) {
      say("warning: the proving keys are development keys: whoever made them can forge proofs (docs/trusted-setup.md)");
    }
    if (settings.fromBlock === undefined) say("warning: fromBlock is missing: all blocks of the chain are read");
    const location = config.text(settings.store, "the store's location");
    const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(location);
    const store = await openStore(isUrl ? location : config.pathOf(location), client.pool.poolHash);
    opened.push(() => store.close());
    const upstream = upstreamFor(config, terms, () => log({ level: "error", event: "fault", where: "policy" }));
    const options: ProviderOptions = {
      client,
      fromBlock: settings.fromBlock ?? 0,
      finality: finalityOf(config, network?.finality),
      store,
      terms,
      stateKey: await stateKeyOf(config, say),
      signer: signer.connect(rpc),
      upstream,
      prover,
      ...settings.listen,
      ...optionalOf(settings),
      log,
    };
    return { options, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** On a chain that nobody described, what its own tag says. */
const finalityOf = ({ settings }: ServeConfig, known: Finality | undefined): Finality =>
  settings.finality ?? known ?? { kind: "finalized" };

function optionalOf({ metrics, trustProxy, limits, settings, bountyRecipient }: ServeConfig["settings"]) {
  const given = { metrics, trustProxy, limits, settings, bountyRecipient };
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as Partial<ProviderOptions>;
}

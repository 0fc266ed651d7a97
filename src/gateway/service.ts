// SPDX-License-Identifier: GPL-3.0-or-later
/** A whole provider in one process. Several share one store. */
import { setTimeout as sleep } from "node:timers/promises";

import { assemble } from "./assembly.ts";
import type { Assembly, ProviderOptions } from "./assembly.ts";
import type { Gateway } from "./gateway.ts";
import { serveMetrics } from "./http/index.ts";
import { repeat } from "./repeat.ts";
import { warmUp } from "./warm-up.ts";

export type { ProviderOptions } from "./assembly.ts";

export interface RunningProvider {
  readonly url: string;
  readonly metricsUrl: string | undefined;
  readonly gateway: Gateway;
  /** Looks at the chain now, and hands in what follows from it: what else happens from time to time. */
  look(): Promise<void>;
  /** Takes no more requests, ends what is under way, and lets another process have the desk. */
  close(): Promise<void>;
}

const POLL_MILLISECONDS = 2_000;
const HAND_IN_MILLISECONDS = 15_000;
const SWEEP_MILLISECONDS = 60_000;

/** Loads the keys, and reads the chain up to its head. */
async function prepare({ prover }: ProviderOptions, { follower }: Assembly): Promise<void> {
  await warmUp(prover);
  await follower.read();
}

/**
 * Goes as far as a start goes, and listens nowhere.
 * @throws as `startProvider`
 */
export async function checkProvider(options: ProviderOptions): Promise<void> {
  const assembly = assemble(options);
  await prepare(options, assembly);
  await assembly.server.close();
}

/** @throws GatewayError when terms or keys are not the pool's; ProverError when keys are missing; ChainError when the chain cannot be read */
export async function startProvider(options: ProviderOptions): Promise<RunningProvider> {
  const { client, host = "127.0.0.1", port = 0, log, pollMilliseconds = POLL_MILLISECONDS } = options;
  const assembly = assemble(options);
  const { gateway, server, metrics, follower, duty, limits, faultIn } = assembly;
  await prepare(options, assembly);
  const metricsServer =
    options.metrics === undefined ? undefined : await serveMetrics(metrics, { host: "127.0.0.1", ...options.metrics });
  const url = await server.listen({ host, port }).catch(async (error: unknown) => {
    await metricsServer?.close();
    throw error;
  });

  const follow = repeat(pollMilliseconds, () => follower.read().then(() => duty.follow(gateway)), faultIn("chain"));
  const handIn = repeat(HAND_IN_MILLISECONDS, () => duty.handIn(gateway), faultIn("desk"));
  const sweep = repeat(SWEEP_MILLISECONDS, () => duty.sweep(gateway), faultIn("sweep"));
  void follow.now().then(() => handIn.now());
  log?.({ level: "info", event: "started", url, pool: client.pool.address, chain: client.chainId.toString() });

  async function shutDown(): Promise<void> {
    await server.close();
    const ended = Promise.all([follow.stop(), handIn.stop(), sweep.stop()]).then(() => gateway.idle());
    await Promise.race([ended, sleep(limits.graceSeconds * 1_000, undefined, { ref: false })]);
    await duty.release().catch(faultIn("desk"));
    await metricsServer?.close();
    log?.({ level: "info", event: "stopped" });
  }
  let closing: Promise<void> | undefined;
  return {
    url,
    metricsUrl: metricsServer?.url,
    gateway,
    look: async () => {
      await follow.now();
      await handIn.now();
      await gateway.idle();
    },
    close: () => (closing ??= shutDown()),
  };
}

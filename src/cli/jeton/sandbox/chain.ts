// SPDX-License-Identifier: GPL-3.0-or-later
/** The sandbox's chain: Hardhat's simulated L2 inside this process, served over JSON-RPC as any other chain is. */
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

import type { ArtifactReader } from "../../../chain/index.ts";
import { CliError } from "../../errors.ts";
import type { Say } from "../../outcome.ts";

export interface LocalChain {
  readonly rpcUrl: string;
  /** The project's contracts, built. */
  readonly artifacts: ArtifactReader;
  close(): Promise<void>;
}

/** Resolves to whether a server could listen there. */
export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });

/** @throws CliError PORT_TAKEN */
export async function startChain(port: number, say: Say = () => undefined): Promise<LocalChain> {
  if (port !== 0 && !(await isFree(port))) {
    throw new CliError("PORT_TAKEN", `something listens on port ${port} already: name another one with --chain-port`);
  }
  // The program can be started in any folder.
  process.env["HARDHAT_CONFIG"] ??= fileURLToPath(new URL("../../../../hardhat.config.ts", import.meta.url));
  const { default: hre } = await import("hardhat");
  if (!(await hre.artifacts.artifactExists("CreditPoolFactory"))) {
    say("building the contracts, which takes a minute or two the first time …");
  }
  await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
  const server = await hre.network.createServer({ network: "node", chainType: "op" }, "127.0.0.1", port);
  const bound = await server.listen();
  return {
    rpcUrl: `http://127.0.0.1:${bound.port}`,
    artifacts: hre.artifacts,
    close: () => server.close(),
  };
}

// SPDX-License-Identifier: GPL-3.0-or-later
import { spawn } from "node:child_process";
import { access, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";

import { anvil } from "../../deploy/index.ts";
import { PROJECT_FOLDER } from "./chain.ts";
import { CliError } from "./errors.ts";
import { note } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";

interface AnvilArguments {
  readonly port: number;
  readonly state: string | undefined;
}

/** The binary that npm installs on Linux x86-64; undefined elsewhere. */
export async function anvilBinary(): Promise<string | undefined> {
  try {
    const manifest = createRequire(import.meta.url).resolve("@foundry-rs/anvil-linux-amd64/package.json");
    const binary = join(dirname(manifest), "bin", "anvil");
    await access(binary);
    return binary;
  } catch {
    return undefined;
  }
}

/** What makes anvil the network `anvil`: an OP chain of its own id that keeps its state in a file. */
export function anvilArguments(port: number, state: string): string[] {
  return [
    ...["--optimism", "--chain-id", anvil.chainId.toString(), "--port", port.toString()],
    ...["--state", state, "--state-interval", "5", "--preserve-historical-states"],
  ];
}

/** `jeton anvil`: runs until it is interrupted. */
export async function runAnvil(args: AnvilArguments): Promise<Outcome> {
  const binary = await anvilBinary();
  if (binary === undefined) {
    throw new CliError(
      "PROGRAM_MISSING",
      `npm has no anvil for this system: install Foundry (https://getfoundry.sh) and run "anvil ${anvilArguments(args.port, "FILE").join(" ")}"`,
    );
  }
  const state = resolve(args.state ?? join(PROJECT_FOLDER, "cache", "anvil.json"));
  await mkdir(dirname(state), { recursive: true });
  note(`the chain is kept in ${state}; deploy to it with: npx jeton deploy --network anvil`);
  const child = spawn(binary, anvilArguments(args.port, state), { stdio: "inherit" });
  // An interrupt reaches anvil too, which then writes its state: wait for it.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  const code = await new Promise<number | null>((done) => child.on("exit", done));
  return { exitCode: code ?? 0, state };
}

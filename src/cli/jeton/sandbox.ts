// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton sandbox`: a provider with everything below it, on this machine, until it is interrupted. */
import { Command } from "commander";

import { note } from "../outcome.ts";
import type { Outcome } from "../outcome.ts";
import { jsonOption, saying } from "./action.ts";
import { teaching } from "./help.ts";
import { interrupted } from "./interrupted.ts";
import { portNumber } from "./ports.ts";

interface SandboxArguments {
  readonly port: string;
  readonly chainPort: string;
  readonly pause: string;
  readonly dir?: string;
  readonly json: boolean;
}

async function runSandbox({ port, chainPort, pause, dir, json }: SandboxArguments): Promise<Outcome> {
  const [{ SandboxPlace }, { startSandbox }] = await Promise.all([
    import("./sandbox/place.ts"),
    import("./sandbox/run.ts"),
  ]);
  const place = new SandboxPlace(dir);
  const options = {
    port: portNumber(port, "--port"),
    chainPort: portNumber(chainPort, "--chain-port"),
    pauseMilliseconds: portNumber(pause, "--pause"),
  };
  const sandbox = await startSandbox({ place, ...options, say: note });
  const { note: where } = sandbox;
  if (json) process.stdout.write(`${JSON.stringify(where)}\n`);
  note(`
The sandbox runs. Nothing in it is worth anything: its keys are public, and it is gone when it ends (Ctrl-C).

  gateway  ${where.gateway}
  pool     ${where.pool}
  chain    ${where.rpcUrl} (chain id ${where.chainId})

Next, in another terminal:

  npx jeton wallet proxy --sandbox${dir === undefined ? "" : ` ${dir}`}
`);
  await interrupted(note);
  await sandbox.close();
  return { ended: "sandbox" };
}

export const sandboxCommand = (): Command =>
  teaching(
    new Command("sandbox")
      .description("run everything on this machine, with play money: a chain, a pool, a model and a gateway")
      .option("--port <port>", "of the gateway; 0: any that is free", "8401")
      .option("--chain-port <port>", "of the chain's endpoint; 0: any that is free", "0")
      .option("--pause <milliseconds>", "between the model's tokens", "20")
      .option("--dir <folder>", 'where it keeps its files; "sandbox" in the wallet\'s folder otherwise')
      .addOption(jsonOption())
      .action(saying(runSandbox)),
    {
      about:
        "Runs until it is interrupted; then nothing of it is left. Its keys are public, and nothing in it is worth anything.",
      examples: ["sandbox", "wallet proxy --sandbox # in another terminal: a wallet that pays in it"],
    },
  );

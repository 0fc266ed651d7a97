// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton serve`: a provider's gateway, until it is interrupted. */
import { Command } from "commander";

import { note } from "../outcome.ts";
import type { Outcome } from "../outcome.ts";
import { jsonOption, saying } from "./action.ts";
import { teaching } from "./help.ts";
import { interrupted } from "./interrupted.ts";

interface ServeArguments {
  readonly config: string;
  readonly check?: boolean;
}

async function serve({ config: file, check = false }: ServeArguments): Promise<Outcome> {
  const { readServeConfig } = await import("./serve-config.ts");
  const { openProvider } = await import("./serve-options.ts");
  const { checkProvider, startProvider } = await import("../../gateway/index.ts");
  const log = (entry: object): void => note(JSON.stringify({ at: new Date().toISOString(), ...entry }));
  const { options, close } = await openProvider(await readServeConfig(file), log, note);
  try {
    const { client, host, port } = options;
    const of = { pool: client.pool.address, chainId: client.chainId, provider: client.parameters.provider };
    if (check) {
      await checkProvider(options);
      return { checked: true, ...of, listen: `${host ?? ""}:${port ?? ""}` };
    }
    const running = await startProvider(options);
    await interrupted(note);
    await running.close();
    return { served: running.url, ...of };
  } finally {
    await close();
  }
}

export const serveCommand = (): Command =>
  teaching(
    new Command("serve")
      .description("run a provider's gateway: its service, sold for tickets of its pool")
      .requiredOption("--config <file>", "the gateway's settings, in JSON")
      .option("--check", "look at chain, keys, store and terms, and end")
      .addOption(jsonOption())
      .action(saying(serve)),
    {
      about:
        "Runs until it is interrupted, and finishes the calls that are under way. Settings, metrics and limits are in docs/gateway.md, what to do when something goes wrong in docs/operating.md.",
      examples: ["serve --config gateway.json --check", "serve --config gateway.json"],
    },
  );

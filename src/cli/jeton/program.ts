// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton`: the program that providers and users run. */
import { Command } from "commander";

import { auditCommand } from "./audit.ts";
import { ceremonyCommand } from "./ceremony.ts";
import { modelCommand } from "./model.ts";
import { termsCommand } from "./terms.ts";
import { sandboxCommand } from "./sandbox.ts";
import { serveCommand } from "./serve.ts";
import { simulateCommand } from "./simulate.ts";
import { storeCommand } from "./store.ts";
import { walletCommand } from "./wallet.ts";
import { watchCommand } from "./watch.ts";

/** Each file adds one command, and loads what it works with when it runs. */
const COMMANDS: readonly (() => Command)[] = [
  modelCommand,
  termsCommand,
  serveCommand,
  sandboxCommand,
  walletCommand,
  auditCommand,
  watchCommand,
  ceremonyCommand,
  storeCommand,
  simulateCommand,
];

/** A new one at each call. */
export function jetonProgram(): Command {
  const program = new Command("jeton")
    .description("Anonymous prepaid API credits, settled on an Ethereum L2")
    .showHelpAfterError("(add --help for the options)")
    .helpCommand(false);
  for (const command of COMMANDS) program.addCommand(command());
  return program;
}

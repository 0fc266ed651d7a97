// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton`: everything that providers, users and anyone else do, in one program. */
import { Command } from "commander";

import { auditCommand } from "./audit.ts";
import { ceremonyCommand } from "./ceremony.ts";
import { completionCommand } from "./completion.ts";
import { plainHelp, teaching } from "./help.ts";
import { keystoreCommand } from "./keystore.ts";
import { modelCommand } from "./model.ts";
import { operationCommands } from "./operations.ts";
import { sandboxCommand } from "./sandbox.ts";
import { serveCommand } from "./serve.ts";
import { simulateCommand } from "./simulate.ts";
import { storeCommand } from "./store.ts";
import { termsCommand } from "./terms.ts";
import { walletCommand } from "./wallet.ts";
import { watchCommand } from "./watch.ts";

/** Each file adds one command, and loads what it works with when it runs. The heading is where `jeton --help` lists it. */
const COMMANDS: readonly (readonly [heading: string, command: () => Command])[] = [
  ["Users:", walletCommand],
  ["Operators:", serveCommand],
  ["Operators:", termsCommand],
  ["Operators:", storeCommand],
  ["Operators:", ceremonyCommand],
  ["Anyone:", auditCommand],
  ["Anyone:", watchCommand],
  ["Operators:", simulateCommand],
  ["Anyone:", sandboxCommand],
  ["Anyone:", modelCommand],
  ["Anyone:", keystoreCommand],
];

/** What a command ends with. */
export const EXIT_CODES =
  '0 it is done; 1 it was refused, or failed, and the last line says why; 2 the command line was wrong; 3 it was done, and what it looked at is not as it should be (audit, watch, pool info, pool verify). With --json a refusal is one JSON object on stdout, {"error": {"code", "reason", "message"}}; progress is always on stderr.';

const ABOUT = `A key is never an argument. It is in an encrypted file (--keystore, JETON_KEYSTORE; the password in JETON_KEYSTORE_PASSWORD or asked for), or in DEPLOYER_PRIVATE_KEY; local networks use development accounts. --dry-run shows everything and sends nothing.

In the project's folder it is typed as "npx jeton"; after "npm link", as "jeton" anywhere. Each command has a --help of its own; docs/cli.md lists them all.`;

/** Usage errors end with 2 everywhere, and say where help is. */
function settleUsage(command: Command): void {
  plainHelp(command).showHelpAfterError("(add --help for the options)");
  command.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  for (const each of command.commands) settleUsage(each);
}

/** A new one at each call. */
export function jetonProgram(): Command {
  const program = new Command("jeton")
    .description("Anonymous prepaid API credits, settled on an Ethereum L2")
    .helpCommand(false);
  for (const [heading, make] of COMMANDS) program.addCommand(make().helpGroup(heading));
  for (const command of operationCommands()) program.addCommand(command);
  program.addCommand(completionCommand(() => jetonProgram()).helpGroup("Anyone:"));
  teaching(program, {
    about: ABOUT,
    examples: ["sandbox # everything, on this machine", "pool verify --network base", "wallet status --help"],
    exitCodes: EXIT_CODES,
  });
  settleUsage(program);
  return program;
}

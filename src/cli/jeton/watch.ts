// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton watch`: follows pools and their providers' feeds, and claims what cheaters lose, until it is interrupted. */
import { Command, Option } from "commander";

import { FOUND_WRONG, note } from "../outcome.ts";
import type { Outcome } from "../outcome.ts";
import { jsonOption, saying } from "./action.ts";
import { withPoolOptions } from "./chain-options.ts";
import { teaching } from "./help.ts";
import type { Teaching } from "./help.ts";
import { interrupted } from "./interrupted.ts";
import type { WatchConfig } from "./watch-config.ts";
import type { WatchFlags } from "./watch-flags.ts";

interface WatchArguments extends WatchFlags {
  readonly config?: string;
  readonly once: boolean;
  readonly status: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
}

type Entry = Readonly<Record<string, string | number | boolean | undefined>>;

async function configOf(args: WatchArguments): Promise<WatchConfig> {
  if (args.config === undefined) return (await import("./watch-flags.ts")).configOfFlags(args);
  return (await import("./watch-config.ts")).WatchConfig.read(args.config);
}

/** One line for people: what happened, and the rest as it comes. */
function lineOf({ level, event, ...rest }: Entry): string {
  const details = Object.entries(rest).filter(([, value]) => value !== undefined);
  return `${new Date().toISOString()} ${level} ${event} ${details.map(([name, value]) => `${name}=${value}`).join(" ")}`;
}

async function watch(args: WatchArguments): Promise<Outcome> {
  const config = await configOf(args);
  if (args.status) {
    const { statusOutcome } = await import("./watch-status.ts");
    return statusOutcome(config, args.json);
  }
  const { openWatcher } = await import("./watch-options.ts");
  const { serveWatcher } = await import("../../watcher/index.ts");
  const log = (entry: Entry): void =>
    note(args.json ? JSON.stringify({ at: new Date().toISOString(), ...entry }) : lineOf(entry));
  const modes = { isDry: args.dryRun, isHasty: args.once };
  const opened = await openWatcher(config, log, note, modes);
  const { watcher, store, clock } = opened;
  try {
    if (args.once) {
      const { failed, alarms } = await watcher.once();
      const parts = Object.entries(failed).flatMap(([pool, names]) => names.map((name) => `${pool}: ${name}`));
      if (alarms.length > 0) process.exitCode = FOUND_WRONG;
      else if (parts.length > 0) process.exitCode = 1;
      return { failed: parts, alarms: alarms.map(({ scope, code, message }) => `${code} ${scope}: ${message}`) };
    }
    const { listen } = config.settings;
    const server = listen === undefined ? undefined : await serveWatcher({ store, watcher, now: clock }, listen);
    log({ level: "info", event: "started", pools: config.settings.pools.length, listen: server?.url });
    const stop = new AbortController();
    const following = watcher.follow(stop.signal);
    await interrupted(note);
    stop.abort();
    await following;
    await server?.close();
    log({ level: "info", event: "stopped" });
    return { watched: config.settings.pools.length };
  } finally {
    await opened.close();
  }
}

const HELP: Teaching = {
  about:
    "Watches the chain and the public feeds of the providers' gateways. Two messages on one ticket, or a ticket that was used and that a close says was not, give the cheater's secret: the watcher proves it and claims the bounty, for a part of what the bounty is worth and never for more. It remembers everything in one file, and goes on from there whenever it is started. The settings, the alarms and what a watcher can and cannot see are in docs/watching.md.",
  examples: [
    "watch --config watcher.json # until it is interrupted",
    "watch --config watcher.json --once # one look, for cron",
    "watch --config watcher.json --status # where it stands; it may run meanwhile",
    "watch --network base --pool 0x… --feed https://gateway.example --dry-run",
  ],
  exitCodes: "0 nothing is wrong; 1 it failed; 2 the command line was wrong; 3 (--once) an alarm is raised.",
};

export const watchCommand = (): Command =>
  teaching(
    withPoolOptions(new Command("watch"))
      .description("catch cheaters: follow pools and their providers' public feeds, and claim the bounties")
      .addOption(
        new Option("--config <file>", "the watcher's settings, in JSON; the options below are for one pool without it"),
      )
      .option("--feed <url...>", "a gateway of the pool's provider")
      .option("--from-block <number>", "the block in which the pool was created")
      .option("--allow-insecure", "allow plain HTTP to a gateway on another machine")
      .option("--store <file>", "the watcher's file (default: watcher.sqlite)")
      .option("--signer-env <variable>", "the variable with the private key that pays for the gas")
      .option("--keystore <file>", "its encrypted keystore instead, with --password-env")
      .option("--password-env <variable>", "the variable with the keystore's password")
      .option("--price <coins>", "what one whole token is worth in the chain's coin, such as 0.0004")
      .option("--cost-percent <number>", "the most that a claim may cost, of its bounty's worth (default: 50)")
      .option("--recipient <address>", "who gets the bounties (default: the signer)")
      .option("--webhook-env <variable>", "the variable with a URL that alarms are sent to")
      .option("--once", "look once, and end", false)
      .option("--status", "show where the watcher stands, and end", false)
      .option("--dry-run", "find and report, and send nothing", false)
      .addOption(jsonOption())
      .action(saying(watch)),
    HELP,
  );

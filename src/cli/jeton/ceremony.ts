// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton ceremony …`: a set-up of several parties, with files only, and the keys that come of it. */
import { Command, Option } from "commander";

import type { Outcome } from "../outcome.ts";
import { jsonOption, saying } from "./action.ts";
import { teaching } from "./help.ts";

const runs = <O>(load: () => Promise<(options: O) => Promise<Outcome>>): ((options: O) => Promise<void>) =>
  saying(async (options: O) => (await load())(options));

const steps = () => import("./ceremony/steps.ts");

const collect = (value: string, all: readonly string[] | undefined): readonly string[] => [...(all ?? []), value];

const command = (name: string, description: string, ...examples: string[]): Command =>
  teaching(new Command(name).description(description).addOption(jsonOption()), { examples });

const phase1 = (to: Command): Command =>
  to
    .requiredOption("--ptau <file>", "phase 1, prepared: powersOfTau28_hez_final_15.ptau; its hash is checked first")
    .option("--ptau-sha256 <hex>", "SHA-256 of another phase 1, which you checked by yourself");

const published = (): Option =>
  new Option("--published <file>", "an attestation that a party published; again for each").argParser(collect);

const PTAU = "--ptau powersOfTau28_hez_final_15.ptau";

const COMMANDS = (): Command[] => [
  phase1(
    command(
      "start",
      "coordinator: announce a ceremony and write round 0",
      `ceremony start ${PTAU} --at 2027-03-01T12:00:00Z --to round-0`,
    ),
  )
    .requiredOption("--to <folder>", "a new folder for the round")
    .requiredOption("--at <time>", "when the ceremony ends: the beacon is the first at this time or later")
    .addOption(new Option("--beacon <source>", "where it comes from").choices(["drand", "ethereum"]).default("drand"))
    .action(runs(async () => (await steps()).start)),
  command(
    "contribute",
    "each party: add secrets to the round that you were given; run it again after a crash",
    'ceremony contribute --from round-0 --to round-1 --name "Alice" --on HEAD',
  )
    .requiredOption("--from <folder>", "the round that you were given")
    .requiredOption("--to <folder>", "a new folder for your round")
    .requiredOption("--name <name>", "who you are: letters, digits, spaces")
    .option("--on <head>", "the head that was announced for the round that you were given")
    .action(runs(async () => (await steps()).contributeTo)),
  command(
    "sign",
    "each party: put an Ethereum account's signature beside your attestation",
    "ceremony sign --round round-1 --signer 0x… --signature 0x…",
  )
    .requiredOption("--round <folder>", "your round")
    .requiredOption("--signer <address>", "the account that you are known by")
    .requiredOption("--signature <hex>", "its signature of attestation.txt, as wallets sign messages (EIP-191)")
    .action(runs(async () => (await steps()).sign)),
  phase1(
    command(
      "verify",
      "anybody: verify a round, or keys by their transcript, down to circuits and phase 1",
      `ceremony verify --round round-2 --after round-1 --published alice.json ${PTAU}`,
      `ceremony verify --transcript circuits/keys/transcript.json ${PTAU}`,
    ),
  )
    .option("--round <folder>", "a round")
    .option("--transcript <file>", "the transcript beside the keys")
    .option("--head <head>", "the head that was announced for the round")
    .option("--after <folder>", "the round before: this one must be that with one contribution more")
    .addOption(published())
    .action(runs(async () => (await steps()).verify)),
  phase1(
    command(
      "finalize",
      "coordinator: end the ceremony with the announced beacon, and write keys, verifiers and transcript",
      `ceremony finalize --from round-7 --to final --beacon HEX --published alice.json ${PTAU}`,
    ),
  )
    .requiredOption("--from <folder>", "the last round")
    .requiredOption("--to <folder>", "a new folder for what comes of it")
    .requiredOption("--beacon <hex>", "drand: the round's signature; ethereum: the block's prevRandao")
    .addOption(published())
    .action(runs(async () => (await steps()).finalizeTo)),
  command(
    "transcript",
    "show who took part, and what is left to check by hand; nothing is verified but the chain of attestations",
    "ceremony transcript --transcript circuits/keys/transcript.json",
  )
    .option("--round <folder>", "a round")
    .option("--transcript <file>", "the transcript of a ceremony that has ended")
    .action(runs(async () => (await steps()).transcript)),
  phase1(
    command(
      "install",
      "verify what finalize wrote, and replace keys, verifiers and manifest by it in one step",
      `ceremony install --from final ${PTAU}`,
    ),
  )
    .requiredOption("--from <folder>", "the folder that finalize wrote")
    .action(runs(async () => (await steps()).installFrom)),
];

export function ceremonyCommand(): Command {
  const all = teaching(
    new Command("ceremony")
      .description("replace the development keys: a set-up of several parties, with files only")
      .helpCommand(false),
    {
      about: `Proofs are worth what the keys are worth. One party that forgets its secret is enough; docs/trusted-setup.md is the manual.

  1. The coordinator starts, and announces the ceremony's hash: it names the beacon, a drand round or an Ethereum slot of the future.
  2. Each party in turn takes the round before, verifies it, contributes, publishes its attestation, and hands its round on.
  3. When the beacon is out, the coordinator finalizes. Anybody verifies the transcript with one command.
  4. Install puts keys, verifiers and manifest into their places; "npm run check" holds them against circuits and contracts.`,
      examples: [
        `ceremony start ${PTAU} --at 2027-03-01T12:00:00Z --to round-0`,
        `ceremony verify --transcript circuits/keys/transcript.json ${PTAU}`,
      ],
    },
  );
  for (const one of COMMANDS()) all.addCommand(one);
  return all;
}

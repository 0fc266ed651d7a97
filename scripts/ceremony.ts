// SPDX-License-Identifier: GPL-3.0-or-later
/** A real set-up: phase 2 with several parties, none of whom has to trust another. docs/trusted-setup.md is the manual. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { contribute, finalize, startCeremony, verifyRound } from "./ceremony/ceremony.ts";
import type { Transcript } from "./ceremony/ceremony.ts";
import { JETON } from "./circuits/circuit-set.ts";
import { main, required } from "./circuits/cli.ts";
import type { Command, Options } from "./circuits/cli.ts";
import { toJson } from "./circuits/files.ts";
import { ceremonyPhase1 } from "./circuits/phase1.ts";
import type { Phase1 } from "./circuits/phase1.ts";
import { withThreads } from "./circuits/snarkjs.ts";

const PHASE1_OPTIONS = {
  ptau: "FILE   phase 1, prepared: powersOfTau28_hez_final_15.ptau, or another one",
  "ptau-sha256": "HEX   SHA-256 of another phase 1, which you checked by yourself",
} as const;

const phase1Of = (options: Options): Promise<Phase1> =>
  ceremonyPhase1(required(options, "ptau"), options["ptau-sha256"]);

function show(transcript: Transcript): void {
  for (const [statement, contributions] of Object.entries(transcript)) {
    console.log(`${statement}: ${contributions.length} contribution(s)`);
    for (const { name, hash, beacon } of contributions) {
      const origin = beacon === undefined ? "" : `  beacon ${beacon.value}, 2^${beacon.iterationsExponent} times`;
      console.log(`  ${hash}  ${name}${origin}`);
    }
  }
}

const commands: Readonly<Record<string, Command>> = {
  start: {
    summary: "coordinator: write round 0 from the circuits and phase 1",
    options: { ...PHASE1_OPTIONS, to: "DIR   new folder for the round" },
    async run(options, _flags, log) {
      const to = required(options, "to");
      await withThreads(async () => startCeremony(JETON, await phase1Of(options), to, log));
      console.log(`wrote ${to}: give it to the first contributor`);
    },
  },
  contribute: {
    summary: "each party: add a secret to the round you were given, and publish the hashes",
    options: { from: "DIR   round you were given", to: "DIR   new folder for your round", name: "NAME   who you are" },
    async run(options, _flags, log) {
      const [from, to, name] = [required(options, "from"), required(options, "to"), required(options, "name")];
      const hashes = await withThreads(() => contribute(JETON, from, to, name, log));
      await writeFile(join(to, "attestation.json"), toJson({ name, contributions: hashes }));
      console.log(toJson({ name, contributions: hashes }).trimEnd());
      console.log(`wrote ${to}: publish attestation.json, signed, and give the folder to the next party`);
    },
  },
  verify: {
    summary: "anybody: check a round against circuits and phase 1, and list its contributions",
    options: { from: "DIR   round to check", ...PHASE1_OPTIONS },
    async run(options, _flags, log) {
      const from = required(options, "from");
      show(await withThreads(async () => verifyRound(JETON, from, await phase1Of(options), log)));
      console.log("every contribution checks; compare the hashes with those that the parties published");
    },
  },
  finalize: {
    summary: "coordinator: verify the last round, add the public beacon, write circuits/keys and verifiers",
    options: {
      from: "DIR   last round",
      ...PHASE1_OPTIONS,
      beacon: "HEX   public randomness that was announced, and unknown, before the last contribution",
      iterations: "N   the beacon is hashed 2^N times",
    },
    async run(options, _flags, log) {
      const from = required(options, "from");
      const beacon = {
        name: "jeton final beacon",
        value: required(options, "beacon"),
        iterationsExponent: Number(required(options, "iterations")),
      };
      const manifest = await withThreads(async () => finalize(JETON, from, await phase1Of(options), beacon, log));
      show(Object.fromEntries(Object.entries(manifest.statements).map(([name, entry]) => [name, entry.contributions])));
      console.log("wrote circuits/keys and contracts/verifiers: publish them with every round's folder");
    },
  },
};

await main("ceremony", "A multi-party set-up, phase 2. See docs/trusted-setup.md.", commands);

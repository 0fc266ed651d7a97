// SPDX-License-Identifier: GPL-3.0-or-later
/** Compiles the circuits, makes the development keys and checks that keys, verifiers and circuits fit together. */
import { join } from "node:path";

import {
  developmentPhase1,
  developmentProblems,
  JETON,
  keyProblems,
  measure,
  withDevelopmentKeys,
  withThreads,
  writeKeySet,
} from "../src/circuits/index.ts";
import { installationProblems, transcriptProblems } from "../src/ceremony/index.ts";
import { main, UsageError } from "./circuits/cli.ts";
import type { Command } from "./circuits/cli.ts";
import { BUDGETS, snapshotProblems, writeSnapshots } from "./circuits/snapshot.ts";

function assertNone(problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(`${problems.length} problem(s)\n  ${problems.join("\n  ")}`);
}

const commands: Readonly<Record<string, Command>> = {
  compile: {
    summary: "compile all circuits into build/circuits and show their sizes",
    async run() {
      for (const { circuit, constraints, publicSignals } of await measure(JETON)) {
        const { statement } = circuit;
        const budget = `of ${BUDGETS[statement] ?? 0}`;
        console.log(
          `${statement.padEnd(8)} ${String(constraints).padStart(6)} ${budget.padEnd(9)} ${publicSignals.join(", ")}`,
        );
      }
    },
  },
  snapshot: {
    summary: "write snapshots/constraints.json and snapshots/public-signals.json",
    async run() {
      console.log(`wrote ${(await writeSnapshots(await measure(JETON))).join(", ")}`);
    },
  },
  keys: {
    summary: "make the development keys, verifiers and manifest (minutes; with phase 1, half an hour more)",
    options: { ptau: "FILE   the development phase 1; made in build/ when there is none" },
    async run({ ptau }, _flags, log) {
      await withThreads(async () => {
        const phase1 = await developmentPhase1(ptau, join(JETON.build, "development.ptau"), log);
        await withDevelopmentKeys(JETON, phase1, log, (keys) => writeKeySet(JETON, "development", phase1, keys));
      });
      log("wrote circuits/keys and contracts/verifiers");
    },
  },
  check: {
    summary: "recompile the circuits and compare them with keys, verifiers, manifest, snapshots and budgets",
    flags: { full: "also make the development proving keys again, bit by bit" },
    options: { ptau: "FILE   the development phase 1, needed with --full" },
    async run({ ptau }, flags, log) {
      if (flags.has("full") && ptau === undefined) throw new UsageError("--full needs --ptau");
      await withThreads(async () => {
        const measured = await measure(JETON);
        assertNone([
          ...(await snapshotProblems(JETON, measured)),
          ...(await keyProblems(JETON, measured)),
          ...(await transcriptProblems(JETON)),
          ...(await installationProblems(JETON)),
        ]);
        if (flags.has("full") && ptau !== undefined) assertNone(await developmentProblems(JETON, ptau, log));
      });
      console.log("circuits, snapshots, keys, verifiers and manifest agree");
    },
  },
};

await main("circuits", "Circuits and their development keys. Real keys come from `npx jeton ceremony`.", commands);

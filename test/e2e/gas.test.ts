// SPDX-License-Identifier: GPL-3.0-or-later
import { readFile } from "node:fs/promises";

import { expect } from "chai";
import hre from "hardhat";

import { budgetProblems, snapshotProblems } from "../../scripts/bench/gas-report.ts";
import type { GasReport } from "../../scripts/bench/gas-report.ts";
import { measureGas } from "../../scripts/bench/gas.ts";
import { Prover } from "../../src/prover/index.ts";

describe("Gas", function () {
  this.timeout(600_000);
  let report: GasReport;

  before(async function () {
    // Instrumented contracts cost more gas.
    if (hre.globalOptions.coverage) return this.skip();
    const prover = await Prover.create();
    try {
      report = await measureGas(prover);
    } finally {
      await prover.close();
    }
  });

  it("stays within the budget of every verb, in its worst honest case", () => {
    expect(budgetProblems(report)).to.deep.equal([]);
  });

  it("is what snapshots/gas.json says, but for the random bytes of proofs", async () => {
    const committed: unknown = JSON.parse(await readFile(new URL("../../snapshots/gas.json", import.meta.url), "utf8"));
    expect(
      snapshotProblems(report, committed as GasReport),
      "after a deliberate change: npm run bench -- --only gas --write",
    ).to.deep.equal([]);
  });

  it("does not depend on how many accounts there are, but for deposits", () => {
    const { startCloseAt, slashAt, finalizeCloseAt } = report;
    for (const [name, at] of Object.entries({ startCloseAt, slashAt, finalizeCloseAt })) {
      expect(at["1000"], name).to.be.closeTo(at["100"], 120);
    }
  });
});

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The second campaign of the assurance case: random sequences of calls by many actors, honest and hostile, with time travel, on a real pool
 * with the real verifiers and real proofs. Every call must end as books say that are kept apart from the code under test (campaign/ghost), and
 * everything that the chain says is held against them after it. Each run ends with everybody leaving, and with P-03 to P-06 counted in tokens.
 *
 * JETON_DEEP=1 makes it long, JETON_CAMPAIGN_SEED gives other sequences, JETON_VERBOSE=1 shows the numbers.
 *
 * JETON_CAMPAIGN_VERIFIER=model puts a model in the place of the verifiers: a proof is then the hash of the public signals, given to
 * claims that are true. It is there for `npm run mutants` alone, which changes one line of a contract at a time and expects this campaign to
 * notice; no result with it says anything about proofs, and no other command sets it.
 */
import { expect } from "chai";

import { isDeep, recordFigures } from "../../scripts/support/figures.ts";
import type { Figures } from "../../scripts/support/figures.ts";
import { runCampaign } from "./campaign/campaign.ts";
import { Fault } from "./campaign/fault.ts";
import type { CampaignOptions, CampaignReport } from "./campaign/campaign.ts";

const isModel = process.env["JETON_CAMPAIGN_VERIFIER"] === "model";
if (isModel && process.env["npm_lifecycle_event"] === "test") {
  throw new Error("JETON_CAMPAIGN_VERIFIER=model is for planted bugs alone: npm test proves and verifies");
}
const isVerbose = process.env["JETON_VERBOSE"] === "1" || isDeep();
const DEFAULT_SEED = 20_260;

function budget(): Pick<CampaignOptions, "verifier" | "runs" | "commands"> {
  if (isModel) return { verifier: "model", runs: 45, commands: 40 };
  if (isDeep()) return { verifier: "real", runs: 5, commands: 50 };
  return { verifier: "real", runs: 1, commands: 30 };
}

function seed(): number {
  const text = process.env["JETON_CAMPAIGN_SEED"] ?? String(DEFAULT_SEED);
  if (!/^\d{1,9}$/.test(text))
    throw new Error(`JETON_CAMPAIGN_SEED is a number of up to nine digits, and not "${text}"`);
  return Number(text);
}

const faultsOf = ({ fault }: CampaignReport): number => (fault === undefined ? 0 : 1);

function figuresOf(report: CampaignReport): Figures {
  const { runs, commands, calls, refused, proofs, byEnd } = report;
  return {
    seed: report.seed,
    runs,
    commands,
    calls,
    "calls that had to be refused, and were": refused,
    proofs,
    ...byEnd,
    faults: faultsOf(report),
  };
}

function show(report: CampaignReport): void {
  const { byKind, byCall, byRefusal, byProof, byEnd, fault: _, ...totals } = report;
  console.table({ ...totals, verifier: budget().verifier, faults: faultsOf(report) });
  for (const counts of [byKind, byCall, byRefusal, byProof, byEnd]) console.table(counts);
}

describe("A campaign of random calls on a real pool", function () {
  this.timeout(isDeep() ? 7_200_000 : 600_000);

  it("ends every call as the books say, pays honest users and providers in full, and lets no cheater gain", async () => {
    const report = await runCampaign({ ...budget(), seed: seed(), ...(isVerbose ? { note: console.log } : {}) });
    if (isVerbose) show(report);
    if (!isModel) recordFigures("campaign", figuresOf(report));
    if (report.fault !== undefined) throw new Fault(report.fault);
    expect(report.runs).to.equal(budget().runs);
  });
});

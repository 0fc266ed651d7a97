// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A gateway and a wallet as separate processes over HTTP, against a local L2, and `kill -9` of either at every step of a call
 * (processes/points.ts): then nothing is lost. JETON_DEEP=1 makes it long, JETON_CRASH_KILLS gives another number of kills, JETON_CRASH_SEED
 * the same ones again, JETON_VERBOSE=1 shows them.
 */
import { expect } from "chai";

import { isDeep, recordFigures } from "../../scripts/support/figures.ts";
import { runCrashes } from "./processes/campaign.ts";
import type { CrashReport } from "./processes/campaign.ts";
import { ALL_POINTS } from "./processes/points.ts";
import type { Kill, Side } from "./processes/points.ts";
import { World } from "./processes/world.ts";

const isVerbose = process.env["JETON_VERBOSE"] === "1" || isDeep();
const SEED_VARIABLE = "JETON_CRASH_SEED";

const KILLS_VARIABLE = "JETON_CRASH_KILLS";

function variable(name: string, otherwise: number): number {
  const text = process.env[name] ?? `${otherwise}`;
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${name} is a number of up to nine digits, and not "${text}"`);
  return Number(text);
}

/** Another one at each run: which points are tried, and when the kills from outside come, is chance's. */
const seed = (): number => variable(SEED_VARIABLE, Date.now() % 1_000_000_000);

/** None that can be chosen: each run has accounts of its own. */
const PLANTED_SEEDS = { gateway: 1_000_000_001, wallet: 1_000_000_002 };

const budget = isDeep()
  ? { kills: variable(KILLS_VARIABLE, 200), accounts: 4, foldsAll: true }
  : { kills: variable(KILLS_VARIABLE, 20), accounts: 2 };

function point(side: Side, name: string): Kill {
  const found = ALL_POINTS.find((kill) => kill.side === side && kill.point === name);
  if (found === undefined) throw new Error(`there is no point "${name}"`);
  return found;
}

const deathsIn = ({ deaths }: CrashReport): number => [...deaths.values()].reduce((sum, count) => sum + count, 0);

describe("A gateway and a wallet that are killed", function () {
  this.timeout(isDeep() ? 7_200_000 : 900_000);
  let world: World;
  before(async () => {
    world = await World.build();
  });
  after(() => world.close());

  it("lose nothing and charge nothing twice, wherever either of them dies", async () => {
    const chosen = seed();
    if (isVerbose) console.log(`${SEED_VARIABLE}=${chosen}`);
    const report = await runCrashes(world, { ...budget, seed: chosen, ...(isVerbose ? { note: console.log } : {}) });
    const { deaths, findings, missed, lastWords, charged, ...counts } = report;
    const figures = { seed: chosen, kills: deathsIn(report), ...counts, charged: charged.toString() };
    if (isVerbose) console.table({ ...Object.fromEntries(deaths), ...figures });
    recordFigures("crashes", { ...figures, "points reached": deaths.size, findings: findings.length });
    expect(findings, `${SEED_VARIABLE}=${chosen}\n${lastWords}`).to.deep.equal([]);
    expect(missed, `points that were never reached, ${SEED_VARIABLE}=${chosen}`).to.deep.equal([]);
    expect(deathsIn(report)).to.be.at.least(budget.kills);
  });

  it("are found out when the gateway answers before it has recorded the call", async () => {
    const points = [point("gateway", "answer written")];
    const { findings, missed } = await runCrashes(world, {
      seed: PLANTED_SEEDS.gateway,
      kills: 1,
      accounts: 1,
      points,
      planted: "hasty gateway",
    });
    expect(missed).to.deep.equal([]);
    expect(findings).to.include("the gateway has ticket 0 of account 0 as open, not as ended");
    expect(findings).to.include("call c1 was served, and the gateway has no answer of it");
    expect(findings.filter((finding) => finding.startsWith("the owner got another answer"))).to.have.length(1);
  });

  it("are found out when the wallet sends a request before it has stored it", async () => {
    const points = [point("wallet", "request sent")];
    const { findings, missed } = await runCrashes(world, {
      seed: PLANTED_SEEDS.wallet,
      kills: 1,
      accounts: 1,
      points,
      planted: "forgetful wallet",
    });
    expect(missed).to.deep.equal([]);
    expect(findings).to.include("the wallet has no refund of ticket 0 of account 0: it is open");
    expect(findings.filter((finding) => finding.startsWith("not taken up after a crash: ticket 0"))).to.have.length(1);
  });
});

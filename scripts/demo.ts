// SPDX-License-Identifier: GPL-3.0-or-later
/** The main job: a provider sells JSON-RPC calls on a local L2, to users that it cannot tell apart, with real proofs. */
import { BURN_ADDRESS, balances, checkPayouts, checkSolvency } from "./demo/ledger.ts";
import { checkOffenders, checkRevenue, checkUnlinkable } from "./demo/invariants.ts";
import { ALLOWANCE, castOf } from "./demo/cast.ts";
import { DemoFailure, Report, dollars, expectEqual } from "./demo/report.ts";
import { Stage } from "./demo/stage.ts";
import * as court from "./demo/court.ts";
import * as story from "./demo/story.ts";

const HELP = `npm run demo [-- --json]

Starts a local L2 in this process, deploys Jeton, and plays a provider that sells JSON-RPC calls on that chain: deposits, anonymous
calls with real proofs, refunds, cheaters that are caught, a provider that is taken to court, exits with and without it. About two minutes
on two cores.

  --json   print nothing but the result: steps with gas and time, balances, invariants
  --help   this text
`;

async function play(report: Report): Promise<readonly (readonly [string, bigint])[]> {
  report.act("0  A local L2, and everything on it");
  const stage = await report.step("everything is deployed", () => Stage.build((line) => report.say(line)));
  try {
    const cast = castOf(stage);
    const { token } = stage.props;
    for (const { address } of Object.values(cast.signers)) await (await token.mint(address, ALLOWANCE)).wait();
    const acts = { stage, cast, report };

    await story.deposits(acts);
    const outcome = await story.aliceCalls(acts);
    // Alice's folds build on each other, so they take one thread of the prover; the others play meanwhile.
    const folding = story.aliceFolds(acts);
    folding.catch(() => undefined);
    await story.doubleSpend(acts);
    await story.understatedClose(acts);
    await story.skippedTickets(acts);
    await story.consentedClose(acts);
    await court.withheldRefund(acts);
    await court.wrongAnswer(acts);
    await court.violation(acts);
    await court.certifiedClose(acts);
    await court.doubleFold(acts);
    await folding;
    await story.lonelyClose(acts, outcome);
    await story.settleUp(acts);

    const balance = await checkSolvency(stage);
    const { owed } = await stage.client.solvency();
    expectEqual(owed, balance, "what the pool owes");
    report.checked(
      "P-01",
      "the pool holds what it owes, to the unit, after every act",
      `${dollars(balance)} held, ${dollars(owed)} owed`,
    );
    await checkPayouts(stage, report);
    await checkOffenders(stage, cast, report);
    await checkRevenue(stage, report);
    await checkUnlinkable(stage, report);
    const people = new Map([
      ...Object.entries(cast.signers).map(([name, { address }]): [string, string] => [name, address]),
      ...Object.entries(cast.recipients).map(([name, address]): [string, string] => [
        `${name}'s fresh address`,
        address,
      ]),
      ["provider", stage.props.provider.address],
      ["burned", BURN_ADDRESS],
    ]);
    return await balances(stage, people);
  } finally {
    await stage.close();
  }
}

async function main(args: readonly string[]): Promise<void> {
  const unknown = args.find((argument) => argument !== "--json" && argument !== "--help");
  if (args.includes("--help") || unknown !== undefined) {
    console.log(unknown === undefined ? HELP : `unknown option ${unknown}\n\n${HELP}`);
    process.exitCode = unknown === undefined ? 0 : 2;
    return;
  }
  const isJson = args.includes("--json");
  const report = new Report(isJson);
  const ledger = await play(report);
  if (isJson) {
    const { steps, checks, elapsed } = report;
    const amounts = Object.fromEntries(ledger.map(([name, amount]) => [name, amount.toString()]));
    console.log(
      JSON.stringify({ steps, ledger: amounts, invariants: checks, milliseconds: Math.round(elapsed) }, null, 2),
    );
    return;
  }
  report.stepTable();
  report.table(
    "Ledger, in dollars of 1,000,000 units",
    ledger.map(([name, amount]) => [name, dollars(amount)] as const),
  );
  report.checkList();
  console.log(`\nEverything held. ${(report.elapsed / 1000).toFixed(0)} s.`);
}

main(process.argv.slice(2)).then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error instanceof DemoFailure ? `\nThe demo failed: ${error.message}` : error);
    process.exit(1);
  },
);

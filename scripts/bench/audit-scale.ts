// SPDX-License-Identifier: GPL-3.0-or-later
/** How long an audit of a long history takes, and how much memory: a synthetic one, with real proofs in some closes. */
import { parseArgs } from "node:util";

import { runAudit } from "../../src/audit/index.ts";
import { PoolClient } from "../../src/chain/index.ts";
import { Prover } from "../../src/prover/index.ts";
import { SyntheticChain } from "./audit/synthetic.ts";
import { describeMachine } from "./machine.ts";

const HELP = `npx tsx scripts/bench/audit-scale.ts [options]

Makes a history of a pool that never was, serves it as an endpoint in this process, and audits it. Prints time and memory as JSON. Endpoint and
audit share the process: the memory is that of both, and the audit waits for no network.

  --deposits N   accounts that were opened; default 100,000
  --closes N     how many of them closed; default 10,000
  --batch N      accounts that one transaction opens; default 100
  --single N     every Nth transaction opens a single account; default 10
  --proofs N     closes with a real proof, which are verified; default 8
  --help         print this
`;

const MEBIBYTE = 1_048_576;
const seconds = (milliseconds: number): number => Math.round(milliseconds / 100) / 10;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      deposits: { type: "string", default: "100000" },
      closes: { type: "string", default: "10000" },
      batch: { type: "string", default: "100" },
      single: { type: "string", default: "10" },
      proofs: { type: "string", default: "8" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const size = {
    deposits: Number(values.deposits),
    closes: Number(values.closes),
    batch: Number(values.batch),
    singleEvery: Number(values.single),
    proofs: Number(values.proofs),
  };
  const machine = describeMachine(new Date());
  const prover = await Prover.create();
  const say = (line: string): void => console.error(line);
  const began = performance.now();
  const chain = await SyntheticChain.make(size, async (input) => (await prover.prove("close", input)).proof, say);
  const made = performance.now();
  let largest = 0;
  const watch = setInterval(() => (largest = Math.max(largest, process.memoryUsage.rss())), 200);
  const before = process.memoryUsage.rss();
  const report = await runAudit({
    client: await PoolClient.connect(chain, chain.pool.address),
    verify: (statement, signals, proof) => prover.verify(statement, signals, proof),
    manifest: prover.manifest,
    fromBlock: 0,
    sample: (identityCommitment) => chain.isProved(identityCommitment),
    say,
  });
  clearInterval(watch);
  await prover.close();
  const { result, checked, accounts } = report;
  console.log(
    JSON.stringify(
      {
        machine,
        size,
        result,
        counts: report.counts,
        events: checked.events,
        roots: checked.roots,
        proofs: checked.proofs,
        accounts: accounts.opened,
        closed: accounts.closed,
        madeSeconds: seconds(made - began),
        auditSeconds: seconds(report.milliseconds),
        rssBeforeMiB: Math.round(before / MEBIBYTE),
        rssLargestMiB: Math.round(largest / MEBIBYTE),
      },
      null,
      2,
    ),
  );
  if (!result.isClean) process.exitCode = 3;
}

await main();

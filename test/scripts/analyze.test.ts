// SPDX-License-Identifier: GPL-3.0-or-later
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { CIRCOMSPECT, COMPILER, SOLHINT } from "../../scripts/analyze/accepted.ts";
import { inspect, lint } from "../../scripts/analyze/circuits.ts";
import { problemsOf } from "../../scripts/analyze/findings.ts";
import { readable } from "../../scripts/analyze/readable.ts";
import { files, prove } from "../../scripts/analyze/smt.ts";
import type { Sources } from "../../scripts/analyze/smt.ts";
import { securityRules, softened } from "../../scripts/analyze/solhint.ts";
import { INCLUDES, JETON } from "../../src/circuits/index.ts";
import type { CircuitSet } from "../../src/circuits/index.ts";

const HARNESS = "scripts/analyze/PayoutsProof.sol";
const PAYOUTS = "contracts/libraries/Payouts.sol";

/** A circuit whose gadget has `body`, which uses circomlib inside a loop if it likes. */
const circuit = (body: string): Readonly<Record<string, string>> => ({
  "planted.circom": `pragma circom 2.2.2;
include "lib/gadget.circom";
template Planted() {
    signal input a;
    signal output b;
    b <== Gadget()(a);
}
component main = Planted();
`,
  "lib/gadget.circom": `pragma circom 2.2.2;
include "poseidon.circom";
template Gadget() {
    signal input a;
    signal output b;
${body}
}
`,
});
const LOOSE = "    signal half;\n    half <-- a / 2;\n    b <== a * 2;";
const CHAIN = (loop: string): string => `    signal links[3];
    links[0] <== a;
    ${loop}
    b <== links[2];`;
const IN_A_LOOP = CHAIN(`for (var i = 1; i < 3; i++) {
        links[i] <== Poseidon(1)([links[i - 1]]);
    }`);

describe("scripts/analyze, circuits", function () {
  this.timeout(120_000);
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "jeton-analyze-"));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function planted(body: string): Promise<CircuitSet> {
    await mkdir(join(folder, "lib"), { recursive: true });
    for (const [file, text] of Object.entries(circuit(body))) await writeFile(join(folder, file), text);
    return { ...JETON, circuits: folder, includes: INCLUDES, statements: { planted: ["b"] } };
  }
  const rulesOf = (findings: readonly { readonly rule: string; readonly where: string }[]): string[] =>
    findings.map(({ rule, where }) => `${rule} ${where}`);

  it("finds nothing in a circuit without a flaw, also with calls inside a loop", async () => {
    const set = await planted(IN_A_LOOP);
    expect(await inspect(set)).to.deep.equal([]);
    expect(await lint(set)).to.deep.equal([]);
  });

  it("finds a planted signal that no constraint holds, and fails", async () => {
    const set = await planted(LOOSE);
    const compiler = await inspect(set);
    expect(rulesOf(compiler)).to.include("CA01 Gadget");
    expect(problemsOf(compiler, [])).not.to.deep.equal([]);
    const found = await lint(set);
    expect(found.some(({ where, what }) => where === "Gadget" && what.includes("half <-- a / 2"))).to.equal(true);
    expect(problemsOf(found, []).length).to.be.greaterThan(0);
  });

  it("finds it in a template that circomspect passes over because of a call inside a loop", async () => {
    const found = await lint(await planted(`    signal half;\n    half <-- a / 2;\n${IN_A_LOOP}`));
    expect(found.some(({ where, what }) => where === "Gadget" && what.includes("half <-- a / 2"))).to.equal(true);
  });

  it("says so when circomspect cannot read a template at all", async () => {
    const unreadable = CHAIN(
      "var i = 1;\n    while (i < 3) {\n        links[i] <== Poseidon(1)([links[i - 1]]);\n        i++;\n    }",
    );
    expect(rulesOf(await lint(await planted(unreadable)))).to.deep.equal(["blind Gadget"]);
  });

  it("fails when the compiler refuses a circuit", async () => {
    const found = await inspect(await planted("    b === a;\n    nothing;"));
    expect(found.length).to.be.greaterThan(0);
  });

  it("changes nothing but calls inside loops for circomspect to read a template, and keeps its lines", () => {
    const source = circuit(`${IN_A_LOOP}\n    signal one <== Poseidon(1)([a]);`)["lib/gadget.circom"] as string;
    const easier = readable(source, new Set(["Gadget"])).split("\n");
    const changed = source.split("\n").flatMap((line, at) => (line === easier[at] ? [] : [easier[at]?.trim()]));
    expect(changed).to.deep.equal(["links[i] <== (links[i - 1]);"]);
    expect(readable(source, new Set())).to.equal(source);
  });

  it("gives every accepted finding a reason, and fails for a new one and for one that is gone", () => {
    for (const accepted of [COMPILER, CIRCOMSPECT, SOLHINT]) {
      for (const { why } of accepted) expect(why.length).to.be.greaterThan(20);
      expect(problemsOf(accepted, accepted)).to.deep.equal([]);
      expect(problemsOf(accepted.slice(1), accepted)).to.have.length(1);
      expect(problemsOf(accepted, accepted.slice(1))).to.have.length(1);
    }
  });
});

describe("scripts/analyze, payouts", function () {
  this.timeout(120_000);

  /** The project's sources with one replaced. */
  const replaced =
    (path: string, text: string): Sources =>
    (asked) =>
      asked === path ? text : files(asked);
  /** The harness with only the functions whose names match, so that the solver has less to do. */
  const only = (pattern: RegExp): string =>
    (files(HARNESS) as string).replace(
      /( {4}\/\/\/ @dev[^\n]*\n)? {4}function (\w+)\([\s\S]*?\n {4}\}\n/g,
      (text, _, name: string) => (name.startsWith("_") || pattern.test(name) ? text : ""),
    );

  it("finds a planted error in the arithmetic of a close, and says where", () => {
    const cap = "            if (toProvider > account.deposit) toProvider = account.deposit;\n";
    const payouts = files(PAYOUTS) as string;
    expect(payouts).to.include(cap);
    const small = only(/^closeWithMoreRefunds$/);
    const sources: Sources = (path) => (path === HARNESS ? small : replaced(PAYOUTS, payouts.replace(cap, ""))(path));
    const { findings } = prove(sources);
    const underflow = findings.filter(({ where, what }) => where === PAYOUTS && what.startsWith("BMC: Underflow"));
    expect(underflow.map(({ what }) => what).join("\n")).to.include("account.deposit - toProvider");
    expect(problemsOf(findings, []).length).to.be.greaterThan(0);
  });

  it("finds a planted error in the split of a slash", () => {
    const payouts = (files(PAYOUTS) as string).replace("toBurn = account.stake - bounty;", "toBurn = account.stake;");
    const harness = only(/^slashOfOpenAccount$/);
    const { findings } = prove((path) => (path === HARNESS ? harness : replaced(PAYOUTS, payouts)(path)));
    expect(findings.map(({ what }) => what).join("\n")).to.include("bounty + toProvider + toBurn == Payouts.held");
  });

  it("does not take a contradiction in what is required for a proof", () => {
    const harness = only(/^slashOfOpenAccount$/).replace("require(stake > 0);", "require(stake > 0 && stake < 1);");
    const { findings } = prove(replaced(HARNESS, harness));
    expect(findings.length).to.be.greaterThan(0);
    expect(findings.some(({ rule }) => rule === "vacuous" || rule === "incomplete")).to.equal(true);
  });
});

describe("scripts/analyze, the linter's security rules", () => {
  it("are all on, but for those with a reason", async () => {
    expect((await securityRules()).length).to.be.greaterThan(15);
    expect(problemsOf(await softened(), SOLHINT)).to.deep.equal([]);
  });

  it("fail when one is turned down or left out", async () => {
    const folder = await mkdtemp(join(tmpdir(), "jeton-solhint-"));
    const rules = Object.fromEntries((await securityRules()).map((rule) => [rule, "error"]));
    await writeFile(join(folder, ".solhint.json"), JSON.stringify({ rules: { ...rules, reentrancy: "warn" } }));
    expect((await softened(folder)).map(({ rule, what }) => `${rule} ${what}`)).to.deep.equal(["reentrancy warn"]);
    delete rules["avoid-tx-origin"];
    await writeFile(join(folder, ".solhint.json"), JSON.stringify({ rules }));
    expect((await softened(folder)).map(({ rule, what }) => `${rule} ${what}`)).to.deep.equal([
      "avoid-tx-origin not set",
    ]);
    await rm(folder, { recursive: true });
  });
});

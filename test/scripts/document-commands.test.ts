// SPDX-License-Identifier: GPL-3.0-or-later
/** The commands of the documents, and of a document that has drifted. G-25. */
import { globSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import type { Command } from "commander";

import { commandLinesOf, commandProblem, documentProblems, wordsOf } from "../../scripts/support/document-commands.ts";
import { ROOT } from "../../src/circuits/index.ts";
import { jetonProgram } from "../../src/cli/jeton/program.ts";

const SCRIPTS = new Set(["check", "demo"]);

describe("scripts: commands in documents", () => {
  it("are all commands that there are, with options that there are", () => {
    const documents = ["README.md", "SECURITY.md", ...globSync("docs/*.md", { cwd: ROOT })];
    expect(documentProblems(ROOT, documents)).to.deep.equal([]);
  });

  it("are refused where a program, an option or a value is not there", () => {
    for (const [line, problem] of [
      ["npx jeton ceremny start", 'no command "ceremny"'],
      ["npx jeton ceremony begin", 'no command "begin"'],
      ["npx jeton ceremony verify --round r --ptau f --quick", "no option --quick"],
      ["npx jeton ceremony verify --round r", "--ptau is missing"],
      ["npx jeton terms hash a b", "takes 1 arguments, and not 2"],
      ["npx jeton wallet address --home", "--home takes a value"],
      ["npm run ceremony -- start", 'no script "ceremony"'],
      ["npm run check && npm run nothing", 'no script "nothing"'],
      ["JETON_HOME=x npx jeton nothing", 'no command "nothing"'],
      ["npx jeton 'wallet", "a quote is not closed"],
    ] as const)
      expect(commandProblem(line, SCRIPTS), line).to.include(problem);
  });

  it("are taught by each command's own help, where every option and argument is explained", () => {
    const helpOf = (command: Command): string => {
      let text = "";
      command.configureOutput({ writeOut: (part) => void (text += part) }).outputHelp();
      return text;
    };
    const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];
    const wrong = all(jetonProgram()).flatMap((command) => {
      const text = helpOf(command);
      const examples = [...text.matchAll(/^ {2}(jeton .*)$/gm)].map(([, line = ""]) => line);
      const unexplained = [
        ...command.options.filter(({ description }) => description === "").map(({ flags }) => flags),
        ...command.registeredArguments.filter(({ description }) => description === "").map((each) => each.name()),
      ].filter((name) => name !== "shell");
      return [
        ...examples.map((line) => commandProblem(`npx ${line.split(" > ")[0] ?? ""}`, SCRIPTS)),
        ...(command.commands.length > 0 || text.includes("\nExit codes: ") ? [] : ["no exit codes"]),
        ...unexplained.map((name) => `${name} is not explained`),
      ].flatMap((problem) => (problem === undefined ? [] : [`${command.name()}: ${problem}`]));
    });
    expect(wrong).to.deep.equal([]);
  });

  it("may leave to the reader what is marked, and call other programs", () => {
    for (const line of [
      "npx jeton ceremony verify …",
      'npx jeton ceremony contribute --from a --to b --name "Alice B" --on HEAD   # a comment',
      "npx jeton wallet --help",
      "curl http://127.0.0.1:8402/jeton | head",
      "npm run check && npm run demo",
    ])
      expect(commandProblem(line, SCRIPTS), line).to.equal(undefined);
    expect(wordsOf("a 'b c' \"d # e\" # f")).to.deep.equal(["a", "b c", "d # e"]);
  });

  it("are read from the blocks of a document, with lines that go on", async () => {
    const text =
      "```sh\nnpx jeton wallet \\\n  nothing\n```\n\n   ```sh\n   npm run check\n   ```\n\n```\nnpm run other\n```\n";
    expect(commandLinesOf(text).filter((line) => line.trim() !== "")).to.have.length(2);
    const root = await mkdtemp(join(tmpdir(), "jeton-documents-"));
    try {
      await writeFile(join(root, "package.json"), '{"scripts":{"check":""}}');
      await writeFile(join(root, "a.md"), text);
      expect(documentProblems(root, ["a.md"])).to.have.length(1);
    } finally {
      await rm(root, { recursive: true });
    }
  });
});

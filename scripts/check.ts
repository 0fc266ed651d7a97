// SPDX-License-Identifier: GPL-3.0-or-later
/** Everything that is generated, or that a document claims, against what is there. Fails with what to do. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { GATEWAY_ERRORS } from "../src/wire/index.ts";
import { generate, stale } from "./generate.ts";
import { documentProblems } from "./support/document-commands.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

interface Run {
  readonly status: number | null;
  readonly output: string;
}

function run(command: string, ...args: string[]): Run {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 28 });
  return { status, output: `${stdout}${stderr}`.trim() };
}

async function generatedFiles(): Promise<string[]> {
  return stale(await generate()).map((path) => `${path} does not match what it is made from: run "npm run generate"`);
}

/** The same, beside what else is to be done. */
function start(command: string, ...args: string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (piece: string) => (output += piece));
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, output: output.trim() }));
  });
}

/** Recompiles the circuits and compares them with keys, verifiers, manifest, snapshots and budgets. */
async function circuits(): Promise<string[]> {
  const { status, output } = await start("tsx", "scripts/circuits.ts", "check");
  return status === 0 ? [] : [output];
}

/** The types of the contracts are in the repository; their index comes out in another order at each build, so lines are sorted. */
async function contractTypes(): Promise<string[]> {
  const build = await start("hardhat", "build");
  if (build.status !== 0) return [build.output];
  if (/warning/i.test(build.output)) return [`the compiler warns:\n${build.output}`];
  const listed = run("git", "ls-files", "typechain-types");
  // A copy without its history has nothing to compare with.
  if (listed.status !== 0) return [];
  const sorted = (text: string): string =>
    text
      .split("\n")
      .map((line) => line.trim())
      .sort()
      .join("\n");
  return listed.output
    .split("\n")
    .filter((path) => path.endsWith(".ts"))
    .filter((path) => {
      const now = existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path), "utf8") : "";
      return sorted(now).trim() !== sorted(run("git", "show", `HEAD:${path}`).output).trim();
    })
    .map((path) => `${path} is not what the contracts give: run "npx hardhat build" and commit typechain-types`);
}

function filesUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(ROOT, join(parentPath, name)));
}

function documents(): string[] {
  const docs = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));
  return ["README.md", "SECURITY.md", "CHANGELOG.md", ...docs.map((name) => `docs/${name}`)];
}

const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[`*]/g, "")
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .trim()
    .replace(/ /g, "-");

/** docs/http.md names every refusal with its status. */
function refusals(): string[] {
  const documented = readFileSync(join(ROOT, "docs/http.md"), "utf8");
  const isThere = (code: string, status: number): boolean =>
    new RegExp(`^\\| \`${code}\` +\\| +${status} \\|`, "m").test(documented);
  return Object.entries(GATEWAY_ERRORS)
    .filter(([code, status]) => !isThere(code, status))
    .map(([code, status]) => `docs/http.md does not say that ${code} is answered with ${status}`);
}

/** Links between documents, their anchors included. */
function links(): string[] {
  const problems: string[] = [];
  for (const document of documents()) {
    const text = readFileSync(join(ROOT, document), "utf8").replace(/```[\s\S]*?```/g, "");
    for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? document : relative(ROOT, join(ROOT, dirname(document), path));
      if (!existsSync(join(ROOT, file))) problems.push(`${document} links to ${target}, which is not there`);
      else if (anchor !== undefined && file.endsWith(".md")) {
        const headings = [...readFileSync(join(ROOT, file), "utf8").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
          anchorOf(heading),
        );
        if (!headings.includes(anchor)) problems.push(`${document} links to ${target}, and there is no such heading`);
      }
    }
  }
  return problems;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Whether a file has a test, a group of tests or a step of the demo of this name. */
function hasTest(path: string, name: string): boolean {
  const text = readFileSync(join(ROOT, path), "utf8");
  if (path.endsWith(".sol")) return new RegExp(`function ${escaped(name)}\\(`).test(text);
  if (path.startsWith("scripts/")) return new RegExp(`(function ${escaped(name)}\\(|"${escaped(name)}",)`).test(text);
  return new RegExp(`\\b(it|describe)\\(\\s*["\`]${escaped(name)}["\`],`).test(text);
}

/** Every property, attack and guarantee of docs/properties.md names files and, in quotes, tests that are in them; every test file is named there. */
function properties(): string[] {
  const text = readFileSync(join(ROOT, "docs/properties.md"), "utf8");
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const [, id = "", block = ""] of text.matchAll(/^### ([PAG]-\d\d)\n([\s\S]*?)(?=^##|$(?![\s\S]))/gm)) {
    const problem = (what: string): number => problems.push(`docs/properties.md: ${id} ${what}`);
    if (seen.has(id)) problem("stands there twice");
    seen.add(id);
    const [, tests = ""] = block.split("- Tested by:");
    const named = [...tests.matchAll(/`((?:test|scripts)\/[\w./-]+)`((?:\s+"[^"]+")*)/g)];
    if (named.length === 0) problem("names no test");
    for (const [, path = "", quoted = ""] of named) {
      const names = [...quoted.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => name);
      if (!existsSync(join(ROOT, path))) problem(`names ${path}, which is not there`);
      else if (names.length === 0) problem(`names ${path}, and no test in it`);
      else for (const name of names) if (!hasTest(path, name)) problem(`names "${name}", which is not in ${path}`);
    }
  }
  for (let number = 1; number <= 8; number++) {
    if (!seen.has(`P-0${number}`)) problems.push(`docs/properties.md: P-0${number} is missing`);
  }
  for (const path of [...filesUnder("test"), ...filesUnder("contracts")].filter((file) => /\.(ts|sol)$/.test(file))) {
    const source = readFileSync(join(ROOT, path), "utf8");
    const ids = [
      ...[...source.matchAll(/\b[PAG]-\d\d\b/g)].map(([id]) => id),
      ...[...source.matchAll(/\binvariant_P(\d\d)_/g)].map(([, number = ""]) => `P-${number}`),
    ];
    for (const id of new Set(ids))
      if (!seen.has(id)) problems.push(`${path} names ${id}, which docs/properties.md does not have`);
  }
  for (const path of filesUnder("test").filter((file) => /\.(test\.ts|t\.sol)$/.test(file))) {
    if (!text.includes(`\`${path}\``)) problems.push(`docs/properties.md names no id for ${path}`);
  }
  return problems;
}

interface Check {
  readonly title: string;
  readonly problems: () => string[] | Promise<string[]>;
}

const CHECKS: Readonly<Record<string, Check>> = {
  generated: { title: "generated files", problems: generatedFiles },
  circuits: { title: "circuits, keys and verifiers", problems: circuits },
  contracts: { title: "contracts and their types", problems: contractTypes },
  links: { title: "links in documents", problems: links },
  commands: { title: "commands in documents", problems: () => documentProblems(ROOT, documents()) },
  refusals: { title: "refusals in docs/http.md", problems: refusals },
  properties: { title: "properties and their tests", problems: properties },
};

const HELP = `npm run check [-- NAME …]

Holds what is generated, and what documents claim, against what is there: all of it, or ${Object.keys(CHECKS).join(", ")}.`;

/** What the command line names: everything, where it names nothing. */
function chosen(): Check[] {
  const options = { help: { type: "boolean", short: "h" } } as const;
  const { positionals, values } = parseArgs({ allowPositionals: true, options });
  if (values.help === true) {
    console.log(HELP);
    return [];
  }
  const names = positionals.length > 0 ? positionals : Object.keys(CHECKS);
  return names.map((name) => {
    const check = CHECKS[name];
    if (check === undefined) {
      console.error(`error: there is no check "${name}"\n\n${HELP}`);
      process.exit(2);
    }
    return check;
  });
}

/** All begin at once: two of them compile for a minute, and on different cores. They are told in their order. */
const running = chosen().map(async ({ title, problems }) => ({ title, problems: await problems() }));
let failures = 0;
for (const each of running) {
  const { title, problems } = await each;
  console.log(`${problems.length === 0 ? "✓" : "✗"} ${title}`);
  for (const problem of problems) console.error(`    ${problem.replaceAll("\n", "\n    ")}`);
  failures += problems.length;
}
process.exitCode = failures === 0 ? 0 : 1;

// SPDX-License-Identifier: GPL-3.0-or-later
/** Runs every test, in as many processes at once as keep the machine's cores busy, and says at the end what came of each part. */
import { spawn } from "node:child_process";
import { globSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { keepProofs, PROOFS_VARIABLE, RECORD_VARIABLE } from "../test/support/proofs.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** Proofs that the parts of this run share. */
const PROOFS = mkdtempSync(join(tmpdir(), "jeton-proofs-"));
process.once("exit", () => rmSync(PROOFS, { recursive: true, force: true }));

const HELP = `npm test [-- options] [PART or FILE …]

Runs the tests, and \`npm run check\` beside them: all, or the parts and files that are named. "npx hardhat test mocha FILE" runs one file with its output as it comes.

  --jobs N   parts at once; default: one more than there are cores, at most 4, and one for each 6 GiB of memory
  --list     print the parts
  --record-proofs
             prove anew what the tests of contracts and library use, and keep it in test/vectors/proofs.jsonl for the runs to come: after a
             change of circuits or keys, or when many proofs are made in each run
  --help     print this`;

/** What one process runs. */
interface Part {
  readonly name: string;
  readonly program: "hardhat" | "tsx";
  readonly command: readonly string[];
}

interface Result {
  readonly part: Part;
  readonly isPassed: boolean;
  readonly output: string;
  readonly seconds: number;
}

/** The longest first: what begins last should be short. */
const ORDER = ["check", "e2e", "src", "circuits", "scripts", "contracts", "parity", "solidity"];

/** Files that take as long as several others: each is a part of its own, and begins before all others. */
const LONG: Readonly<Record<string, string>> = {
  "test/e2e/crashes.test.ts": "e2e crashes",
  "test/e2e/unlinkability.test.ts": "e2e unlinkability",
  "test/e2e/http-wallet.test.ts": "e2e wallet",
};

/** Files that compare how long calls take: each is a part of its own, and runs when all others have ended. */
const ALONE: Readonly<Record<string, string>> = { "test/src/gateway-flood-http.test.ts": "src flood" };

/** Files of one folder run in one process, that keeps keys and compiled circuits; many, or long ones, are dealt out to several. */
const MOST_FILES: Readonly<Record<string, number>> = { e2e: 4, contracts: 9, src: 18 };

function partsOf(files: readonly string[]): Part[] {
  const folders = Map.groupBy(files, (file) => LONG[file] ?? ALONE[file] ?? dirname(file).split("/")[1] ?? "");
  return [...folders].flatMap(([folder, all]) => {
    const count = Math.ceil(all.length / (MOST_FILES[folder] ?? all.length));
    return Array.from({ length: count }, (_, hand) => ({
      name: count === 1 ? folder : `${folder} ${hand + 1}/${count}`,
      program: "hardhat" as const,
      command: ["test", "mocha", "--no-compile", ...all.filter((__, position) => position % count === hand)],
    }));
  });
}

function allParts(): Part[] {
  const check: Part = { name: "check", program: "tsx", command: ["scripts/check.ts", ...CHECKS] };
  const solidity: Part = { name: "solidity", program: "hardhat", command: ["test", "solidity", "--no-compile"] };
  const isLong = ({ name }: Part): boolean => Object.values(LONG).includes(name);
  const rank = (part: Part): number => (isLong(part) ? -1 : ORDER.indexOf(part.name.split(" ")[0] ?? ""));
  return [check, solidity, ...partsOf(globSync("test/**/*.test.ts", { cwd: ROOT }).sort())].sort(
    (a, b) => rank(a) - rank(b),
  );
}

/** Run beside the tests; the contracts are built before, as every part reads their types. */
const CHECKS = ["generated", "circuits", "links", "commands", "refusals", "properties"];

/** Parts whose proofs are kept (test/support/proofs.ts). */
const RECORDED = ["contracts", "src"];

/** A part that takes longer hangs: something keeps its process alive. */
const MOST_MINUTES = 25;

function execute({
  program,
  command,
}: Omit<Part, "name">): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, [PROOFS_VARIABLE]: PROOFS };
    const child = spawn(program, command, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (piece: Buffer) => (output += piece.toString()));
    const limit = setTimeout(() => {
      output += `\nended after ${MOST_MINUTES} minutes: it hangs, or the machine is very slow\n`;
      child.kill("SIGKILL");
    }, MOST_MINUTES * 60_000);
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(limit);
      resolve({ code, output });
    });
  });
}

async function run(part: Part): Promise<Result> {
  const started = performance.now();
  const { code, output } = await execute(part);
  const seconds = Math.round((performance.now() - started) / 1_000);
  console.log(`${output.trim()}\n${code === 0 ? "passed" : "FAILED"}: ${part.name} (${seconds} s)\n`);
  return { part, isPassed: code === 0, output, seconds };
}

/** Numbers of tests, from the runners' own sums. */
const sumOf = (output: string, what: string): number =>
  [...output.matchAll(new RegExp(`^\\s*(\\d+) ${what}`, "gm"))].reduce((sum, [, count]) => sum + Number(count), 0);

async function main(): Promise<boolean> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      jobs: { type: "string" },
      list: { type: "boolean", default: false },
      "record-proofs": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return console.log(HELP) === undefined;
  const isRecording = values["record-proofs"];
  if (isRecording && positionals.length > 0) throw new Error("--record-proofs names its parts itself");
  if (isRecording) process.env[RECORD_VARIABLE] = "1";
  const named = isRecording ? RECORDED : positionals.map((name) => relative(ROOT, name));
  const files = named.filter((name) => name.endsWith(".test.ts"));
  const chosen = allParts().filter(({ name }) => named.length === 0 || named.includes(name.split(" ")[0] ?? ""));
  const parts = [...chosen, ...partsOf(files)];
  if (parts.length === 0) throw new Error(`there is no such part; there are ${ORDER.join(", ")}`);
  if (values.list) return console.log(parts.map(({ name }) => name).join("\n")) === undefined;

  // One more than there are cores: parts of e2e wait for much of their time.
  const usual = Math.max(1, Math.min(availableParallelism() + 1, 4, Math.floor(totalmem() / (6 * 2 ** 30))));
  const jobs = Number(values.jobs ?? usual);
  if (!Number.isInteger(jobs) || jobs < 1) throw new Error("--jobs takes a number of 1 or more");
  const build = await execute({ program: "tsx", command: ["scripts/check.ts", "contracts"] });
  if (build.code !== 0) throw new Error(`the contracts do not build, or their types are old\n${build.output}`);

  const started = performance.now();
  console.log(`${parts.length} parts, ${jobs} at once; each is shown when it ends\n`);
  const results: Result[] = [];
  const runAll = async (some: readonly Part[], atOnce: number): Promise<void> => {
    const queue = some.values();
    const lane = async (): Promise<void> => {
      for (const part of queue) results.push(await run(part));
    };
    await Promise.all(Array.from({ length: atOnce }, lane));
  };
  const { together = [], alone = [] } = Object.groupBy(parts, ({ name }) =>
    Object.values(ALONE).includes(name) ? "alone" : "together",
  );
  await runAll(together, jobs);
  await runAll(alone, 1);

  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  const count = (what: string): number => results.reduce((sum, { output }) => sum + sumOf(output, what), 0);
  const failed = results.filter(({ isPassed }) => !isPassed).map(({ part }) => part.name);
  const skipped = count("(?:pending|skipped)");
  console.log(`${count("passing")} tests passed in ${minutes} minutes${skipped > 0 ? `, ${skipped} SKIPPED` : ""}`);
  if (isRecording && failed.length === 0) console.log(`${keepProofs(PROOFS)} proofs are kept`);
  if (failed.length > 0) console.log(`FAILED: ${failed.join(", ")} (${count("failing")} tests)`);
  return failed.length === 0;
}

try {
  if (!(await main())) process.exitCode = 1;
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/** Runs the invariants of test/contracts/Ledger.t.sol and says how many sequences of how many calls that was. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

const HELP = `npx tsx scripts/solidity-campaign.ts [--deep] [--json]

Runs every invariant of test/contracts/Ledger.t.sol, each over random sequences of its own, and counts the calls.

  --deep   the long budgets of npm run test:deep
  --json   print the figures as JSON
  --help   print this`;

export interface Figures {
  readonly sequences: number;
  readonly accepted: number;
  readonly refused: number;
  readonly calls: Readonly<Record<string, { readonly accepted: number; readonly refused: number }>>;
}

/** Records end with a semicolon; in each, `name accepted refused` with commas between. Tests that run at once may write to one line. */
export function figuresOf(text: string): Figures {
  const calls: Record<string, { accepted: number; refused: number }> = {};
  let [sequences, accepted, refused] = [0, 0, 0];
  for (const record of text.split(";").map((part) => part.trim())) {
    const counts = record.split(",").map((part) => part.split(" "));
    // The state before the first call is checked too, and leaves a record of no calls.
    if (counts.every(([, yes = "0", no = "0"]) => yes === "0" && no === "0")) continue;
    sequences += 1;
    for (const [name = "", yes, no] of counts) {
      const total = (calls[name] ??= { accepted: 0, refused: 0 });
      total.accepted += Number(yes);
      total.refused += Number(no);
      accepted += Number(yes);
      refused += Number(no);
    }
  }
  return { sequences, accepted, refused, calls };
}

function toText({ sequences, accepted, refused, calls }: Figures): string {
  const lines = Object.entries(calls).map(
    ([name, count]) => `${name.padEnd(24)}${String(count.accepted).padStart(10)}${String(count.refused).padStart(10)}`,
  );
  const head = `${"call".padEnd(24)}${"accepted".padStart(10)}${"refused".padStart(10)}`;
  return [head, ...lines, "", `${sequences} sequences, ${accepted + refused} calls, ${refused} refused`].join("\n");
}

function run(isDeep: boolean): { readonly status: number; readonly figures: Figures } {
  const folder = mkdtempSync(join(tmpdir(), "jeton-campaign-"));
  try {
    const file = join(folder, "figures");
    const hardhat = join(ROOT, "node_modules/hardhat/dist/src/cli.js");
    const args = ["test", "solidity", "--no-compile", "--grep", "^invariant_", "test/contracts/Ledger.t.sol"];
    const { status } = spawnSync(process.execPath, [hardhat, ...args], {
      cwd: ROOT,
      env: { ...process.env, JETON_FIGURES: file, ...(isDeep ? { JETON_DEEP: "1" } : {}) },
      stdio: ["ignore", 2, 2],
    });
    return { status: status ?? 1, figures: figuresOf(existsSync(file) ? readFileSync(file, "utf8") : "") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { deep: { type: "boolean" }, json: { type: "boolean" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help === true) console.log(HELP);
  else {
    const { status, figures } = run(values.deep === true);
    console.log(values.json === true ? JSON.stringify(figures, undefined, 2) : toText(figures));
    process.exitCode = status;
  }
}

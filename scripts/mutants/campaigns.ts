// SPDX-License-Identifier: GPL-3.0-or-later
/** How each campaign is built and run, and what its output says. */
import type { Campaign } from "./mutation.ts";
import type { Run, Workspace } from "./workspace.ts";

interface Commands {
  /** Once in a workspace, before the first build. */
  readonly prepare?: readonly string[];
  readonly build: readonly string[];
  readonly test: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Budgets are those of `npm test`. Unit tests are left out: it is the campaign that must see the bug. */
const COMMANDS: Readonly<Record<Campaign, Commands>> = {
  solidity: {
    // The libraries that are linked; the build of one test leaves them out.
    prepare: ["build", "--quiet", "--no-tests", "--no-typechain"],
    build: ["build", "--quiet", "--no-typechain", "test/contracts/Ledger.t.sol"],
    test: ["test", "solidity", "--no-compile", "--grep", "^invariant_", "test/contracts/Ledger.t.sol"],
    environment: {},
  },
  typescript: {
    // The model in place of the verifiers, and the token, are contracts of the tests.
    prepare: [
      "build",
      "--quiet",
      "--no-typechain",
      "test/contracts/support/ModelVerifier.sol",
      "test/contracts/support/HostileTokens.sol",
    ],
    build: ["build", "--quiet", "--no-tests", "--no-typechain"],
    test: ["test", "mocha", "--no-compile", "test/e2e/campaign.test.ts"],
    environment: { JETON_CAMPAIGN_VERIFIER: "model" },
  },
};

const TIMEOUT_SECONDS = 900;

export interface Outcome {
  readonly isCaught: boolean;
  /** The first test that failed, and how. Empty when none did. */
  readonly by: string;
}

export async function prepare(campaign: Campaign, workspace: Workspace): Promise<void> {
  const { prepare: args, environment } = COMMANDS[campaign];
  if (args !== undefined) requireGreen(await workspace.hardhat(args, environment, TIMEOUT_SECONDS), "does not build");
}

/** Builds what is in the workspace and runs the campaign. A run that fails without a failing test is an error, not a catch. */
export async function runCampaign(campaign: Campaign, workspace: Workspace): Promise<Outcome> {
  const { build, test, environment } = COMMANDS[campaign];
  requireGreen(await workspace.hardhat(build, environment, TIMEOUT_SECONDS), "does not build");
  const run = await workspace.hardhat(test, environment, TIMEOUT_SECONDS);
  if (run.isGreen && /^\s*[1-9]\d* passing/m.test(run.output)) return { isCaught: false, by: "" };
  const by = failureOf(run.output);
  if (by === undefined) throw new Error(`the campaign ended without a result\n${tail(run.output)}`);
  return { isCaught: true, by };
}

/** Reads hardhat's reporters: `  1) Suite#name` for Solidity, `  1) suite` and deeper lines for mocha, then `Error: …`. */
function failureOf(output: string): string | undefined {
  const failing = /^\s*(\d+) failing/m.exec(output);
  const summary = output.slice(failing?.index ?? 0);
  const [first] = summary.split(/^\s*2\) /m);
  const found = /^\s*1\) ([\s\S]*?)\n\s*(\w*(?:Error|Fault)\b[^\n]*)/m.exec(first ?? "");
  if (failing === null || found === null) return undefined;
  const [, name = "", error = ""] = found;
  const lines = name.split("\n").map((line) => line.trim());
  const title = (lines.find((line) => line.endsWith(":")) ?? lines[0] ?? "")
    .replace(/\(\)$|:$/g, "")
    .replace(/^\w+#/, "");
  const others = Number(failing[1]) - 1;
  return `${title}${others === 0 ? "" : ` and ${others} more`}: ${error.replace(/^Error: (reverted with )?/, "")}`;
}

function requireGreen({ isGreen, output }: Run, what: string): void {
  if (!isGreen) throw new Error(`${what}\n${tail(output)}`);
}

const tail = (output: string): string => output.trim().split("\n").slice(-15).join("\n");

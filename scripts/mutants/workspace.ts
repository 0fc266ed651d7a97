// SPDX-License-Identifier: GPL-3.0-or-later
/** A copy of the project in a temporary folder, in which contracts can be changed and run. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { cp, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { mutate } from "./mutation.ts";
import type { Mutation } from "./mutation.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Not needed, or made anew. */
const LEFT_OUT = new Set([".git", "artifacts", "build", "cache", "coverage"]);
/** Large, and never written to. */
const LINKED = new Set(["node_modules", "circuits"]);

/** As the project's own, but a failing sequence is not made shorter: it only has to fail. */
const CONFIG = `import type { HardhatUserConfig } from "hardhat/config";
import config from "./hardhat.config.ts";

const { test, ...rest } = config as HardhatUserConfig & { test: { solidity: { invariant: object } } };
const invariant = { ...test.solidity.invariant, shrinkRunLimit: 0 };
export default { ...rest, test: { ...test, solidity: { ...test.solidity, invariant } } };
`;

export interface Run {
  readonly isGreen: boolean;
  readonly output: string;
}

export class Workspace {
  readonly path: string;
  #child: ChildProcess | undefined;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<Workspace> {
    const path = await mkdtemp(join(tmpdir(), "jeton-mutants-"));
    for (const name of await readdir(ROOT)) {
      if (LEFT_OUT.has(name)) continue;
      if (LINKED.has(name)) await symlink(join(ROOT, name), join(path, name));
      else await cp(join(ROOT, name), join(path, name), { recursive: true });
    }
    await writeFile(join(path, "mutants.config.ts"), CONFIG);
    const workspace = new Workspace(path);
    process.on("exit", () => workspace.#abandon());
    return workspace;
  }

  /** Plants a bug; the function that it returns takes it out again. */
  async plant(mutation: Mutation): Promise<() => Promise<void>> {
    const file = join(this.path, "contracts", mutation.file);
    const original = await readFile(file, "utf8");
    await writeFile(file, mutate(original, mutation));
    return () => writeFile(file, original);
  }

  /** Runs hardhat here, for no longer than `timeoutSeconds`. */
  hardhat(
    args: readonly string[],
    environment: Readonly<Record<string, string>>,
    timeoutSeconds: number,
  ): Promise<Run> {
    const { JETON_DEEP: _deep, JETON_FIGURES: _figures, ...inherited } = process.env;
    const child = spawn(
      process.execPath,
      [join(ROOT, "node_modules/hardhat/dist/src/cli.js"), "--config", "mutants.config.ts", ...args],
      { cwd: this.path, env: { ...inherited, ...environment, NO_COLOR: "1" }, timeout: timeoutSeconds * 1_000 },
    );
    this.#child = child;
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => {
        resolve({ isGreen: code === 0, output: output.replace(/\u001b\[[0-9;]*m/g, "") });
      });
    });
  }

  /** When a run is stopped, nothing of it is left behind. */
  #abandon(): void {
    this.#child?.kill("SIGKILL");
    rmSync(this.path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  remove(): Promise<void> {
    return rm(this.path, { recursive: true, force: true });
  }
}

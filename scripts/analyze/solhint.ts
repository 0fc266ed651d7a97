// SPDX-License-Identifier: GPL-3.0-or-later
/** solhint's security rules against .solhint.json: each must be an error, as it is, unless accepted.ts says why not. `npm run lint` runs them. */
import { readFile, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Finding } from "./findings.ts";

const CONFIG = ".solhint.json";
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The names of the rules that solhint itself files under security. */
export async function securityRules(): Promise<string[]> {
  const folder = join(dirname(createRequire(import.meta.url).resolve("solhint/package.json")), "lib/rules/security");
  const files = await readdir(folder);
  return files.filter((file) => file !== "index.js").map((file) => file.replace(/\.js$/, ""));
}

type Setting = string | readonly [severity: string, ...options: unknown[]];

/** The security rules that are not plainly on. A compiler version, which the rule needs, is no softening. */
export async function softened(root = ROOT): Promise<Finding[]> {
  const { rules } = JSON.parse(await readFile(join(root, CONFIG), "utf8")) as {
    rules: Readonly<Record<string, Setting>>;
  };
  const findings: Finding[] = [];
  for (const rule of await securityRules()) {
    const setting = rules[rule];
    const isOn = setting === "error" || (rule === "compiler-version" && setting?.[0] === "error");
    const what = typeof setting === "string" ? setting : (JSON.stringify(setting) ?? "not set");
    if (!isOn) findings.push({ tool: "solhint", rule, where: CONFIG, what });
  }
  return findings;
}

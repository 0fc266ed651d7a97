// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Writes test/vectors/data: what the naive model computes, for all languages to agree with. `--check` writes nothing and fails when a
 * committed file differs.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { CONTENT, toJson } from "../test/vectors/content.ts";

const DATA = fileURLToPath(new URL("../test/vectors/data/", import.meta.url));
const isCheck = process.argv.includes("--check");

mkdirSync(DATA, { recursive: true });
for (const [name, content] of Object.entries(CONTENT)) {
  const file = `${DATA}${name}.json`;
  const text = toJson(content());
  if (!isCheck) writeFileSync(file, text);
  else if (readFileSync(file, "utf8") !== text) {
    console.error(`test/vectors/data/${name}.json is not what the model computes; run \`npx tsx scripts/vectors.ts\``);
    process.exitCode = 1;
  }
}

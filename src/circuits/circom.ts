// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Runs the circom compiler on its command-line arguments, in a process of its own: it is synchronous, and it ends the process.
 * The compiler sees the file system from "/", the only folder that its WebAssembly port follows `-l` paths from.
 */
import fs from "node:fs";
import { createRequire } from "node:module";
import { isAbsolute, relative } from "node:path";

import { CircomRunner, bindings } from "circom2";

const wasm = fs.readFileSync(createRequire(import.meta.url).resolve("circom2/circom.wasm"));
process.chdir("/");

const runner = new CircomRunner({
  args: process.argv.slice(2).map((argument) => (isAbsolute(argument) ? relative("/", argument) : argument)),
  env: {},
  preopens: { ".": "." },
  bindings: {
    ...bindings,
    exit: (code) => process.exit(code),
    kill: () => process.exit(1),
    fs,
  },
});
await runner.execute(wasm);

#!/usr/bin/env node
// SPDX-License-Identifier: GPL-3.0-or-later
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `error: jeton needs Node.js 22.18 or newer, and this is ${process.versions.node}. In the project's folder "npx jeton" runs on the Node.js that the project brings.`,
  );
  process.exit(1);
}
await import("./typescript.mjs");
await import("../src/cli/jeton/main.ts");

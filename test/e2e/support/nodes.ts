// SPDX-License-Identifier: GPL-3.0-or-later
/** Nodes that run beside a test. */
import type { ChildProcess } from "node:child_process";
import { createServer } from "node:net";

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Waits until a node answers. */
export async function answers(url: string, node: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (node.exitCode !== null) throw new Error(`the node ended with ${node.exitCode}`);
    const isUp = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] }),
    }).then(
      (response) => response.ok,
      () => false,
    );
    if (isUp) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`nothing answers at ${url}`);
}

/** Interrupts a node and waits for its end: it may have a state to write. */
export async function stop(node: ChildProcess | undefined): Promise<void> {
  if (node === undefined || node.exitCode !== null) return;
  const ended = new Promise((done) => node.once("exit", done));
  node.kill("SIGINT");
  await ended;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Many requests at once, in a process of its own. Takes a task, in JSON, from standard input; sends the bodies in turn, from each address on
 * so many connections, until `total` were answered; writes how many were answered with each status. It uses nothing but Node's own modules,
 * so that it starts at once.
 */
import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

export interface FloodTask {
  readonly url: string;
  readonly bodies: readonly string[];
  readonly addresses: readonly string[];
  readonly connections: number;
  readonly total: number;
}

/** Answers by status; 0 counts what was cut. */
export type FloodReport = Readonly<Record<string, number>>;

async function main(): Promise<void> {
  const { url, bodies, addresses, connections, total } = JSON.parse(await text(process.stdin)) as FloodTask;
  const report: Record<string, number> = {};
  let sent = 0;

  const send = (localAddress: string, agent: Agent, body: string): Promise<number> =>
    new Promise((resolve) => {
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      const outgoing = request(url, { method: "POST", headers, localAddress, agent }, (response) => {
        response.resume();
        response.on("error", () => resolve(0));
        response.on("end", () => resolve(response.statusCode ?? 0));
      });
      outgoing.on("error", () => resolve(0));
      outgoing.end(body);
    });

  async function flood(address: string, agent: Agent): Promise<void> {
    while (sent < total) {
      const body = bodies[sent % bodies.length] as string;
      sent += 1;
      const status = await send(address, agent, body);
      report[status] = (report[status] ?? 0) + 1;
    }
  }

  const floods = addresses.flatMap((address) => {
    const agent = new Agent({ keepAlive: true, maxSockets: connections });
    return Array.from({ length: connections }, () => flood(address, agent));
  });
  await Promise.all(floods);
  process.stdout.write(JSON.stringify(report));
  process.exit(0);
}

// Test runners load every file of this folder.
if (process.argv[1] === fileURLToPath(import.meta.url)) await main();

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A flood over HTTP: well-formed requests with vouchers that are signed and proofs that prove nothing, from addresses of their own or
 * from the paying user's. The flood is another process. What it does to a paying user is told by a ratio of medians of one run, whose parts
 * take turns with and without the flood: a slow machine slows both.
 */
import { spawn } from "node:child_process";
import { Agent } from "node:http";
import { json } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { expect } from "chai";

import { Sources } from "../../src/gateway/index.ts";
import { FIELD_MODULUS } from "../../src/protocol/index.ts";
import { PATHS } from "../../src/wire/index.ts";
import type { FloodReport, FloodTask } from "./support/flood-process.ts";
import { startHttpGateway } from "./support/http-gateway.ts";
import type { HttpGateway } from "./support/http-gateway.ts";
import { ask, codeIn } from "./support/http-requests.ts";
import { callOn, proveTicket, strangeKey } from "./support/tickets.ts";
import type { ProvedTicket } from "./support/tickets.ts";

const REQUESTS = 10_000;
const TURNS = 4;
const QUIET_MILLISECONDS = 1_200;
const ADDRESSES = [2, 3, 4, 5, 6, 7, 8, 9].map((last) => `127.0.0.${last}`);
/** One round. */
const once = (): (() => boolean) => {
  let rounds = 0;
  return () => rounds++ > 0;
};
/** Leaves no trace, so it costs a gateway the same when it comes again. */
const DIFFERENT = 200;

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;

function startFlood(task: FloodTask): Promise<FloodReport> {
  const script = fileURLToPath(new URL("./support/flood-process.ts", import.meta.url));
  const child = spawn(process.execPath, [script], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify(task));
  return json(child.stdout) as Promise<FloodReport>;
}

describe("a flood of invalid proofs over HTTP", function () {
  this.timeout(120_000);
  let paying: readonly string[];
  let junk: readonly string[];

  before(async () => {
    const tickets = await Promise.all(Array.from({ length: 5 }, (_, index) => proveTicket(0, index)));
    paying = tickets.map((ticket) => JSON.stringify(callOn(ticket)));
    const [real] = tickets as [ProvedTicket];
    // Another nullifier, session and share each, under a real proof of something else.
    junk = Array.from({ length: DIFFERENT }, (_, position) => {
      const nullifier = (real.nullifier + BigInt(position) + 1n) % FIELD_MODULUS;
      const key = strangeKey(position + 1);
      const y = (real.opening.y + BigInt(position)) % FIELD_MODULUS;
      return JSON.stringify(callOn({ ...real, key, nullifier, opening: { ...real.opening, y } }));
    });
  });

  /** First calls of tickets, one after the other; each round begins with a gateway that has not seen them. In milliseconds. */
  async function pay(gateway: HttpGateway, agent: Agent, isOver: () => boolean): Promise<number[]> {
    const took: number[] = [];
    while (!isOver()) {
      gateway.renew();
      for (const body of paying) {
        const startedAt = performance.now();
        const answer = await ask(gateway.url + PATHS.call, { body, agent });
        took.push(performance.now() - startedAt);
        expect(answer.status, answer.text).to.equal(200);
      }
    }
    return took;
  }

  const flood = (gateway: HttpGateway, addresses: readonly string[], connections: number, total: number) =>
    startFlood({ url: gateway.url + PATHS.call, bodies: junk, addresses, connections, total });

  it("makes a paying user's calls at most twice as slow at the median, and is refused", async () => {
    const gateway = await startHttpGateway();
    const agent = new Agent({ keepAlive: true });
    const [quiet, loud]: [number[], number[]] = [[], []];
    const answered: Record<string, number> = {};
    await pay(gateway, agent, once());
    for (let turn = 0; turn < TURNS; turn++) {
      const until = performance.now() + QUIET_MILLISECONDS;
      quiet.push(...(await pay(gateway, agent, () => performance.now() > until)));
      let isOver = false;
      const ended = flood(gateway, ADDRESSES, 96, REQUESTS / TURNS).finally(() => (isOver = true));
      // The process needs a moment to start.
      await sleep(300);
      loud.push(...(await pay(gateway, agent, () => isOver)));
      for (const [status, count] of Object.entries(await ended)) answered[status] = (answered[status] ?? 0) + count;
    }
    agent.destroy();
    await gateway.close();

    expect(quiet.length).to.be.greaterThan(40);
    expect(loud.length).to.be.greaterThan(40);
    expect(median(loud) / median(quiet), `${median(quiet)} ms, and ${median(loud)} ms in the flood`).to.be.lessThan(2);
    const { 403: invalid = 0, 429: tooMany = 0, ...others } = answered;
    expect(others).to.deep.equal({});
    expect(invalid + tooMany).to.equal(REQUESTS);
    // Verified are few of them, and all that was paid for.
    expect(gateway.verified).to.equal(quiet.length + loud.length + paying.length + invalid);
    expect(invalid).to.be.lessThan(REQUESTS / 20);
    expect(gateway.faults).to.deep.equal([]);
  });

  it("from the paying user's own address stays within bounds, breaks nothing, and is forgotten", async () => {
    let now = 0;
    const sources = new Sources(() => performance.now() + now);
    const gateway = await startHttpGateway({ sources });
    const ended = flood(gateway, ["127.0.0.1"], 128, 1_000);
    await sleep(300);
    const [body] = paying as [string];
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask(gateway.url + PATHS.call, { body })));
    for (const answer of answers) if (answer.status !== 200) expect(codeIn(answer)).to.be.oneOf(["TOO_MANY_REQUESTS"]);
    const { 403: invalid = 0, 429: tooMany = 0, ...others } = await ended;
    expect(others).to.deep.equal({});
    expect(invalid + tooMany).to.equal(1_000);
    expect(gateway.verified).to.be.lessThan(100);
    now += 10 * 60_000;
    expect((await ask(gateway.url + PATHS.call, { body })).status).to.equal(200);
    sources.sweep();
    expect(sources.size).to.equal(0);
    await gateway.close();
  });
});

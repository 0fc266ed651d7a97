// SPDX-License-Identifier: GPL-3.0-or-later
/** What a gateway's server takes on: sizes, times, how much at once and of whom, and in which order proofs are verified. */
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";

import { DEFAULT_LIMITS, FairVerifier, Sources, forSource, sourceOf } from "../../src/gateway/index.ts";
import type { Upstream } from "../../src/gateway/index.ts";
import { Admission, UNSENT_BYTES } from "../../src/gateway/http/admission.ts";
import { FIELD_MODULUS } from "../../src/protocol/index.ts";
import type { Proof } from "../../src/protocol/index.ts";
import { PATHS } from "../../src/wire/index.ts";
import type { Verify } from "../../src/wire/index.ts";
import { startHttpGateway } from "./support/http-gateway.ts";
import type { HttpGateway, HttpGatewaySetup } from "./support/http-gateway.ts";
import { ask, askJson, askRaw, codeIn } from "./support/http-requests.ts";
import { PRICE, codeOf } from "./support/session-world.ts";
import { callOn, proveTicket, strangeKey } from "./support/tickets.ts";
import type { ProvedTicket } from "./support/tickets.ts";

/** The status line's number. */
const statusOf = (text: string): number => Number(text.split(" ", 2)[1]);
const problemIn = (text: string): unknown =>
  codeIn({ status: 0, headers: {}, text: text.slice(text.indexOf("\r\n\r\n")) });

describe("the limits of the gateway over HTTP", function () {
  this.timeout(60_000);
  let gateway: HttpGateway;
  const start = async (setup: HttpGatewaySetup = {}): Promise<void> => {
    gateway = await startHttpGateway({
      ...setup,
      limits: { graceSeconds: 0.2, refusalMilliseconds: 20, ...setup.limits },
    });
  };
  afterEach(() => gateway.close());
  const host = (): string => new URL(gateway.url).host;

  describe("of one request", () => {
    it("refuses a body that is too large before it is read, announced or not", async () => {
      await start();
      for (const [path, limit] of [
        [PATHS.call, DEFAULT_LIMITS.callBytes],
        [PATHS.refund, DEFAULT_LIMITS.messageBytes],
      ] as const) {
        const head = `POST ${path} HTTP/1.1\r\nhost: ${host()}\r\ncontent-type: application/json\r\n`;
        // Nothing of the body is ever sent.
        const announced = await askRaw(gateway.url, `${head}content-length: ${limit + 1}\r\n\r\n`);
        expect([statusOf(announced), problemIn(announced)]).to.deep.equal([413, "BODY_TOO_LARGE"]);
        const chunk = "x".repeat(1024 * 1024);
        const endless = Array.from({ length: 8 }, () => `${chunk.length.toString(16)}\r\n${chunk}\r\n`);
        const chunked = await askRaw(gateway.url, `${head}transfer-encoding: chunked\r\n\r\n`, ...endless);
        expect([statusOf(chunked), problemIn(chunked)]).to.deep.equal([413, "BODY_TOO_LARGE"]);
      }
    });

    it("gives up on headers and bodies that come too slowly", async () => {
      await start({ limits: { headerSeconds: 1, requestSeconds: 1.5 } });
      const head = `POST ${PATHS.call} HTTP/1.1\r\nhost: ${host()}\r\ncontent-type: application/json\r\n`;
      const [headers, body] = await Promise.all([
        askRaw(gateway.url, head),
        askRaw(
          gateway.url,
          `${head}content-length: 100\r\n\r\n`,
          "{",
          sleep(500).then(() => '"'),
          sleep(500).then(() => "a"),
        ),
      ]);
      for (const text of [headers, body])
        expect([statusOf(text), problemIn(text)]).to.deep.equal([408, "REQUEST_TIMEOUT"]);
      expect((await ask(gateway.url + PATHS.terms)).status).to.equal(200);
    });

    it("refuses a flood of headers, and what is no HTTP", async () => {
      await start();
      const flood = Array.from({ length: 2_000 }, (_, position) => `x-${position}: ${"y".repeat(100)}\r\n`);
      const headers = await askRaw(gateway.url, `GET ${PATHS.terms} HTTP/1.1\r\nhost: ${host()}\r\n`, ...flood, "\r\n");
      expect([statusOf(headers), problemIn(headers)]).to.deep.equal([431, "REQUEST_MALFORMED"]);
      const garbage = await askRaw(gateway.url, "\x16\x03\x01 hello\r\n\r\n");
      expect([statusOf(garbage), problemIn(garbage)]).to.deep.equal([400, "REQUEST_MALFORMED"]);
    });
  });

  describe("of many requests", () => {
    let tickets: ProvedTicket[];
    before(async () => {
      tickets = await Promise.all([0, 1, 2, 3].map((index) => proveTicket(0, index)));
    });

    /** Serves when it is let go. */
    class Held implements Upstream {
      served = 0;
      readonly #let: (() => void)[] = [];
      quote(): bigint {
        return PRICE;
      }
      async serve(): ReturnType<Upstream["serve"]> {
        this.served += 1;
        await new Promise<void>((resolve) => this.#let.push(resolve));
        return { response: "done", charge: PRICE };
      }
      letGo(): void {
        for (const resolve of this.#let.splice(0)) resolve();
      }
    }

    it("takes so many at once from one place, also of those whose clients are gone, and others still", async () => {
      await start({ limits: { requestsPerSource: 2 } });
      const upstream = new Held();
      gateway.renew({ upstream });
      const url = gateway.url + PATHS.call;
      const [first, second, third, fourth] = tickets as [ProvedTicket, ProvedTicket, ProvedTicket, ProvedTicket];
      const running = askJson(url, callOn(first));
      const gone = connect(Number(new URL(url).port), "127.0.0.1");
      const body = JSON.stringify(callOn(second));
      gone.write(
        `POST ${PATHS.call} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
      while (upstream.served < 2) await sleep(5);
      gone.destroy();
      await sleep(50);
      const refused = await askJson(url, callOn(third));
      expect([refused.status, codeIn(refused), refused.headers["retry-after"]]).to.deep.equal([
        429,
        "TOO_MANY_REQUESTS",
        "2",
      ]);
      const other = askJson(url, callOn(fourth), { from: "127.0.0.9" });
      while (upstream.served < 3) await sleep(5);
      upstream.letGo();
      expect([(await running).status, (await other).status]).to.deep.equal([200, 200]);
      await sleep(20);
      const again = askJson(url, callOn(third));
      while (upstream.served < 4) await sleep(5);
      upstream.letGo();
      expect((await again).status).to.equal(200);
    });

    it("holds no room for bodies that are announced and never come, and suspects who announces them", async () => {
      await start({ limits: { bufferedBytesPerSource: 8 * 1024 * 1024, requestSeconds: 1.5 } });
      const head = `POST ${PATHS.call} HTTP/1.1\r\nhost: ${host()}\r\ncontent-type: application/json\r\n`;
      const idle = Array.from({ length: 20 }, () =>
        askRaw(gateway.url, `${head}content-length: ${4 * 1024 * 1024}\r\n\r\n`),
      );
      await sleep(300);
      const served = await askJson(gateway.url + PATHS.call, callOn(tickets[0] as ProvedTicket));
      expect(served.status).to.equal(200);
      for (const text of await Promise.all(idle)) expect(statusOf(text)).to.equal(408);
      await Promise.all([ask(gateway.url + PATHS.terms), ask(gateway.url + PATHS.terms)]);
      expect((await ask(gateway.url + PATHS.terms)).status).to.equal(429);
    });

    it("holds a place responsible for a wrong signature under a large request at once", async () => {
      await start();
      const call = callOn(tickets[0] as ProvedTicket, { payload: "x".repeat(2 * 1024 * 1024) });
      const refused = await askJson(gateway.url + PATHS.call, { ...call, payload: `${call.payload}y` });
      expect(codeIn(refused)).to.equal("SIGNATURE_INVALID");
      await ask(gateway.url + PATHS.terms);
      expect((await ask(gateway.url + PATHS.terms)).status).to.equal(429);
    });

    it("takes so many at once in all", async () => {
      await start({ limits: { requests: 1 } });
      const upstream = new Held();
      gateway.renew({ upstream });
      const running = askJson(gateway.url + PATHS.call, callOn(tickets[0] as ProvedTicket));
      while (upstream.served < 1) await sleep(5);
      const refused = await ask(gateway.url + PATHS.terms, { from: "127.0.0.9" });
      expect([refused.status, codeIn(refused), refused.headers["retry-after"]]).to.deep.equal([503, "OVERLOADED", "5"]);
      upstream.letGo();
      expect((await running).status).to.equal(200);
    });

    it("cuts connections beyond so many of one place", async () => {
      await start({ limits: { connectionsPerSource: 3 } });
      const open = () => connect(Number(new URL(gateway.url).port), "127.0.0.1");
      const kept = [open(), open(), open()];
      await Promise.all(kept.map((socket) => once(socket, "connect")));
      await sleep(20);
      const cut = open();
      await once(cut, "close");
      expect((await ask(gateway.url + PATHS.terms, { from: "127.0.0.9" })).status).to.equal(200);
      for (const socket of kept) socket.destroy();
      await sleep(20);
      expect((await ask(gateway.url + PATHS.terms)).status).to.equal(200);
    });

    it("suspects a place whose requests are wrong again and again, refuses it without reading, and takes the proxy's word for places", async () => {
      await start({ server: { trustProxy: true } });
      const wrong = (ip: string) => askJson(gateway.url + PATHS.call, {}, { headers: { "x-forwarded-for": ip } });
      for (let count = 0; count < 10; count++) expect((await wrong("2001:db8::1")).status).to.equal(400);
      const codes = await Promise.all(["2001:db8::1", "2001:db8:0:0:ffff::7", "2001:db8:0:1::1"].map(wrong));
      expect(codes.map(({ status }) => status)).to.deep.equal([429, 429, 400]);
      // Nothing is read of what is refused.
      const head = `POST ${PATHS.call} HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 2001:db8::2\r\ncontent-length: 4000000\r\n\r\n`;
      expect(statusOf(await askRaw(gateway.url, head))).to.equal(429);
    });

    it("verifies no more proofs of a place after an invalid one than it has time for", async () => {
      await start();
      const [real] = tickets as [ProvedTicket];
      const junk = Array.from({ length: 30 }, (_, position) => {
        const nullifier = (real.nullifier + BigInt(position) + 1n) % FIELD_MODULUS;
        return callOn({ ...real, key: strangeKey(position + 1), nullifier });
      });
      const answers = await Promise.all(junk.map((request) => askJson(gateway.url + PATHS.call, request)));
      const count = (status: number): number => answers.filter((answer) => answer.status === status).length;
      expect(count(403) + count(429)).to.equal(30);
      expect(count(403)).to.be.within(1, 3);
      expect(gateway.verified).to.equal(count(403));
      const { entries } = await gateway.provider.gateway.publicFeed({ after: 0 });
      expect(entries).to.deep.equal([]);
    });
  });
});

describe("sources", () => {
  it("are IPv4 addresses, and the first half of IPv6 ones", () => {
    expect(sourceOf("203.0.113.7")).to.equal("203.0.113.7");
    expect(sourceOf("::ffff:203.0.113.7")).to.equal("203.0.113.7");
    expect(sourceOf("2001:db8::1")).to.equal("2001:db8:0:0::/64");
    expect(sourceOf("2001:0DB8:0:0:1:2:3:4")).to.equal("2001:db8:0:0::/64");
    expect(sourceOf("2001:db8:0:1::")).to.equal("2001:db8:0:1::/64");
    expect(sourceOf("::1")).to.equal("0:0:0:0::/64");
    expect(sourceOf("fe80::1%eth0")).to.equal("fe80:0:0:0::/64");
    expect(sourceOf("")).to.equal("");
  });

  it("are suspect for a while after faults, and then forgotten", () => {
    let now = 0;
    const sources = new Sources(() => now);
    sources.blame("a", 2);
    for (let count = 0; count < 7; count++) sources.blame("b", 1 / 8);
    expect([sources.isSuspect("a"), sources.isSuspect("b"), sources.isSuspect("c")]).to.deep.equal([
      true,
      false,
      false,
    ]);
    sources.blame("b", 1 / 8);
    expect(sources.isSuspect("b")).to.equal(true);
    now += 31_000;
    expect([sources.isSuspect("a"), sources.isSuspect("b")]).to.deep.equal([false, false]);
    for (let count = 0; count < 1_000; count++) sources.blame("a", 2);
    now += 29_000;
    expect(sources.isSuspect("a")).to.equal(true);
    now += 90_000;
    expect(sources.isSuspect("a")).to.equal(false);
    now += 300_000;
    sources.sweep();
    expect(sources.size).to.equal(0);
  });
});

describe("admission", () => {
  const limits = {
    ...DEFAULT_LIMITS,
    bufferedBytes: 100,
    bufferedBytesPerSource: 60,
    suspectRate: 2,
    suspectRequests: 2,
  };
  const refusalOf = (task: () => unknown): string => {
    try {
      task();
      return "taken";
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  it("counts the bytes of bodies, of each source and in all", () => {
    const admission = new Admission(limits, new Sources());
    const first = admission.enter("a", 50);
    expect(refusalOf(() => admission.enter("a", 11))).to.equal("TOO_MANY_REQUESTS");
    admission.enter("b", 50);
    expect(refusalOf(() => admission.enter("c", 1))).to.equal("OVERLOADED");
    first.release();
    expect(refusalOf(() => admission.enter("c", 50))).to.equal("taken");
  });

  it("counts little of a body before it comes, and refuses what comes when there is no room", () => {
    const most = { ...limits, bufferedBytes: 5 * UNSENT_BYTES, bufferedBytesPerSource: 3 * UNSENT_BYTES };
    const admission = new Admission(most, new Sources());
    const announced = 100 * UNSENT_BYTES;
    const [first, second] = [admission.enter("a", announced), admission.enter("a", announced)];
    first.receive(UNSENT_BYTES);
    first.receive(UNSENT_BYTES);
    expect(refusalOf(() => second.receive(UNSENT_BYTES + 1))).to.equal("TOO_MANY_REQUESTS");
    const other = admission.enter("b", announced);
    other.receive(2 * UNSENT_BYTES);
    expect(refusalOf(() => other.receive(1))).to.equal("OVERLOADED");
    for (const request of [first, second, other]) request.release();
    const last = admission.enter("a", announced);
    last.receive(3 * UNSENT_BYTES);
    expect(refusalOf(() => last.receive(1))).to.equal("TOO_MANY_REQUESTS");
  });

  it("counts a request until its answer is closed and its work is done", async () => {
    const admission = new Admission(limits, new Sources());
    const request = admission.enter("a", 0);
    let done = (): void => undefined;
    const work = request.during(new Promise<void>((resolve) => (done = resolve)));
    request.release();
    expect(admission.requests).to.equal(1);
    done();
    await work;
    expect(admission.requests).to.equal(0);
  });

  it("lets suspects in seldom: one at a time, one a second each, and few in all", () => {
    let now = 0;
    const sources = new Sources(() => now);
    const admission = new Admission(limits, sources, () => now);
    for (const name of ["a", "b", "c"]) sources.blame(name, 8);
    const first = admission.enter("a", 0);
    expect(refusalOf(() => admission.enter("a", 0))).to.equal("TOO_MANY_REQUESTS");
    first.release();
    expect(refusalOf(() => admission.enter("a", 0))).to.equal("TOO_MANY_REQUESTS");
    now += 1_000;
    const [second, third] = [admission.enter("a", 0), admission.enter("b", 0)];
    expect(refusalOf(() => admission.enter("c", 0))).to.equal("TOO_MANY_REQUESTS");
    second.release();
    third.release();
    // Two in a second of all.
    expect(refusalOf(() => admission.enter("c", 0))).to.equal("TOO_MANY_REQUESTS");
    now += 1_000;
    expect(refusalOf(() => admission.enter("c", 0))).to.equal("taken");
  });
});

describe("the fair verifier", () => {
  const proof = {} as Proof;
  const limits = { waitingProofs: 6, waitingProofsPerSource: 4, proofSeconds: 60 };

  /** Verifies when it is told to: what was asked, in order. A name with "bad" in it is invalid. */
  function world(verifiers = 1, changes: Partial<typeof limits> = {}) {
    const asked: string[] = [];
    const pending: (() => void)[] = [];
    const sources = new Sources();
    const verify: Verify = (name) => {
      asked.push(name);
      return new Promise((resolve) => pending.push(() => resolve(!name.includes("bad"))));
    };
    const fair = new FairVerifier({ verify, verifiers, sources, limits: { ...limits, ...changes } });
    const ask = (source: string, name: string): Promise<string> =>
      codeOf(
        forSource(source, () => fair.verify(name as never, [], proof)).then((isValid) =>
          Promise.reject(Object.assign(new Error(), { code: String(isValid) })),
        ),
      );
    const finish = async (): Promise<void> => {
      pending.shift()?.();
      await sleep(1);
    };
    return { asked, sources, fair, ask, finish };
  }

  it("takes one of each source in turn", async () => {
    const { asked, ask, finish } = world();
    const all = ["a1", "a2", "a3"].map((name) => ask("a", name));
    all.push(ask("b", "b1"), ask("c", "c1"), ask("b", "b2"));
    for (let count = 0; count < 6; count++) await finish();
    expect(asked).to.deep.equal(["a1", "a2", "b1", "c1", "a3", "b2"]);
    expect(new Set(await Promise.all(all))).to.deep.equal(new Set(["true"]));
  });

  it("puts a source whose proof was invalid after all others, and refuses what else it sent but for one", async () => {
    const { asked, ask, finish, fair } = world();
    const all = ["bad1", "bad2", "bad3", "bad4"].map((name) => ask("a", name));
    all.push(ask("b", "b1"), ask("b", "b2"));
    await finish();
    expect(await Promise.all([all[0], all[2], all[3]])).to.deep.equal([
      "false",
      "TOO_MANY_REQUESTS",
      "TOO_MANY_REQUESTS",
    ]);
    all.push(ask("c", "c1"));
    for (let count = 0; count < 4; count++) await finish();
    expect(asked).to.deep.equal(["bad1", "b1", "b2", "c1", "bad2"]);
    expect(await all[1]).to.equal("false");
    expect(fair.waiting).to.equal(0);
  });

  it("leaves suspects one verifier less than there are", async () => {
    const { asked, ask, finish, sources } = world(2);
    sources.blame("a", 8);
    sources.blame("b", 8);
    const all = [ask("a", "a1"), ask("b", "b1")];
    expect(asked).to.deep.equal(["a1"]);
    all.push(ask("c", "c1"));
    expect(asked).to.deep.equal(["a1", "c1"]);
    for (let count = 0; count < 3; count++) await finish();
    expect(await Promise.all(all)).to.deep.equal(["true", "true", "true"]);
  });

  it("is bounded by source and in all: who has most that waits gives way", async () => {
    const { asked, ask, finish } = world();
    const running = ask("z", "z1");
    const a = [1, 2, 3, 4, 5].map((count) => ask("a", `a${count}`));
    expect(await a[4]).to.equal("TOO_MANY_REQUESTS");
    const b = [ask("b", "b1"), ask("b", "b2")];
    const c = ask("c", "c1");
    expect(await a[3]).to.equal("OVERLOADED");
    const d = ask("d", "d1");
    expect(await a[2]).to.equal("OVERLOADED");
    for (let count = 0; count < 7; count++) await finish();
    expect(asked).to.deep.equal(["z1", "a1", "b1", "c1", "d1", "a2", "b2"]);
    expect(await Promise.all([running, ...a.slice(0, 2), ...b, c, d])).to.deep.equal(new Array(7).fill("true"));
  });

  it("refuses what waited for too long, and goes on after a verifier that failed", async () => {
    const { ask, finish } = world(1, { proofSeconds: 0.05 });
    const first = ask("a", "a1");
    expect(await ask("b", "b1")).to.equal("OVERLOADED");
    await finish();
    expect(await first).to.equal("true");

    const failing = new FairVerifier({
      verify: async (name) => {
        if (String(name) === "crash") throw Object.assign(new Error(), { code: "WORKER_CRASHED" });
        return true;
      },
      verifiers: 1,
      sources: new Sources(),
      limits,
    });
    expect(await codeOf(failing.verify("crash" as never, [], proof))).to.equal("WORKER_CRASHED");
    expect(await failing.verify("request", [], proof)).to.equal(true);
  });
});

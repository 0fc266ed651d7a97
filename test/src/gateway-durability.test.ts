// SPDX-License-Identifier: GPL-3.0-or-later
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { expect } from "chai";

import { GatewayStoreError, SqliteStore } from "../../src/gateway/index.ts";
import type { Upstream } from "../../src/gateway/index.ts";
import { dyingAt } from "./support/dying-store.ts";
import {
  C,
  Echo,
  OTHER_POOL,
  PARAMETERS,
  POOL,
  POOL_ADDRESS,
  PRICE,
  TERMS,
  codeOf,
  startProvider,
  withFolder,
} from "./support/session-world.ts";
import { callOn, endOf, laterCallOn, proveTicket, strangeKey } from "./support/tickets.ts";
import type { ProvedTicket } from "./support/tickets.ts";

const isServed = (_: readonly unknown[], result: unknown): boolean => (result as { kind: string }).kind === "serve";
const hasEnded = (_: readonly unknown[], result: unknown): boolean => (result as { kind: string }).kind === "ended";
const hasOpening = ([, opening]: readonly unknown[]): boolean => opening !== undefined;

describe("a gateway that dies, or has company", function () {
  this.timeout(60_000);
  let ticket: ProvedTicket;
  before(async () => {
    ticket = await proveTicket(0, 0);
  });

  const steps = [
    {
      name: "before it records the ticket",
      death: { method: "beginCall", when: "before", matters: hasOpening },
      served: 1,
      waits: false,
    },
    {
      name: "between record and serve",
      death: { method: "beginCall", when: "after", matters: isServed },
      served: 1,
      waits: true,
    },
    {
      name: "between serve and the record of the answer",
      death: { method: "completeCall", when: "before" },
      served: 2,
      waits: true,
    },
    {
      name: "between the record of the answer and the answer",
      death: { method: "completeCall", when: "after" },
      served: 1,
      waits: false,
    },
  ] as const;
  for (const { name, death, served, waits } of steps) {
    it(`charges once and answers the same request when it dies ${name}`, () =>
      withFolder(async (path) => {
        const echo = new Echo();
        const store = new SqliteStore({ path: path("gateway"), poolHash: POOL.poolHash });
        const first = startProvider({ store: dyingAt(store, death), echo });
        void first.gateway.call(callOn(ticket, { isLast: true })).catch(() => undefined);
        // A step of a call takes at most a few turns and one verification.
        await new Promise((resolve) => setTimeout(resolve, 400));
        await store.close();

        const second = startProvider({ path: path("gateway"), echo, clock: first.clock });
        if (waits) {
          expect(await codeOf(second.gateway.call(callOn(ticket, { isLast: true })))).to.equal("CALL_IN_PROGRESS");
          expect(await codeOf(second.gateway.endSession(endOf(ticket)))).to.equal("CALL_IN_PROGRESS");
          second.clock.now += 16;
        }
        const answer = await second.gateway.call(callOn(ticket, { isLast: true }));
        expect(answer.response).to.equal("echo: hello");
        expect(answer.receipt.charged).to.equal(PRICE.toString());
        expect(await second.gateway.call(callOn(ticket, { isLast: true }))).to.deep.equal(answer);
        expect(echo.served).to.have.length(served);
        const kinds = (await second.gateway.publicFeed({ after: 0 })).entries.map(({ kind }) => kind);
        expect(kinds).to.deep.equal(["ticket", "refund"]);
        await second.store.close();

        const third = startProvider({ path: path("gateway"), echo });
        expect(await third.gateway.call(callOn(ticket, { isLast: true }))).to.deep.equal(answer);
        expect(await third.gateway.endSession(endOf(ticket))).to.deep.equal(answer.refund);
        expect(echo.served).to.have.length(served);
        await third.store.close();
      }));
  }

  it("never gives two refund tickets when it dies while a session ends", () =>
    withFolder(async (path) => {
      const store = new SqliteStore({ path: path("gateway"), poolHash: POOL.poolHash });
      const first = startProvider({
        store: dyingAt(store, { method: "endSession", when: "after", matters: hasEnded }),
      });
      await first.gateway.call(callOn(ticket));
      void first.gateway.endSession(endOf(ticket)).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 200));
      await store.close();
      const { gateway } = startProvider({ path: path("gateway") });
      const refund = await gateway.refund({ nullifier: ticket.nullifier.toString() });
      expect(refund.refundedCharge).to.equal((C - PRICE).toString());
      expect(await gateway.endSession(endOf(ticket, true))).to.deep.equal(refund);
    }));

  it("discards its own answer when another process took the call over meanwhile", () =>
    withFolder(async (path) => {
      let release: (value: { response: string; charge: bigint }) => void = () => undefined;
      const slow: Upstream = { quote: () => PRICE, serve: () => new Promise((resolve) => (release = resolve)) };
      const first = startProvider({ path: path("gateway"), upstream: slow });
      const second = startProvider({ path: path("gateway"), clock: first.clock });
      const late = codeOf(first.gateway.call(callOn(ticket)));
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(await codeOf(second.gateway.call(callOn(ticket)))).to.equal("CALL_IN_PROGRESS");
      // The first process sleeps for longer than its lease.
      first.clock.now += 16;
      const answer = await second.gateway.call(callOn(ticket));
      release({ response: "too late", charge: 90n });
      expect(await late).to.equal("CALL_IN_PROGRESS");
      expect(await first.gateway.call(callOn(ticket))).to.deep.equal(answer);
      expect((await second.gateway.endSession(endOf(ticket))).refundedCharge).to.equal((C - PRICE).toString());
    }));

  it("serves each sequence once when many copies of it come at once", async () => {
    const { gateway, upstream } = startProvider();
    /** Few wait for their turn; the others are told to come again. */
    const send = async (request: unknown): ReturnType<typeof gateway.call> => {
      for (;;) {
        try {
          return await gateway.call(request);
        } catch (error) {
          expect(error).to.include({ code: "CALL_IN_PROGRESS" });
          await pause(10);
        }
      }
    };
    const first = await Promise.all(Array.from({ length: 20 }, () => send(callOn(ticket))));
    expect(new Set(first.map((answer) => JSON.stringify(answer))).size).to.equal(1);
    const copies = [...Array.from({ length: 10 }, () => 2), ...Array.from({ length: 10 }, () => 3)];
    const later = await Promise.all(copies.map((sequence) => send(laterCallOn(ticket, { sequence }))));
    expect(new Set(later.map(({ receipt }) => receipt.charged))).to.deep.equal(new Set(["60", "90"]));
    expect(upstream.served).to.have.length(3);
  });

  it("serves one ticket once from two gateways on one file", () =>
    withFolder(async (path) => {
      const echo = new Echo();
      const gateways = [1, 2].map(() => startProvider({ path: path("gateway"), echo }).gateway);
      const calls = Array.from({ length: 10 }, (_, n) =>
        (gateways[n % 2] as (typeof gateways)[0]).call(callOn(ticket)),
      );
      const results = await Promise.allSettled(calls);
      for (const result of results) {
        if (result.status === "rejected") expect(result.reason).to.include({ code: "CALL_IN_PROGRESS" });
      }
      const answers = await Promise.all(gateways.map((gateway) => gateway.call(callOn(ticket))));
      expect(answers[0]).to.deep.equal(answers[1]);
      expect(echo.served).to.have.length(1);
    }));

  it("serves each of 40 tickets once when two processes get all of them at the same time", () =>
    withFolder(async (path) => {
      const requests = Array.from({ length: 40 }, (_, n) =>
        callOn(
          { ...ticket, key: strangeKey(1 + n), nullifier: BigInt(1 + n) },
          { payload: `call ${n}`, isLast: n % 2 === 0, ticket: { ...ticket.opening, y: 1n } },
        ),
      );
      const input = JSON.stringify(
        { address: POOL_ADDRESS, parameters: PARAMETERS, terms: TERMS, requests },
        (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value),
      );
      const script = fileURLToPath(new URL("./support/gateway-process.ts", import.meta.url));
      const run = async (): Promise<string> => {
        const child = spawn(process.execPath, ["--import=tsx", script, path("gateway"), path("log")], {
          stdio: ["pipe", "pipe", "inherit"],
        });
        child.stdin.end(input);
        return text(child.stdout);
      };
      const [one, two] = await Promise.all([run(), run()]);
      expect(JSON.parse(one)).to.have.length(40);
      expect(one).to.equal(two);
      const served = readFileSync(path("log"), "utf8").trim().split("\n").sort();
      expect(served).to.deep.equal(requests.map(({ payload }) => payload).sort());
    }));

  it("refuses a file of another pool, of a newer program, or that is no store", () =>
    withFolder(async (path) => {
      const open = (name: string, poolHash = POOL.poolHash): SqliteStore =>
        new SqliteStore({ path: path(name), poolHash });
      await open("gateway").close();
      await open("gateway").close();
      expect(() => open("gateway", OTHER_POOL.poolHash))
        .to.throw(GatewayStoreError)
        .with.property("code", "OTHER_POOL");
      const database = new DatabaseSync(path("gateway"));
      database.exec("INSERT INTO schema_migrations (version) VALUES (99)");
      database.close();
      expect(() => open("gateway"))
        .to.throw(GatewayStoreError)
        .with.property("code", "NEWER_SCHEMA");
      expect(() => open("no/such/folder"))
        .to.throw(GatewayStoreError)
        .with.property("code", "UNREADABLE");
    }));
});

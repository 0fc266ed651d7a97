// SPDX-License-Identifier: GPL-3.0-or-later
import { randomBytes } from "node:crypto";
import { spawnSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect } from "chai";

import { jsonRpcUpstream } from "../../src/gateway/index.ts";
import { WalletError, WalletStore } from "../../src/wallet/index.ts";
import type { CheckedAnswer } from "../../src/wallet/index.ts";
import { GatewayError } from "../../src/wire/index.ts";
import type { CallRequestJson } from "../../src/wire/index.ts";
import {
  C,
  P,
  PARAMETERS,
  PRICE,
  SEED,
  TERMS,
  beginUser,
  codeOf,
  lying,
  openUser,
  prove,
  startProvider,
  withFolder,
} from "./support/session-world.ts";
import type { Provider, User, UserSetup } from "./support/session-world.ts";

async function enrolled(provider: Provider, setup: UserSetup = {}): Promise<User> {
  const user = openUser(provider, setup);
  await beginUser(provider, user);
  await user.account.enroll();
  return user;
}

describe("the wallet's calls", function () {
  this.timeout(90_000);

  it("gives calls in flight tickets of their own, in the order of their indices, and keeps their refunds", async () => {
    const provider = startProvider();
    const { account } = await enrolled(provider);
    const results = await Promise.all(["a", "b", "c"].map((payload) => account.call(payload, { cap: PRICE })));
    expect(results.map(({ index }) => index)).to.deep.equal([0, 1, 2]);
    expect(results.map(({ response }) => response)).to.deep.equal(["echo: a", "echo: b", "echo: c"]);
    expect(account.summary()).to.include({ used: 3, unsettled: 0, unfolded: 3n * (C - PRICE + P) });
  });

  it("proves tickets ahead, and a call then needs no proof", async () => {
    const provider = startProvider();
    let proofs = 0;
    const counting: typeof prove = (...values) => ((proofs += 1), prove(...values));
    const { account } = await enrolled(provider, { prove: counting });
    expect(await account.proveTickets(2)).to.equal(2);
    const before = proofs;
    await account.call("a");
    expect(await account.proveTickets(1)).to.equal(1);
    expect(proofs).to.equal(before);
    expect(account.summary()).to.include({ used: 1, inStock: 1, covered: 10 });
  });

  it("reserves a ticket on disk before its share leaves, and sends the same bytes after a crash", () =>
    withFolder(async (path) => {
      const provider = startProvider();
      const sent: CallRequestJson[] = [];
      const silent = lying(provider.gateway, {
        call: async (request) => {
          sent.push(request);
          throw new Error("the connection was lost");
        },
        endSession: async () => {
          throw new Error("the connection was lost");
        },
      });
      const first = await enrolled(provider, { path: path("wallet"), api: silent });
      expect(await codeOf(first.account.call("precious"))).to.equal("UNANSWERED");
      expect(first.account.summary()).to.include({ used: 1, unsettled: 1 });
      first.close();

      const honest = lying(provider.gateway, {
        call: (request) => {
          sent.push(request);
          return provider.gateway.call(request);
        },
      });
      const second = openUser(provider, { path: path("wallet"), api: honest });
      expect(second.account.summary()).to.include({ used: 1, unsettled: 1 });
      const { answers, failures } = await second.account.resume();
      expect(failures).to.deep.equal([]);
      expect(answers.map(({ response, index }) => [index, response])).to.deep.equal([[0, "echo: precious"]]);
      expect(new Set(sent.map((request) => JSON.stringify(request))).size).to.equal(1);
      expect(second.account.summary()).to.include({ unsettled: 0 });
      expect((await second.account.call("next")).index).to.equal(1);
      second.close();
    }));

  it("collects the answer and the refund when it died after the provider had served", () =>
    withFolder(async (path) => {
      const provider = startProvider();
      const deaf = lying(provider.gateway, {
        call: async (request) => {
          await provider.gateway.call(request);
          throw new Error("the connection was lost");
        },
        endSession: async () => {
          throw new Error("the connection was lost");
        },
      });
      const first = await enrolled(provider, { path: path("wallet"), api: deaf });
      expect(await codeOf(first.account.call("precious"))).to.equal("UNANSWERED");
      first.close();
      const second = openUser(provider, { path: path("wallet") });
      const { answers } = await second.account.resume();
      expect(answers[0]).to.include({ response: "echo: precious", charged: PRICE });
      expect(provider.upstream.served).to.have.length(1);
      expect(second.account.summary()).to.include({ unsettled: 0, unfolded: C - PRICE + P });
      second.close();
    }));

  it("hands an answer on before it is booked, and gets it again when the machine stops in between", () =>
    withFolder(async (path) => {
      const provider = startProvider();
      const { account, close } = await enrolled(provider, { path: path("wallet") });
      await account.proveTickets(1);
      const told: string[] = [];
      const onAnswer = ({ response }: CheckedAnswer): void => {
        told.push(response);
        // What would be on the disk if the machine stopped now.
        for (const part of ["wallet", "wallet-wal"]) copyFileSync(path(part), path(part.replace("wallet", "copy")));
      };
      const result = await account.call("precious", { onAnswer });
      expect(told).to.deep.equal([result.response]);
      expect(account.summary()).to.include({ unsettled: 0, unfolded: C - PRICE + P });
      close();

      const copy = openUser(provider, { path: path("copy") });
      expect(copy.account.summary()).to.include({ used: 1, unsettled: 1, unfolded: 0n });
      const { answers, failures } = await copy.account.resume();
      expect(failures).to.deep.equal([]);
      expect(answers.map(({ response, charged }) => [response, charged])).to.deep.equal([["echo: precious", PRICE]]);
      expect(provider.upstream.served).to.have.length(1);
      expect(copy.account.summary()).to.include({ unsettled: 0, unfolded: C - PRICE + P });
      copy.close();
    }));

  it("hands on no answer whose receipt is not the provider's", async () => {
    const provider = startProvider();
    const forged = lying(provider.gateway, {
      call: async (request) => ({ ...(await provider.gateway.call(request)), response: "forged" }),
    });
    const { account } = await enrolled(provider, { api: forged });
    const told: CheckedAnswer[] = [];
    const onAnswer = (answer: CheckedAnswer): number => told.push(answer);
    expect(await codeOf(account.call("precious", { onAnswer }))).to.equal("PROVIDER_DISHONEST");
    expect(told).to.deep.equal([]);
  });

  it("ends an interrupted call for its full refund when the next call comes first", async () => {
    const provider = startProvider();
    let isDown = true;
    const flaky = lying(provider.gateway, {
      call: (request) => (isDown ? Promise.reject(new Error("down")) : provider.gateway.call(request)),
      endSession: (request) => (isDown ? Promise.reject(new Error("down")) : provider.gateway.endSession(request)),
    });
    const { account } = await enrolled(provider, { api: flaky });
    expect(await codeOf(account.call("lost"))).to.equal("UNANSWERED");
    isDown = false;
    expect((await account.call("next")).index).to.equal(1);
    expect(provider.upstream.served).to.deep.equal(["next"]);
    expect(account.summary()).to.include({ unsettled: 0, unfolded: C + P + (C - PRICE + P) });
  });

  it("asks again while the provider is at work on the call, longer than for an answer that does not come", async () => {
    const provider = startProvider();
    let asked = 0;
    let busyFor = 6;
    const busy = lying(provider.gateway, {
      call: (request) =>
        (asked += 1) <= busyFor
          ? Promise.reject(new GatewayError("CALL_IN_PROGRESS", "ask again later"))
          : provider.gateway.call(request),
    });
    const { account } = await enrolled(provider, { api: busy });
    expect((await account.call("a")).response).to.equal("echo: a");
    expect(asked).to.equal(7);
    busyFor = Number.POSITIVE_INFINITY;
    expect(await codeOf(account.call("b"))).to.equal("UNANSWERED");
    expect(asked).to.equal(7 + 2 + 15);
  });

  it("waits longer before each attempt, and as long as the provider asks, within reason", async () => {
    const provider = startProvider();
    const pauses: number[] = [];
    const failures = [
      new Error("down"),
      new GatewayError("OVERLOADED", "later", { retryAfterSeconds: 5 }),
      new GatewayError("OVERLOADED", "much later", { retryAfterSeconds: 86_400 }),
      new GatewayError("OVERLOADED", "never", { retryAfterSeconds: "soon" }),
      new Error("down"),
    ];
    const flaky = lying(provider.gateway, {
      call: (request) => {
        const failure = failures.shift();
        return failure === undefined ? provider.gateway.call(request) : Promise.reject(failure);
      },
    });
    const { account } = await enrolled(provider, {
      api: flaky,
      retry: { attempts: 6, pauseMilliseconds: 100 },
      pause: async (milliseconds) => void pauses.push(milliseconds),
    });
    await account.call("a");
    expect(pauses).to.deep.equal([100, 5_000, 30_000, 800, 800]);
  });

  it("runs a session of several calls on one ticket, each within its own cap", async () => {
    const provider = startProvider();
    const { account } = await enrolled(provider);
    const session = await account.openSession();
    const [first, second] = await Promise.all([session.call("1", { cap: PRICE }), session.call("2", { cap: PRICE })]);
    expect([first.charged, second.charged]).to.deep.equal([PRICE, PRICE]);
    expect(second.receipt.charged).to.equal(2n * PRICE);
    const refund = await session.end();
    expect(refund.refundedCharge).to.equal(C - 2n * PRICE);
    expect(await session.end()).to.deep.equal(refund);
    expect(await codeOf(session.call("3"))).to.equal("SESSION_OVER");
    const unused = await account.openSession();
    expect((await unused.end()).refundedCharge).to.equal(C);
  });

  it("gets a full refund for a payload that is refused, and tries it on no other ticket", async () => {
    const rpcTerms = { ...TERMS, pricing: { kind: "fixed" as const, price: PRICE.toString() } };
    const upstream = jsonRpcUpstream({ ...rpcTerms, pricing: { kind: "fixed", price: PRICE } }, async () => ({}));
    const provider = startProvider({ upstream });
    const { account } = await enrolled(provider);
    const refused = await account.call("no JSON").catch((error: unknown) => error);
    expect(refused).to.include({ code: "CALL_REFUSED", refusal: "PAYLOAD_REFUSED" });
    expect(account.summary()).to.include({ used: 1, unsettled: 0, unfolded: C + P });
    expect(await codeOf(account.call("x".repeat(4 * 1024 * 1024 + 1)))).to.equal("PAYLOAD_INVALID");
    expect(account.summary()).to.include({ used: 1 });
  });

  it("gets a full refund when the service fails", async () => {
    const upstream = { quote: () => PRICE, serve: () => Promise.reject(new Error("down")) };
    const { account } = await enrolled(startProvider({ upstream }));
    const refused = await account.call("a").catch((error: unknown) => error);
    expect(refused).to.include({ code: "CALL_REFUSED", refusal: "UPSTREAM_FAILED" });
    expect(account.summary()).to.include({ unsettled: 0, unfolded: C + P });
  });

  it("stops when the budget is spent, when it is not enrolled, and when the chain says that the account is gone", async () => {
    const provider = startProvider();
    const { account } = await enrolled(provider, { number: 2 });
    expect(await account.proveTickets(50)).to.equal(2);
    await Promise.all([account.call("a"), account.call("b")]);
    expect(await codeOf(account.call("c"))).to.equal("BUDGET_SPENT");
    expect(await codeOf(openUser(provider, { number: 1 }).account.call("a"))).to.equal("NOT_ENROLLED");
    expect(await codeOf(openUser(provider, { number: 9 }).account.enroll())).to.equal("ACCOUNT_NOT_OPEN");
    const { account: second } = await enrolled(provider);
    for (const change of [
      { isClosing: true },
      { isClosing: false, status: "slashed" as const },
      { status: "expired" as const },
    ]) {
      provider.chain.change(second.identityCommitment, change);
      expect(await codeOf(second.call("a"))).to.equal("ACCOUNT_NOT_OPEN");
    }
    expect(second.summary()).to.include({ used: 0 });
  });

  it("refuses a second process on its file, another seed, and what is no wallet", () =>
    withFolder(async (path) => {
      const store = WalletStore.open(path("wallet"), SEED);
      expect(() => WalletStore.open(path("wallet"), SEED))
        .to.throw(WalletError)
        .with.property("code", "WALLET_LOCKED");
      const script = `import { WalletStore } from ${JSON.stringify(new URL("../../src/wallet/index.ts", import.meta.url).href)};
        try { WalletStore.open(process.argv[1], new Uint8Array(32).fill(7)); console.log("opened"); } catch (error) { console.log(error.code); }`;
      const cwd = fileURLToPath(new URL("../..", import.meta.url));
      const inChild = (): string =>
        spawnSync(process.execPath, ["--import=tsx", "--input-type=module", "-e", script, path("wallet")], {
          cwd,
          encoding: "utf8",
        }).stdout.trim();
      expect(inChild()).to.equal("WALLET_LOCKED");
      store.close();
      expect(inChild()).to.equal("opened");
      const open = (seed: Uint8Array, name = "wallet"): unknown => WalletStore.open(path(name), seed);
      expect(() => open(randomBytes(32)))
        .to.throw(WalletError)
        .with.property("code", "SEED_MISMATCH");
      expect(() => open(new Uint8Array(16)))
        .to.throw(WalletError)
        .with.property("code", "SEED_MISMATCH");
      expect(() => open(SEED, "no/such/folder"))
        .to.throw(WalletError)
        .with.property("code", "WALLET_UNREADABLE");
    }));

  it("uses an old copy of its file without being slashed: at worst a call is refused", () =>
    withFolder(async (path) => {
      const provider = startProvider();
      const first = await enrolled(provider, { path: path("wallet") });
      await first.account.call("before the backup");
      first.close();
      copyFileSync(path("wallet"), path("backup"));
      const newer = openUser(provider, { path: path("wallet") });
      await newer.account.call("after the backup");
      const session = await newer.account.openSession();
      await session.call("still open");
      newer.close();

      const older = openUser(provider, { path: path("backup") });
      expect(older.account.summary()).to.include({ used: 1, isRestored: false });
      for (const code of ["SEQUENCE_CONFLICT", "SESSION_ENDED"]) {
        const refused = await older.account.call("from the old copy").catch((error: unknown) => error);
        expect(refused).to.include({ code: "TICKET_USED_ELSEWHERE", refusal: code });
        // The provider forgets its answers, and ends the session that was left open.
        provider.clock.now += 3_601;
        await provider.gateway.sweep();
      }
      // It learned that it is old, got the refunds of what it did not know, and goes on.
      expect(older.account.summary()).to.include({
        isRestored: true,
        used: 3,
        unsettled: 0,
        unfolded: 3n * (C - PRICE + P),
      });
      expect((await older.account.call("from the old copy")).response).to.equal("echo: from the old copy");
      await provider.gateway.idle();
      expect(provider.offences).to.deep.equal([]);
      expect(await codeOf(older.account.buildClose({ recipient: PARAMETERS.token, deadline: 1n }))).to.equal(
        "CLOSE_AFTER_RESTORE",
      );
      older.close();
    }));
});

// SPDX-License-Identifier: GPL-3.0-or-later
import { randomBytes } from "node:crypto";
import { spawnSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect } from "chai";

import { jsonRpcUpstream } from "../../src/gateway/index.ts";
import { RECEIPT_TYPES, domainOf, nullifierOf, ticketKeyOf, ticketRootOf } from "../../src/protocol/index.ts";
import { Wallet, WalletError, WalletStore } from "../../src/wallet/index.ts";
import { GatewayError, termsHashOf, toJson } from "../../src/wire/index.ts";
import type { CallAnswerJson, CallRequestJson, ProviderApi, SignedRefundJson } from "../../src/wire/index.ts";
import {
  C,
  FakeChain,
  OTHER_POOL,
  P,
  PARAMETERS,
  POOL,
  PRICE,
  SEED,
  SIGNER,
  TERMS,
  codeOf,
  lying,
  openUser,
  prove,
  secretOf,
  startProvider,
  withFolder,
} from "./support/session-world.ts";
import type { Provider, User, UserSetup } from "./support/session-world.ts";
import { refundOf } from "./support/tickets.ts";

const nullifierAt = (index: number): bigint =>
  nullifierOf(ticketKeyOf(ticketRootOf(secretOf(0), POOL.poolHash), index));
const signedRefund = (index: number, refundedCharge: bigint): SignedRefundJson => {
  const { index: _, ...refund } = refundOf(nullifierAt(index), index, refundedCharge);
  return toJson({ nullifier: nullifierAt(index), ...refund });
};

async function enrolled(provider: Provider, setup: UserSetup = {}): Promise<User> {
  const user = openUser(provider, setup);
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

  describe("with a dishonest provider", () => {
    type Change = (answer: CallAnswerJson) => Promise<CallAnswerJson> | CallAnswerJson;
    const answering = (provider: Provider, change: Change): ProviderApi =>
      lying(provider.gateway, { call: async (request) => change(await provider.gateway.call(request)) });
    const sign = async (
      answer: CallAnswerJson,
      change: Partial<CallAnswerJson["receipt"]>,
    ): Promise<CallAnswerJson> => {
      const receipt = { ...answer.receipt, ...change };
      return { ...answer, receipt, signature: await SIGNER.signTypedData(domainOf(POOL), RECEIPT_TYPES, receipt) };
    };

    const badReceipts: Record<string, Change> = {
      "for another ticket": (answer) => sign(answer, { nullifier: "5" }),
      "for another call": (answer) => sign(answer, { sequence: "2" }),
      "for another request": (answer) => sign(answer, { requestHash: `0x${"11".repeat(32)}` }),
      "for another response": (answer) => ({ ...answer, response: "something else" }),
      "charging above the voucher": (answer) => sign(answer, { charged: "70" }),
      "charging no multiple of the unit": (answer) => sign(answer, { charged: "35" }),
      "without the provider's signature": (answer) => ({ ...answer, receipt: { ...answer.receipt, issuedAt: "1" } }),
      "with a signature that is none": (answer) => ({ ...answer, signature: "0x1234" }),
      "that is malformed": (answer) => ({ ...answer, receipt: { ...answer.receipt, charged: "-1" } }),
    };
    for (const [name, change] of Object.entries(badReceipts)) {
      it(`refuses a receipt ${name}, and keeps it as evidence`, async () => {
        const provider = startProvider();
        const { account } = await enrolled(provider, { api: answering(provider, change) });
        expect(await codeOf(account.call("a", { cap: 60n }))).to.equal("PROVIDER_DISHONEST");
        expect(account.grievances()).to.have.length(1);
        expect(account.grievances()[0]).to.include({ index: 0 });
      });
    }

    const badRefunds: Record<string, (refund: SignedRefundJson) => SignedRefundJson> = {
      "for another ticket": () => signedRefund(1, 70n),
      "above C": () => signedRefund(0, C + 10n),
      "that is less than the receipt says": () => signedRefund(0, 60n),
      "that is no multiple of the unit": () => signedRefund(0, 75n),
      "that keeps the policy hold": (refund) => ({ ...refund, refundedHold: "0" }),
      "whose signature is of another amount": (refund) => ({ ...refund, refundedCharge: "80" }),
      "whose signature is of another pool": () => {
        const { index: _, ...refund } = refundOf(nullifierAt(0), 0, 70n, OTHER_POOL);
        return toJson({ nullifier: nullifierAt(0), ...refund });
      },
    };
    for (const [name, change] of Object.entries(badRefunds)) {
      it(`returns the answer but stores no refund ${name}, and uses no further ticket`, async () => {
        const provider = startProvider();
        const api = lying(provider.gateway, {
          call: async (request) => {
            const answer = await provider.gateway.call(request);
            return { ...answer, refund: answer.refund && change(answer.refund) };
          },
          endSession: async (request) => change(await provider.gateway.endSession(request)),
        });
        const { account } = await enrolled(provider, { api });
        const result = await account.call("a");
        expect(result).to.include({ response: "echo: a", refund: undefined });
        expect(account.summary()).to.include({ unsettled: 1, unfolded: 0n });
        expect(await codeOf(account.call("b"))).to.equal("REFUND_WITHHELD");
        expect(provider.upstream.served).to.deep.equal(["a"]);
        expect(account.summary()).to.include({ used: 1 });
        expect(account.grievances().length).to.be.greaterThan(0);
      });
    }

    it("stops using a provider that withholds a refund, and goes on when it comes", async () => {
      const provider = startProvider();
      let withholds = true;
      const api = lying(provider.gateway, {
        call: async (request) => ({
          ...(await provider.gateway.call(request)),
          ...(withholds ? { refund: null } : {}),
        }),
        endSession: (request) =>
          withholds
            ? Promise.reject(new GatewayError("TICKET_UNKNOWN", "never heard of it"))
            : provider.gateway.endSession(request),
      });
      const { account } = await enrolled(provider, { api });
      const inFlight = await Promise.all([account.call("a"), account.call("b")]);
      expect(inFlight.map(({ refund }) => refund)).to.deep.equal([undefined, undefined]);
      const refused = await account.call("c").catch((error: unknown) => error);
      expect(refused).to.include({ code: "REFUND_WITHHELD" });
      expect(await codeOf(account.openSession())).to.equal("REFUND_WITHHELD");
      expect(account.summary()).to.include({ used: 2, unsettled: 2 });
      withholds = false;
      expect((await account.call("c")).index).to.equal(2);
      expect(account.summary()).to.include({ used: 3, unsettled: 0 });
    });

    it("keeps the first of two refunds for one ticket, and the second gains nobody anything", async () => {
      const provider = startProvider();
      const api = lying(provider.gateway, { endSession: async () => signedRefund(0, 60n) });
      const { account } = await enrolled(provider, { api });
      const { refund } = await account.call("a");
      expect(refund?.refundedCharge).to.equal(70n);
      await account.resume();
      expect(account.summary()).to.include({ unfolded: 90n });
    });

    it("refuses a signature of a state that it did not ask for, or that is not the provider's", async () => {
      const provider = startProvider();
      const changes: ((answer: Awaited<ReturnType<ProviderApi["enroll"]>>) => unknown)[] = [
        (answer) => ({ ...answer, state: "5" }),
        (answer) => ({ ...answer, signature: { ...answer.signature, s: "5" } }),
        (answer) => ({ ...answer, signature: { ...answer.signature, r8: ["0", "1"] } }),
        () => null,
      ];
      for (const change of changes) {
        const api = lying(provider.gateway, {
          enroll: async (request) => change(await provider.gateway.enroll(request)) as never,
        });
        const { account } = openUser(provider, { api });
        expect(await codeOf(account.enroll())).to.equal("PROVIDER_DISHONEST");
        expect(account.summary()).to.include({ isEnrolled: false });
      }
      const refusing = lying(provider.gateway, {
        enroll: () => Promise.reject(new GatewayError("ROOT_UNKNOWN", "not final yet")),
      });
      expect(await codeOf(openUser(provider, { api: refusing }).account.enroll())).to.equal("SIGNATURE_REFUSED");
    });

    it("refuses a provider whose terms are not those of the pool before it shows it anything", async () => {
      const provider = startProvider();
      const honest = await provider.gateway.terms();
      const others = [
        { ...honest, terms: { ...TERMS, policy: "pay more" } },
        { ...honest, terms: null },
        { ...honest, chainId: "1" },
        { ...honest, pool: OTHER_POOL.address },
        {},
      ];
      for (const answer of others) {
        const api = lying(provider.gateway, { terms: async () => answer as never });
        expect(await codeOf(openUser(provider, { api }).account.enroll())).to.be.oneOf([
          "TERMS_MISMATCH",
          "PROVIDER_DISHONEST",
        ]);
      }
      const dear = { ...TERMS, pricing: { kind: "fixed" as const, price: (C + 10n).toString() } };
      const pool = { ...POOL, parameters: { ...PARAMETERS, termsHash: termsHashOf(dear) } };
      const api = lying(provider.gateway, { terms: async () => ({ ...honest, terms: dear }) });
      const { store } = openUser(provider);
      const wallet = new Wallet({
        store,
        pool,
        provider: api,
        chain: new FakeChain(),
        prove,
        clock: provider.clock.read,
      });
      expect(await codeOf(wallet.terms())).to.equal("TERMS_MISMATCH");
    });

    it("takes no proof that is of something else than it asked for", async () => {
      const provider = startProvider();
      const wrong: typeof prove = async (...values) => {
        const { proof, publicSignals } = await prove(...values);
        return { proof, publicSignals: publicSignals.map((signal) => signal + 1n) };
      };
      expect(await codeOf(openUser(provider, { prove: wrong }).account.enroll())).to.equal("PROOF_MISMATCH");
    });
  });
});

// SPDX-License-Identifier: GPL-3.0-or-later

import { expect } from "chai";

import { RECEIPT_TYPES, domainOf, nullifierOf, ticketKeyOf, ticketRootOf } from "../../src/protocol/index.ts";
import { Wallet } from "../../src/wallet/index.ts";
import { GatewayError, termsHashOf, toJson } from "../../src/wire/index.ts";
import type { CallAnswerJson, ProviderApi, SignedRefundJson } from "../../src/wire/index.ts";
import {
  C,
  FakeChain,
  OTHER_POOL,
  PARAMETERS,
  POOL,
  SIGNER,
  TERMS,
  beginUser,
  codeOf,
  lying,
  openUser,
  prove,
  secretOf,
  startProvider,
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
  await beginUser(provider, user);
  await user.account.enroll();
  return user;
}

describe("the wallet and a dishonest provider", function () {
  this.timeout(90_000);

  type Change = (answer: CallAnswerJson) => Promise<CallAnswerJson> | CallAnswerJson;
  const answering = (provider: Provider, change: Change): ProviderApi =>
    lying(provider.gateway, { call: async (request) => change(await provider.gateway.call(request)) });
  const sign = async (answer: CallAnswerJson, change: Partial<CallAnswerJson["receipt"]>): Promise<CallAnswerJson> => {
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

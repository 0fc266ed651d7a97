// SPDX-License-Identifier: GPL-3.0-or-later
/** Clocks that are wrong by an hour and more, and that jump, at the gateway and at the wallet, over HTTP. */
import { expect } from "chai";
import { Wallet } from "ethers";

import { ChainError } from "../../src/chain/index.ts";
import { httpProvider } from "../../src/wallet/index.ts";
import type { WalletError } from "../../src/wallet/index.ts";
import { PATHS } from "../../src/wire/index.ts";
import type { CallAnswerJson, ProviderApi } from "../../src/wire/index.ts";
import { serialIn } from "./processes/service.ts";
import { Place, SkewedClock, asking, codeOf } from "./weather/place.ts";
import type { Owner } from "./weather/place.ts";

const [HOUR, DAY] = [3_600, 86_400];

describe("clocks that are wrong, over HTTP", function () {
  this.timeout(240_000);
  let place: Place;
  before(async () => {
    place = await Place.open();
  });
  afterEach(() => place.close());

  const served = (id: string): number => place.kettle.services.filter((service) => service.id === id).length;
  async function expectPaid(id: string, call: ReturnType<Owner["account"]["call"]>): Promise<void> {
    const { response, charged, refund } = await call;
    const { serial = -1 } = serialIn(response) ?? {};
    expect(place.kettle.services[serial]).to.include({ id, charge: charged });
    expect(refund?.refundedCharge).to.equal(place.client.parameters.ticketPrice - charged);
  }

  it("serve and refund as ever when gateway and wallet are days apart, also when the gateway's jumps while it serves", async () => {
    const clock = new SkewedClock();
    const shop = await place.shop({ clock: clock.read, settings: { leaseSeconds: 3 } });
    const walletClock = new SkewedClock();
    const { account } = await place.ready({ provider: shop.url, clock: walletClock.read }, 2);
    const jumps = [2 * HOUR, -3 * DAY];
    for (const [index, skew] of jumps.entries()) {
      clock.skew = skew;
      walletClock.skew = -skew;
      const id = `jump${index}`;
      const call = account.call(asking(id, { isSlow: true }));
      // While its lease is held.
      await new Promise((resolve) => setTimeout(resolve, 200));
      clock.skew = -skew;
      await expectPaid(id, call);
      expect(served(id)).to.equal(1);
    }
    expect(account.summary()).to.include({ used: jumps.length, unsettled: 0 });
    expect(account.grievances()).to.deep.equal([]);
    expect(shop.faults).to.deep.equal([]);
    expect((await fetch(shop.url + PATHS.health)).status).to.equal(200);
  });

  it("keep the answer from whoever cannot get it before the gateway forgets it, but not the refund", async () => {
    const clock = new SkewedClock();
    const shop = await place.shop({ clock: clock.read });
    const api = place.reach(shop.url);
    let isCut = true;
    const provider: typeof api = {
      ...api,
      call: async (request) => {
        const answer = await api.call(request);
        if (isCut) throw new Error("cut");
        return answer;
      },
      endSession: (request) => (isCut ? Promise.reject(new Error("cut")) : api.endSession(request)),
    };
    const retry = { attempts: 1, pauseMilliseconds: 0 };
    const { account } = await place.ready({ provider, retry }, 2);
    expect(await codeOf(account.call(asking("forgotten")))).to.equal("UNANSWERED");
    clock.skew = 30 * DAY;
    await shop.gateway.sweep();
    clock.skew = 0;
    isCut = false;
    const { answers, failures } = await account.resume();
    expect(answers).to.deep.equal([]);
    expect(failures).to.have.length(1);
    expect(served("forgotten")).to.equal(1);
    const charge = place.kettle.services.find(({ id }) => id === "forgotten")?.charge ?? 0n;
    const { ticketPrice, policyHold } = place.client.parameters;
    expect(account.summary()).to.include({ unsettled: 0, unfolded: ticketPrice - charge + policyHold });
    await expectPaid("further", account.call(asking("further")));
  });

  it("leave what a dead process was serving alone until its time is over, also when the clock is set back meanwhile", async () => {
    const { store, ...first } = await place.shop({ limits: { graceSeconds: 0 } });
    const clock = new SkewedClock();
    // To the others, who never completes what it began is dead.
    const dying = await place.shop({
      store: new Proxy(store, {
        get(target, name) {
          if (name === "completeCall") return () => new Promise(() => undefined);
          const member = Reflect.get(target, name, target) as (...values: unknown[]) => unknown;
          return member.bind(target);
        },
      }),
      limits: { graceSeconds: 0 },
    });
    const other = await place.shop({ store, clock: clock.read });
    let api: ProviderApi = httpProvider(dying.url, { answerMilliseconds: 500 });
    const provider: ProviderApi = {
      ...place.reach(other.url),
      call: (request) => api.call(request),
    };
    const { account } = await place.ready({ provider, retry: { attempts: 1, pauseMilliseconds: 0 } }, 1);
    expect(await codeOf(account.call(asking("held")))).to.equal("UNANSWERED");
    api = place.reach(other.url);
    clock.skew = -HOUR;
    const { failures } = await account.resume();
    expect(failures.map(({ error }) => (error as { cause?: { code?: string } }).cause?.code)).to.deep.equal([
      "CALL_IN_PROGRESS",
    ]);
    expect(served("held")).to.equal(1);
    // A lease lasts for 15 s.
    clock.skew = 16;
    const resumed = await account.resume();
    expect(resumed.failures).to.deep.equal([]);
    expect(resumed.answers).to.have.length(1);
    expect(served("held"), "with the one that died").to.equal(2);
    const [{ charged = 0n } = {}] = resumed.answers;
    const { ticketPrice, policyHold } = place.client.parameters;
    expect(account.summary()).to.include({ unsettled: 0, unfolded: ticketPrice - charged + policyHold });
    await first.close();
  });

  it("charge once and answer alike when two processes of a provider are an hour apart, and both are asked at once", async () => {
    const { store, url } = await place.shop();
    const ahead = await place.shop({ store, clock: () => Math.floor(Date.now() / 1_000) + HOUR });
    const answers: CallAnswerJson[] = [];
    const apis = [url, ahead.url].map((at) => place.reach(at));
    const untilAnswered = async (task: () => Promise<CallAnswerJson>): Promise<CallAnswerJson> => {
      for (;;) {
        const code = await codeOf(task().then((answer) => answers.push(answer)));
        if (code === "no error") return answers.at(-1) as CallAnswerJson;
        expect(code).to.equal("CALL_IN_PROGRESS");
      }
    };
    const provider: ProviderApi = {
      ...(apis[0] as ProviderApi),
      call: async (request) => {
        const both = await Promise.all(apis.map((api) => untilAnswered(() => api.call(request))));
        return both[0] as CallAnswerJson;
      },
    };
    const { account } = await place.ready({ provider }, 1);
    await expectPaid("apart", account.call(asking("apart", { isSlow: true })));
    expect(answers).to.have.length(2);
    expect(answers[1]).to.deep.equal(answers[0]);
    // What cannot be had without a common clock: the service itself is asked again.
    expect(served("apart")).to.be.at.most(2);
  });

  it("refuse a close whose deadline has passed for the gateway, and a consent that has run out for the chain, in words", async () => {
    const clock = new SkewedClock();
    const shop = await place.shop({ clock: clock.read });
    const { account } = await place.ready({ provider: shop.url }, 1);
    await expectPaid("last", account.call(asking("last")));
    const now = await place.now();
    const toChain = now - Math.floor(Date.now() / 1_000);
    const recipient = Wallet.createRandom().address;
    const { request, payout } = await account.buildClose({ recipient, deadline: BigInt(now + HOUR) });
    const refusalOf = async (): Promise<unknown> =>
      account.requestConsent(request).then(
        () => undefined,
        (error: WalletError) => [error.code, error.refusal, error.message],
      );
    clock.skew = toChain + 2 * HOUR;
    expect(await refusalOf()).to.deep.equal([
      "SIGNATURE_REFUSED",
      "CLOSE_REFUSED",
      "the provider does not consent: the close's deadline has passed",
    ]);

    clock.skew = toChain - 2 * HOUR;
    const stale = await account.requestConsent(request);
    const failure: unknown = await place.sender
      .closeWithConsent(request, stale.consentDeadline, stale.signature)
      .catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(ChainError).with.property("code", "REVERTED");
    expect(String(failure)).to.match(/consent/i);

    clock.skew = toChain;
    const consent = await account.requestConsent(request);
    await place.sender.closeWithConsent(request, consent.consentDeadline, consent.signature);
    expect(await place.client.token.balanceOf(recipient)).to.equal(payout.toRecipient);
    expect(shop.faults).to.deep.equal([]);
  });
});

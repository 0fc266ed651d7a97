// SPDX-License-Identifier: GPL-3.0-or-later
/** A gateway with its store in front of real services: what is handed on, recorded and charged, and what is not. */
import { expect } from "chai";

import { policyHook, upstreamOf } from "../../src/gateway/index.ts";
import type { ServeContext, Upstream } from "../../src/gateway/index.ts";
import { startModel } from "../../src/model/index.ts";
import type { RunningModel } from "../../src/model/index.ts";
import type { Pool } from "../../src/protocol/index.ts";
import { decodeExchangeResponse, termsHashOf } from "../../src/wire/index.ts";
import type { CallAnswerJson } from "../../src/wire/index.ts";
import {
  DONE,
  FINISH,
  TOKEN_TERMS,
  beginStream,
  chat,
  delta,
  sendJson,
  tokenTerms,
  withService,
} from "./support/services.ts";
import { PARAMETERS, POOL, codeOf, startProvider } from "./support/session-world.ts";
import type { Provider, ProviderSetup } from "./support/session-world.ts";
import { callOn, laterCallOn, proveTicket } from "./support/tickets.ts";
import type { ProvedTicket } from "./support/tickets.ts";

const pool: Pool = { ...POOL, parameters: { ...PARAMETERS, termsHash: termsHashOf(TOKEN_TERMS) } };

describe("a gateway that sells a service over HTTP", function () {
  this.timeout(60_000);
  let ticket: ProvedTicket;
  let model: RunningModel;

  before(async () => {
    ticket = await proveTicket(0, 0);
    model = await startModel();
  });
  after(() => model.close());

  const providerOf = (upstream: Upstream, setup: ProviderSetup = {}): Provider & { readonly faults: unknown[] } => {
    const faults: unknown[] = [];
    const provider = startProvider({
      pool,
      terms: tokenTerms,
      upstream,
      onFault: (fault) => void faults.push(fault),
      ...setup,
    });
    return { ...provider, faults };
  };
  const openai = (url: string): Upstream => upstreamOf(tokenTerms, { kind: "openai", url });
  const bodyOf = ({ response }: CallAnswerJson): string => decodeExchangeResponse(response).body;
  const stream = chat("count to 7", { stream: true });

  it("hands a stream on while it comes, charges its tokens, and gives the same answer again whole", async () => {
    const { gateway } = providerOf(openai(model.url));
    const pieces: string[] = [];
    const call = callOn(ticket, { payload: stream });
    const answer = await gateway.call(call, (piece) => void pieces.push(piece));
    expect(pieces.length).to.be.greaterThan(10);
    expect(pieces.join("")).to.equal(answer.response);
    expect(answer.receipt).to.include({ charged: "40", modelId: "jeton-small" });
    expect(await gateway.call(call)).to.deep.equal(answer);
  });

  it("writes no more than the voucher pays for", async () => {
    const { gateway } = providerOf(openai(model.url));
    const least = callOn(ticket, { payload: chat("count to 100"), cap: 30n });
    const { response, receipt } = await gateway.call(least);
    expect(decodeExchangeResponse(response).body).to.contain('"finish_reason":"length"');
    expect(receipt.charged).to.equal("20");
    // 20 were charged, and another call takes 30 at least.
    const next = { payload: chat("count to 100"), cap: 49n };
    expect(await codeOf(gateway.call(laterCallOn(ticket, next)))).to.equal("CAP_TOO_LOW");
    const last = await gateway.call(laterCallOn(ticket, { ...next, cap: 50n }));
    expect(last.receipt.charged).to.equal("40");
  });

  it("charges nothing where the service refuses, and the session goes on", async () => {
    await withService(
      (response) => sendJson(response, 429, { error: { message: "slow down" } }, { "retry-after": "3" }),
      async ({ url }) => {
        const { gateway } = providerOf(openai(url));
        const answer = await gateway.call(callOn(ticket, { payload: chat("hi") }));
        expect(decodeExchangeResponse(answer.response).status).to.equal(429);
        expect(answer.receipt.charged).to.equal("0");
        expect((await gateway.call(laterCallOn(ticket, { payload: chat("hi"), isLast: true }))).refund).to.include({
          refundedCharge: "100",
        });
      },
    );
  });

  it("charges nothing where the service fails, tells the operator, and serves the same call when it is back", async () => {
    let isBack = false;
    await withService(
      (response) => (isBack ? beginStream(response).end(delta("abc") + FINISH + DONE) : void response.destroy()),
      async ({ url }) => {
        const { gateway, faults } = providerOf(openai(url));
        const call = callOn(ticket, { payload: stream });
        expect(await codeOf(gateway.call(call))).to.equal("UPSTREAM_FAILED");
        expect(faults).to.have.length(1);
        isBack = true;
        expect((await gateway.call(call)).receipt.charged).to.equal("20");
      },
    );
  });

  it("charges a stream that was cut by what came, once, and gives the same cut answer again", async () => {
    await withService(
      (response) => beginStream(response).write(delta("x".repeat(41)), () => response.destroy()),
      async ({ url, requests }) => {
        const { gateway } = providerOf(openai(url));
        const call = callOn(ticket, { payload: stream });
        const answer = await gateway.call(call);
        expect(bodyOf(answer)).to.contain("stream_cut");
        expect(answer.receipt.charged).to.equal("40");
        expect(await gateway.call(call)).to.deep.equal(answer);
        expect(requests).to.have.length(1);
      },
    );
  });

  it("gives up a stream that takes too long with what came, and a service that was silent with nothing", async () => {
    for (const first of [delta("abc"), undefined]) {
      await withService(
        (response) => void (first !== undefined && beginStream(response).write(first)),
        async ({ url }) => {
          const { gateway } = providerOf(openai(url), { settings: { serviceSeconds: 0.2 } });
          const call = callOn(ticket, { payload: stream });
          if (first === undefined) return expect(await codeOf(gateway.call(call))).to.equal("UPSTREAM_FAILED");
          const answer = await gateway.call(call);
          expect(bodyOf(answer)).to.contain("stream_timeout");
          return expect(answer.receipt.charged).to.equal("20");
        },
      );
    }
  });

  it("charges nothing for a service that emits and never settles, or settles on something else", async () => {
    type Serve = (context: ServeContext) => ReturnType<Upstream["serve"]>;
    const upstreamThat = (serve: Serve): Upstream => ({ quote: () => 10n, serve: (_, context) => serve(context) });
    const never = upstreamThat(({ emit }) => {
      emit("one");
      return new Promise(() => undefined);
    });
    const other = upstreamThat(async ({ emit }) => {
      emit("one");
      emit("two");
      return { response: "onetw", charge: 10n };
    });
    for (const upstream of [never, other]) {
      const { gateway, faults } = providerOf(upstream, { settings: { serviceSeconds: 0.05 } });
      const pieces: string[] = [];
      expect(await codeOf(gateway.call(callOn(ticket), (piece) => void pieces.push(piece)))).to.equal(
        "UPSTREAM_FAILED",
      );
      expect(pieces[0]).to.equal("one");
      expect(faults).to.have.length(1);
    }
  });

  it("hands on nothing that comes after the answer, and does not mind who listens", async () => {
    let late: (() => void) | undefined;
    const upstream: Upstream = {
      quote: () => 10n,
      serve: async (_, { emit }) => {
        emit("one");
        emit("two");
        late = () => emit("three");
        return { response: "onetwo!", charge: 10n };
      },
    };
    const { gateway } = providerOf(upstream);
    let heard = 0;
    const answer = await gateway.call(callOn(ticket), () => {
      heard++;
      throw new Error("the line is dead");
    });
    late?.();
    expect([answer.response, heard]).to.deep.equal(["onetwo!", 1]);
  });

  describe("with a policy hook", () => {
    const finding = { rule: "no counting", statement: "The request asked to count." };

    it("answers and charges a call that breaks the policy, and reports it", async () => {
      await withService(
        (response, body) => sendJson(response, 200, { violation: body.includes("count to") ? finding : null }),
        async ({ url, requests }) => {
          const { gateway, reports } = providerOf(policyHook({ url })(openai(model.url)));
          await gateway.call(callOn(ticket, { payload: chat("hi") }));
          await gateway.idle();
          expect(reports).to.have.length(0);
          const payload = chat("count to 3");
          const answer = await gateway.call(laterCallOn(ticket, { payload, isLast: true }));
          await gateway.idle();
          expect(reports).to.have.length(1);
          expect(JSON.parse(reports[0]?.evidence ?? "")).to.deep.include(finding);
          expect(answer.refund).to.equal(null);
          expect(JSON.parse(requests.at(-1)?.body ?? "")).to.deep.equal({ payload, response: answer.response });
        },
      );
    });

    it("answers as if there were none when the hook fails, and tells the operator", async () => {
      const bad: Parameters<typeof withService>[0][] = [
        (response) => sendJson(response, 500, { violation: finding }),
        (response) => response.end("garbage"),
        (response) => sendJson(response, 200, { violation: { rule: "", statement: "x" } }),
        (response) => sendJson(response, 200, { violation: { ...finding, more: "x" } }),
        (response) => sendJson(response, 200, {}),
        (response) => sendJson(response, 302, {}, { location: "/elsewhere" }),
        (response) => response.destroy(),
        () => undefined,
      ];
      for (const behave of bad) {
        await withService(behave, async ({ url }) => {
          const faults: unknown[] = [];
          const hook = policyHook({ url, seconds: 0.2, onFault: (fault) => void faults.push(fault) });
          const { gateway, reports } = providerOf(hook(openai(model.url)));
          expect((await gateway.call(callOn(ticket, { payload: chat("hi") }))).receipt.charged).to.equal("40");
          await gateway.idle();
          expect([reports.length, faults.length]).to.deep.equal([0, 1]);
        });
      }
    });
  });
});

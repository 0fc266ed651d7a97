// SPDX-License-Identifier: GPL-3.0-or-later
/** Services that fail, and gateways that lie, through the whole stack: wallet, HTTP, gateway, service, and in the end the chain. */
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

import { expect } from "chai";
import type { JsonRpcProvider } from "ethers";
import { Wallet } from "ethers";

import { PoolSender } from "../../src/chain/index.ts";
import { AnswerReader, CALL_MEDIA_TYPE, PATHS, PROBLEM_MEDIA_TYPE } from "../../src/wire/index.ts";
import { decodeExchangeResponse, encodeAnswer } from "../../src/wire/index.ts";
import type { CallAnswerJson } from "../../src/wire/index.ts";
import { DONE, FINISH, beginStream, delta, sendJson, withService } from "../src/support/services.ts";
import { payer } from "./processes/composing.ts";
import { priceOf } from "./processes/prices.ts";
import { Place, asking, codeOf } from "./weather/place.ts";
import type { Owner } from "./weather/place.ts";

describe("a service that fails, through the whole stack", function () {
  this.timeout(240_000);
  let place: Place;
  before(async () => {
    place = await Place.open();
  });
  afterEach(() => place.close());

  const ticketPrice = (): bigint => place.client.parameters.ticketPrice;

  it("hands on a refusal of the service, and charges nothing for it", () =>
    withService(
      (response) => sendJson(response, 503, { error: { message: "no model is loaded" } }),
      async ({ url: serviceUrl, requests }) => {
        const shop = await place.shop({ serviceUrl });
        const { account } = await place.ready({ provider: shop.url }, 1);
        const { response, charged, refund } = await account.call(asking("refused"));
        expect(decodeExchangeResponse(response)).to.include({ status: 503 });
        expect(charged).to.equal(0n);
        expect(refund?.refundedCharge).to.equal(ticketPrice());
        expect(requests).to.have.length(1);
      },
    ));

  it("sends the same request again when the service hangs, and pays once", () => {
    let asked = 0;
    const usage = { prompt_tokens: 30, completion_tokens: 15, total_tokens: 45 };
    const choices = [{ index: 0, message: { role: "assistant", content: "here" }, finish_reason: "stop" }];
    return withService(
      (response) => void ((asked += 1) > 1 && sendJson(response, 200, { choices, usage })),
      async ({ url: serviceUrl }) => {
        const shop = await place.shop({ serviceUrl });
        const { account } = await place.ready({ provider: shop.url }, 1);
        const { charged, refund } = await account.call(asking("hangs"));
        expect(asked).to.equal(2);
        expect(charged).to.equal(priceOf(30, 15));
        expect(refund?.refundedCharge).to.equal(ticketPrice() - charged);
        expect(account.summary()).to.include({ used: 1, unsettled: 0 });
        expect(shop.faults).to.have.length(1);
      },
    );
  });

  for (const [name, cut] of [
    ["cuts its stream", (response: ServerResponse) => void setTimeout(() => response.destroy(), 20)],
    ["stops in the middle of its stream", () => undefined],
  ] as const) {
    it(`charges what was delivered, within the voucher, when the service ${name}; the refund is the rest`, () =>
      withService(
        (response) => {
          beginStream(response).write(delta("one two ") + delta("three"));
          cut(response);
        },
        async ({ url: serviceUrl, requests }) => {
          const shop = await place.shop({ serviceUrl });
          const { account } = await place.ready({ provider: shop.url }, 1);
          const pieces: string[] = [];
          const cap = priceOf(4_000, 64);
          const onPiece = (piece: string): void => void pieces.push(piece);
          const result = await account.call(asking("cut", { stream: true }), { cap, onPiece });
          const { response, charged, refund, areTruePieces } = result;
          const { status, body } = decodeExchangeResponse(response);
          expect(status).to.equal(200);
          expect(body).to.contain("three").and.contain("error").and.not.contain(DONE);
          expect(areTruePieces).to.equal(true);
          expect(pieces.join("")).to.equal(response);
          // Three words are at most ten tokens, whatever a token is.
          expect([20, 60, 4_000].map((tokens) => priceOf(tokens, 10))).to.include(charged);
          expect(refund?.refundedCharge).to.equal(ticketPrice() - charged);
          expect(requests).to.have.length(1);
          expect(shop.faults).to.deep.equal([]);
        },
      ));
  }

  it("serves once and charges once when the answer is cut on its way to the wallet", () =>
    withService(
      (response) => void beginStream(response).end(delta("once") + FINISH + DONE),
      async ({ url: serviceUrl, requests }) => {
        const shop = await place.shop({ serviceUrl });
        let cuts = 2;
        const front = await Front.open(shop.url, (path, answer, response) => {
          if (path !== PATHS.call || cuts-- <= 0) return false;
          response.writeHead(200, { "content-type": answer.type });
          response.write(answer.body.slice(0, answer.body.length / 2), () => response.destroy());
          return true;
        });
        const { account } = await place.ready({ provider: front.url }, 1);
        const { response, charged, refund } = await account.call(asking("cut", { stream: true }));
        expect(decodeExchangeResponse(response).body).to.contain("once");
        expect(requests).to.have.length(1);
        expect(refund?.refundedCharge).to.equal(ticketPrice() - charged);
        await front.close();
      },
    ));

  it("pays the award of a dispute that a lying gateway leaves unanswered: no answer, no refund, a wrong refund", async () => {
    const { client } = place;
    const shop = await place.shop();
    const silent: Lie = (path, _, response) => {
      if (path !== PATHS.call && path !== PATHS.endSession) return false;
      response.destroy();
      return true;
    };
    const problem = JSON.stringify({ status: 500, code: "INTERNAL", title: "INTERNAL", detail: "no" });
    const withholding: Lie = (path, answer, response) => {
      if (path === PATHS.call) sendAnswer(response, { ...readAnswer(answer.body), refund: null });
      else if (path !== PATHS.endSession) return false;
      else response.writeHead(500, { "content-type": PROBLEM_MEDIA_TYPE }).end(problem);
      return true;
    };
    const short = (refund: object): object => ({ ...refund, refundedCharge: "10" });
    const cheating: Lie = (path, answer, response) => {
      if (path === PATHS.call) {
        const honest = readAnswer(answer.body);
        sendAnswer(response, { ...honest, refund: short(honest.refund as object) as CallAnswerJson["refund"] });
      } else if (path !== PATHS.endSession) return false;
      else sendJson(response, 200, short(JSON.parse(answer.body) as object));
      return true;
    };

    const stranger = new PoolSender(client, payer(client.provider as JsonRpcProvider, "deployer"));
    const bond = 10n * client.parameters.ticketPrice;
    await place.fund(stranger.signer, bond);
    await stranger.postBond(bond);
    const victims: Owner[] = [];
    for (const [lie, code, grievances] of [
      [silent, "UNANSWERED", 0],
      [withholding, "no error", 0],
      [cheating, "no error", 2],
    ] as const) {
      const front = await Front.open(shop.url, lie);
      const owner = await place.ready({ provider: front.url, retry: { attempts: 2, pauseMilliseconds: 1 } }, 1);
      const { account } = owner;
      expect(await codeOf(account.call(asking("paid")))).to.equal(code);
      expect(await codeOf(account.call(asking("again"))), "with a refund due").to.equal("REFUND_WITHHELD");
      expect(account.grievances().length, "evidence").to.be.at.least(grievances);
      victims.push(owner);
      await front.close();
    }
    // An honest provider would answer; this one does not even look.
    await shop.close();
    const disputes: { account: Owner["account"]; nullifier: bigint; recipient: string }[] = [];
    for (const { account } of victims) {
      const recipient = Wallet.createRandom().address;
      const file = await account.prepareDispute({ index: 0, recipient });
      await stranger.openDispute(file);
      disputes.push({ account, nullifier: file.nullifier, recipient });
    }

    await place.travel(Number(client.parameters.disputeWindow));
    for (const { account, nullifier, recipient } of disputes) {
      await stranger.resolveDispute(nullifier);
      expect(await client.token.balanceOf(recipient), "the award").to.equal(place.hold);
      const [settled] = await account.settleDisputes();
      expect(settled).to.include({ index: 0, status: "lost" });
      expect(account.summary()).to.include({ used: 1, unsettled: 0, awarded: 1 });
    }
  });
});

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Answers in the gateway's place; false leaves it the gateway's word. */
type Lie = (path: string, answer: Answer, response: ServerResponse) => boolean;

const readAnswer = (frames: string): CallAnswerJson => {
  const reader = new AnswerReader();
  for (const line of frames.split("\n")) {
    const answer = line === "" ? undefined : reader.take(line);
    if (answer !== undefined) return answer;
  }
  throw new Error("the gateway did not answer");
};

const sendAnswer = (response: ServerResponse, answer: CallAnswerJson): void =>
  void response.writeHead(200, { "content-type": CALL_MEDIA_TYPE }).end(encodeAnswer(answer, 0));

/** What stands before a gateway and changes what it says. Everything reaches the gateway. */
class Front {
  readonly #server: Server;
  readonly #url: string;
  readonly #lie: Lie;

  private constructor(url: string, lie: Lie) {
    this.#url = url;
    this.#lie = lie;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async open(url: string, lie: Lie): Promise<Front> {
    const front = new Front(url, lie);
    await new Promise<void>((resolve) => front.#server.listen(0, "127.0.0.1", resolve));
    return front;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const { method = "GET", url = "/" } = request;
    const sent = { method, ...(body === "" ? {} : { body, headers: { "content-type": "application/json" } }) };
    const honest = await fetch(`${this.#url}${url}`, sent);
    const type = honest.headers.get("content-type") ?? "";
    const answer = { status: honest.status, type, body: await honest.text() };
    if (this.#lie(url, answer, response)) return;
    response.writeHead(answer.status, { "content-type": type }).end(answer.body);
  }
}

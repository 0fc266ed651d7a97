// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";

import {
  AnswerReader,
  GatewayError,
  bodyBytes,
  bodyOf,
  decodeExchangeRequest,
  decodeExchangeResponse,
  encodeAnswer,
  encodeExchangeRequest,
  encodeExchangeResponse,
  encodePiece,
  encodeProblem,
  errorOfProblem,
  paddedLength,
  problemOf,
} from "../../src/wire/index.ts";
import type { CallAnswerJson, ExchangeRequest } from "../../src/wire/index.ts";

const chat = (messages: number): ExchangeRequest => ({
  method: "POST",
  path: "/v1/chat/completions",
  contentType: "application/json",
  encoding: "utf8",
  body: JSON.stringify({ messages: Array.from({ length: messages }, () => ({ role: "user", content: '"\\' })) }),
});

/** As it stands in the request of a call. */
const travelling = (payload: string): number => Buffer.byteLength(JSON.stringify({ payload }), "utf8");

describe("what crosses over HTTP", () => {
  it("has lengths of few classes, whatever quotes and backslashes a request is made of", () => {
    const rest = travelling("") - 2;
    for (const count of [0, 1, 5, 10, 20, 40, 100]) {
      const payload = encodeExchangeRequest(chat(count));
      const length = travelling(payload) - rest;
      expect(length, `${count} messages`).to.equal(paddedLength(length));
      expect(decodeExchangeRequest(payload)).to.deep.equal(chat(count));
    }
  });

  it("is padded to the smallest class that holds it", () => {
    expect([0, 1, 1_024, 1_025, 2_048, 5_000].map(paddedLength)).to.deep.equal([
      1_024, 1_024, 1_024, 2_048, 2_048, 8_192,
    ]);
  });

  it("refuses payloads that are no request, in words", () => {
    const good = JSON.parse(encodeExchangeRequest(chat(1))) as Record<string, unknown>;
    const bad = ["{", "[]", JSON.stringify({ ...good, path: "v1" }), JSON.stringify({ ...good, more: 1 })];
    const odd = [JSON.stringify({ ...good, method: "TRACE" }), JSON.stringify({ ...good, path: "/a b" })];
    for (const payload of [...bad, ...odd]) {
      expect(() => decodeExchangeRequest(payload), payload.slice(0, 40))
        .to.throw(GatewayError)
        .with.property("code", "PAYLOAD_REFUSED");
    }
  });

  it("carries text as it is and bytes as bytes", () => {
    for (const bytes of [Buffer.from("grüße 😀"), Buffer.from([0xff, 0x00, 0xfe]), Buffer.alloc(0)]) {
      expect(bodyBytes(bodyOf(bytes)).equals(bytes)).to.equal(true);
    }
    const response = { status: 200, contentType: "text/plain", encoding: "utf8", body: "one\ntwo" } as const;
    expect(decodeExchangeResponse(encodeExchangeResponse(response))).to.deep.equal(response);
  });

  it("puts an answer together from its lines, and pads it", () => {
    const answer = {
      response: "a response in pieces",
      signature: "0x00",
      refund: null,
      receipt: {
        nullifier: "1",
        sequence: "1",
        requestHash: `0x${"11".repeat(32)}`,
        responseHash: `0x${"22".repeat(32)}`,
        charged: "10",
        modelId: "",
        issuedAt: "1",
      },
    } satisfies CallAnswerJson;
    const pieces: string[] = [];
    const reader = new AnswerReader((piece) => pieces.push(piece));
    expect(reader.take(encodePiece("a response"))).to.equal(undefined);
    const last = encodeAnswer(answer, "a response".length);
    expect(Buffer.byteLength(last)).to.equal(paddedLength(Buffer.byteLength(last)));
    expect(reader.take(last)).to.deep.equal(answer);
    expect(pieces).to.deep.equal(["a response", " in pieces"]);
  });

  it("brings a refusal back as it was, and takes nothing else for one", () => {
    const refusal = new GatewayError("CAP_TOO_LOW", "the voucher must allow more", { least: "40" });
    const error = errorOfProblem(JSON.parse(JSON.stringify(problemOf(refusal))));
    expect(error).to.include({ code: "CAP_TOO_LOW", message: "the voucher must allow more", status: 402 });
    expect(error?.details).to.deep.equal({ least: "40" });
    expect(() => new AnswerReader().take(encodeProblem(refusal))).to.throw(GatewayError, "must allow more");
    const rude = errorOfProblem({ ...problemOf(refusal), detail: "pay\u001b[2K\u202e me" });
    expect(rude?.message).to.equal("pay [2K  me");
    for (const json of [{}, null, { ...problemOf(refusal), code: "MADE_UP" }, "text"]) {
      expect(errorOfProblem(json)).to.equal(undefined);
    }
  });
});

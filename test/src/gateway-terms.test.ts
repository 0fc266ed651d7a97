// SPDX-License-Identifier: GPL-3.0-or-later
import { createHash } from "node:crypto";

import { expect } from "chai";
import { AbiCoder, hexlify, keccak256, toUtf8Bytes } from "ethers";
import fc from "fast-check";

import {
  GatewayError,
  canonicalJson,
  parseTerms,
  requestHashOf,
  responseHashOf,
  termsHashOf,
  termsProblem,
  toJson,
} from "../../src/wire/index.ts";
import { TERMS } from "./support/session-world.ts";

describe("published terms", () => {
  it("hash to the SHA-256 of their sorted form, however they are written", () => {
    const shuffled = Object.fromEntries(Object.entries(TERMS).reverse());
    const expected =
      '{"endpoints":["https://echo.example"],"format":"jeton.terms.v1","policy":"anything goes","pricing":{"kind":"fixed","price":"30"},' +
      '"retention":{"answersSeconds":3600,"sessionSeconds":600,"statement":"answers are kept for an hour"},"service":"an echo"}';
    expect(canonicalJson(shuffled)).to.equal(expected);
    expect(termsHashOf(shuffled)).to.equal(`0x${createHash("sha256").update(expected).digest("hex")}`);
    expect(termsHashOf(toJson(parseTerms(TERMS)))).to.equal(termsHashOf(TERMS));
    expect(canonicalJson({ b: [true, 1], a: "ü\n" })).to.equal('{"a":"ü\\n","b":[true,1]}');
  });

  it("are refused when they hold what has no single form", () => {
    for (const value of [1.5, NaN, undefined, () => 1, { a: undefined }]) {
      expect(() => canonicalJson(value)).to.throw(GatewayError);
    }
  });

  it("are refused when they are malformed, and say where", () => {
    const bad: unknown[] = [
      null,
      {},
      { ...TERMS, format: "v2" },
      { ...TERMS, extra: 1 },
      { ...TERMS, pricing: { kind: "free" } },
      { ...TERMS, pricing: { kind: "fixed", price: 30 } },
      { ...TERMS, pricing: { kind: "fixed", price: "-30" } },
      { ...TERMS, pricing: { kind: "methods", prices: { a: "x" } } },
      { ...TERMS, endpoints: ["not a URL"] },
      { ...TERMS, retention: { ...TERMS.retention, sessionSeconds: 0 } },
    ];
    for (const terms of bad) expect(() => parseTerms(terms)).to.throw(GatewayError, "malformed");
  });

  it("fit a pool when every price is at most C and a multiple of the unit", () => {
    const priced = (prices: Record<string, string>): ReturnType<typeof parseTerms> =>
      parseTerms({ ...TERMS, pricing: { kind: "methods", prices } });
    const pool = { ticketPrice: 100n, unit: 10n };
    expect(termsProblem(priced({ a: "100", b: "0", c: "30" }), pool)).to.equal(undefined);
    expect(termsProblem(priced({ a: "10", b: "110" }), pool)).to.contain("above");
    expect(termsProblem(priced({ a: "10", b: "15" }), pool)).to.contain("multiple");
  });

  it("fit a pool when a ticket pays for the shortest call of each model", () => {
    const sold = (input: string, output?: string): ReturnType<typeof parseTerms> => {
      const classes = (price: string): object[] => [
        { upTo: 10, price },
        { upTo: 20, price: "100" },
      ];
      const model = { input: classes(input), ...(output === undefined ? {} : { output: classes(output) }) };
      return parseTerms({ ...TERMS, pricing: { kind: "tokens", models: { small: model } } });
    };
    const pool = { ticketPrice: 100n, unit: 10n };
    expect(termsProblem(sold("60", "40"), pool)).to.equal(undefined);
    expect(termsProblem(sold("100"), pool)).to.equal(undefined);
    expect(termsProblem(sold("60", "50"), pool)).to.contain('"small" costs more than the ticket price');
    expect(termsProblem(sold("60", "45"), pool)).to.contain("multiple");
  });

  it("are refused when classes of tokens do not grow, or are none", () => {
    const classes = [
      [],
      [
        { upTo: 5, price: "1" },
        { upTo: 5, price: "2" },
      ],
      [{ upTo: 0, price: "1" }],
      [{ upTo: 1.5, price: "1" }],
    ];
    for (const input of classes) {
      const terms = { ...TERMS, pricing: { kind: "tokens", models: { small: { input } } } };
      expect(() => parseTerms(terms)).to.throw(GatewayError, "malformed");
    }
  });
});

describe("the hashes of requests and responses", () => {
  const salt = `0x${"5a".repeat(32)}`;

  it("bind the salt, the end of the session and the payload", () => {
    const encoded = AbiCoder.defaultAbiCoder().encode(
      ["string", "bytes32", "bool", "bytes"],
      ["jeton.request.v1", salt, true, toUtf8Bytes("päyload")],
    );
    expect(requestHashOf({ salt, isLast: true, payload: "päyload" })).to.equal(keccak256(encoded));
    expect(responseHashOf("päyload")).to.equal(keccak256(toUtf8Bytes("päyload")));
  });

  it("are those of the general encoder, whatever the payload", () => {
    const types = ["string", "bytes32", "bool", "bytes"];
    const property = fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.boolean(),
      fc.oneof(
        fc.string({ unit: "binary", maxLength: 300 }),
        fc.integer({ min: 0, max: 300 }).map((n) => "x".repeat(n)),
      ),
      (bytes, isLast, payload) => {
        const random = hexlify(bytes);
        const utf8 = Buffer.from(payload, "utf8");
        const abi = AbiCoder.defaultAbiCoder().encode(types, ["jeton.request.v1", random, isLast, utf8]);
        expect(requestHashOf({ salt: random, isLast, payload })).to.equal(keccak256(abi));
        expect(responseHashOf(payload)).to.equal(keccak256(utf8));
      },
    );
    fc.assert(property, { numRuns: 300 });
  });

  it("take text that has no UTF-8 without failing", () => {
    const lone = requestHashOf({ salt, isLast: false, payload: "\ud800" });
    expect(lone).to.equal(requestHashOf({ salt, isLast: false, payload: "\ufffd" }));
  });

  it("cost a payload of 4 MB less than two seconds", () => {
    const payload = "ä".repeat(2 * 1024 * 1024);
    const startedAt = performance.now();
    requestHashOf({ salt, isLast: false, payload });
    expect(performance.now() - startedAt).to.be.lessThan(2_000);
  });
});

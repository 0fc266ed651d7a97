// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Sells an API with OpenAI's interface by tokens: chat, completions, embeddings. A call's bound is known before it is sent, its charge
 * follows the usage that the service reports, and is never above the bound.
 */
import { GatewayError, decodeExchangeRequest, encodeExchangeResponse } from "../../wire/index.ts";
import type { Terms } from "../../wire/index.ts";
import type { ServeContext, Served, Upstream } from "../upstream.ts";
import { modelsAnswer } from "./openai-models.ts";
import { boundedBody, readTextRequest } from "./openai-request.ts";
import type { TextRequest } from "./openai-request.ts";
import { relayStream } from "./openai-stream.ts";
import type { UpstreamSettings } from "./config.ts";
import { Endpoint, UpstreamFault, readWhole } from "./endpoint.ts";
import { refusalOf } from "./refusal.ts";
import { scrubberOf } from "./secrets.ts";
import type { Scrub } from "./secrets.ts";
import { classesUpTo, classesWithin, largest, mostFor, priceFor } from "./token-prices.ts";
import type { Classes, ModelPrices } from "./token-prices.ts";
import { countOf, estimate, lengthOf, modelIdOf, readReport } from "./usage.ts";
import type { Reported } from "./usage.ts";

/** A request with what the terms say of it. */
interface Offer {
  readonly request: TextRequest;
  readonly input: Classes;
  /** The most that the input can cost. */
  readonly inputPrice: bigint;
  /** Empty for a call that writes nothing. */
  readonly output: Classes;
  /** The least that an answer can cost. */
  readonly outputPrice: bigint;
}

const refuse = (reason: string): GatewayError => new GatewayError("PAYLOAD_REFUSED", reason);

export class OpenAiUpstream implements Upstream {
  readonly #models: ReadonlyMap<string, ModelPrices>;
  readonly #endpoint: Endpoint;
  readonly #scrub: Scrub;
  readonly #limitField: UpstreamSettings["limitField"];
  readonly #allowFields: readonly string[];

  /** @throws GatewayError REQUEST_MALFORMED for terms without prices by tokens */
  constructor({ pricing }: Terms, settings: UpstreamSettings) {
    if (pricing.kind !== "tokens") {
      throw new GatewayError(
        "REQUEST_MALFORMED",
        "an API with OpenAI's interface is sold by terms with prices by tokens",
      );
    }
    this.#models = new Map(Object.entries(pricing.models));
    const isVersioned = new URL(settings.url).pathname !== "/";
    this.#endpoint = new Endpoint({ ...settings, url: isVersioned ? settings.url : new URL("/v1", settings.url).href });
    this.#scrub = scrubberOf(settings);
    this.#limitField = settings.limitField;
    this.#allowFields = settings.allowFields;
  }

  quote(payload: string): bigint {
    const exchange = decodeExchangeRequest(payload);
    if (modelsAnswer(exchange, this.#models.keys()) !== undefined) return 0n;
    const { inputPrice, outputPrice } = this.#offerOf(readTextRequest(exchange, this.#allowFields));
    return inputPrice + outputPrice;
  }

  async serve(payload: string, context: ServeContext): Promise<Served> {
    const exchange = decodeExchangeRequest(payload);
    const models = modelsAnswer(exchange, this.#models.keys());
    if (models !== undefined) return { response: encodeExchangeResponse(models), charge: 0n };

    const offer = this.#offerOf(readTextRequest(exchange, this.#allowFields));
    const { request } = offer;
    const affordable = classesWithin(offer.output, context.mostCharged - offer.inputPrice);
    // No answer may be longer than what the voucher pays for, whatever the user asked for.
    const limit = request.copies === 0 ? 0 : Math.floor(largest(affordable) / request.copies);
    if (offer.inputPrice > context.mostCharged || (request.copies > 0 && limit === 0)) {
      throw new GatewayError("CAP_TOO_LOW", "the voucher leaves too little for this call");
    }
    const { body, most } = boundedBody(request, limit, this.#limitField);
    const answer = await this.#endpoint.ask(
      {
        method: "POST",
        path: exchange.path.slice("/v1".length),
        accept: request.isStreamed ? "text/event-stream" : "application/json",
        contentType: "application/json",
        body: JSON.stringify(body),
      },
      context.signal,
    );
    if (answer.status >= 300) return refusalOf(answer, await readWhole(answer), this.#scrub);

    const chargeFor = (reported: Reported["usage"], length: number): bigint =>
      chargeOf({ ...offer, output: affordable }, most, reported, length);
    if (answer.contentType.startsWith("text/event-stream")) {
      const streamed = await relayStream(answer, { wantsUsage: request.wantsUsage, scrub: this.#scrub }, context);
      const { response, model, usage, length, isComplete } = streamed;
      const charge = !isComplete && length === 0 ? 0n : chargeFor(usage, length);
      return { response, charge, modelId: modelIdOf(model, request.model) };
    }
    const bytes = await readWhole(answer);
    const text = bytes.toString("utf8");
    const report = readReport(text);
    if (report === undefined) throw new UpstreamFault("the answer is no JSON object");
    if (report.error !== undefined) return refusalOf(answer, bytes, this.#scrub);
    return {
      response: encodeExchangeResponse({ status: 200, contentType: "application/json", encoding: "utf8", body: text }),
      charge: chargeFor(report.usage, lengthOf(report)),
      modelId: modelIdOf(report.model, request.model),
    };
  }

  #offerOf(request: TextRequest): Offer {
    const prices = this.#models.get(request.model);
    if (prices === undefined) throw refuse("the terms offer no such model");
    const { input } = prices;
    const inputPrice = mostFor(input, request.inputMost);
    if (inputPrice === undefined) {
      throw refuse(
        `the request may be ${request.inputMost} tokens long, and the terms offer at most ${largest(input)}`,
      );
    }
    if (request.route === "embedding") return { request, input, inputPrice, output: [], outputPrice: 0n };
    if (prices.output === undefined) throw refuse("this model writes nothing");
    // Each copy needs room for a token.
    const least = classesUpTo(prices.output, request.copies);
    if (least === undefined) throw refuse("the terms offer no answer of so many copies");
    return { request, input, inputPrice, output: prices.output, outputPrice: mostFor(least, request.copies) ?? 0n };
  }
}

/**
 * What the service reports is charged, up to what the bound was made of: an answer that is longer than it should be is not cheaper for
 * that. So the charge is within the bound.
 * @param output the classes that the voucher pays for
 * @param outputMost the most tokens that were asked for
 * @param length of what was delivered, in characters
 */
function chargeOf(
  { request, input, output }: Offer,
  outputMost: number,
  reported: Reported["usage"],
  length: number,
): bigint {
  const read = countOf(reported?.prompt_tokens) ?? estimate(request.bytes);
  const written = countOf(reported?.completion_tokens) ?? Math.min(estimate(length), outputMost);
  return priceFor(input, Math.min(read, request.inputMost)) + priceFor(output, written);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/** A provider elsewhere, over HTTP. What comes is only read here: whether it is what it must be is for the wallet to check. */
import {
  AnswerReader,
  CALL_MEDIA_TYPE,
  GatewayError,
  PATHS,
  PROBLEM_MEDIA_TYPE,
  errorOfProblem,
} from "../wire/index.ts";
import type { CallAnswerJson, CallRequestJson, FeedRequestJson, OnPiece, ProviderApi } from "../wire/index.ts";
import { exchange, targetOf } from "./http-exchange.ts";
import type { Ask, Head, HttpProviderOptions, Target } from "./http-exchange.ts";

export type HttpProvider = ProviderApi & {
  /** Ends the connections that are kept open. */
  close(): void;
};

const LINE_FEED = 0x0a;
const JSON_MEDIA_TYPE = "application/json";

/**
 * @param baseUrl https, or plain HTTP on this machine or to an onion service.
 * @throws WalletError PROVIDER_URL_INVALID. Its methods reject with the provider's refusal as GatewayError, and with any other Error when
 * no answer came: no connection, a time-out, a cut, a redirect, an answer that is too long or no answer of a provider.
 */
export function httpProvider(baseUrl: string, options: HttpProviderOptions = {}): HttpProvider {
  const target = targetOf(baseUrl, options);
  const post = async <T>(path: string, body: unknown): Promise<T> =>
    (await askJson(target, { method: "POST", path, accept: JSON_MEDIA_TYPE, body: JSON.stringify(body) })) as T;
  const get = async <T>(path: string): Promise<T> =>
    (await askJson(target, { method: "GET", path, accept: JSON_MEDIA_TYPE })) as T;
  return {
    terms: () => get(PATHS.terms),
    enroll: (request) => post(PATHS.enroll, request),
    call: (request, onPiece) => call(target, request, onPiece),
    endSession: (request) => post(PATHS.endSession, request),
    refund: (request) => post(PATHS.refund, request),
    fold: (request) => post(PATHS.fold, request),
    consentToClose: (request) => post(PATHS.close, request),
    publicFeed: (request) => get(`${PATHS.feed}?${feedQuery(request)}`),
    close: () => target.agent.destroy(),
  };
}

const feedQuery = ({ after, limit }: FeedRequestJson): string =>
  new URLSearchParams({ after: `${after}`, ...(limit === undefined ? {} : { limit: `${limit}` }) }).toString();

async function askJson(target: Target, ask: Ask): Promise<unknown> {
  const chunks: Buffer[] = [];
  const head = await exchange(target, ask, (chunk) => (chunks.push(chunk), false));
  const body = Buffer.concat(chunks);
  if (head.status !== 200) throw refusalOf(head, body);
  requireType(head, JSON_MEDIA_TYPE);
  return parse(body);
}

/** Reads the answer line by line, and stops at the one that completes it. */
async function call(target: Target, request: CallRequestJson, onPiece?: OnPiece): Promise<CallAnswerJson> {
  const reader = new AnswerReader(onPiece);
  const lines = new Lines(target.limits.maxLineBytes);
  const refused: Buffer[] = [];
  let answer: CallAnswerJson | undefined;
  const body = JSON.stringify(request);
  const head = await exchange(
    target,
    { method: "POST", path: PATHS.call, accept: CALL_MEDIA_TYPE, body },
    (chunk, of) => {
      if (of.status !== 200) {
        refused.push(chunk);
        return false;
      }
      requireType(of, CALL_MEDIA_TYPE);
      for (const line of lines.take(chunk)) {
        answer = takeLine(reader, line);
        if (answer !== undefined) return true;
      }
      return false;
    },
  );
  if (head.status !== 200) throw refusalOf(head, Buffer.concat(refused));
  if (answer === undefined) throw new Error("the provider's answer was cut");
  return answer;
}

function takeLine(reader: AnswerReader, line: string): CallAnswerJson | undefined {
  try {
    return reader.take(line);
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw new Error("the provider sent what is no line of an answer", { cause: error });
  }
}

/** Cuts bytes into lines, however they come. */
class Lines {
  readonly #most: number;
  #parts: Buffer[] = [];
  #length = 0;

  constructor(most: number) {
    this.#most = most;
  }

  *take(chunk: Buffer): Generator<string, void, void> {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      this.#keep(chunk.subarray(start, end));
      start = end + 1;
      const line = Buffer.concat(this.#parts).toString("utf8");
      this.#parts = [];
      this.#length = 0;
      if (line !== "") yield line;
    }
    this.#keep(chunk.subarray(start));
  }

  #keep(part: Buffer): void {
    this.#length += part.length;
    if (this.#length > this.#most) throw new Error(`the provider sent a line of more than ${this.#most} bytes`);
    this.#parts.push(part);
  }
}

/** What a status other than 200 says: the provider's refusal, if it is one. */
function refusalOf({ status, headers }: Head, body: Buffer): Error {
  if (status >= 300 && status < 400) return new Error("the provider points elsewhere, and redirects are not followed");
  const isProblem = headers["content-type"]?.startsWith(PROBLEM_MEDIA_TYPE) === true;
  const error = isProblem ? errorOfProblem(parseOr(body, undefined)) : undefined;
  if (error === undefined) return new Error(`no answer of a provider came, but status ${status}`);
  const wait = Number(headers["retry-after"]);
  if (!Number.isInteger(wait) || wait < 0) return error;
  return new GatewayError(error.code, error.message, { ...error.details, retryAfterSeconds: wait });
}

function requireType({ headers }: Head, type: string): void {
  if (headers["content-type"]?.startsWith(type) !== true) throw new Error("the answer is none of a provider");
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (error) {
    throw new Error("the provider's answer is no JSON", { cause: error });
  }
}

function parseOr<T>(body: Buffer, otherwise: T): unknown {
  try {
    return parse(body);
  } catch {
    return otherwise;
  }
}

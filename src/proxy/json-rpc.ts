// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * JSON-RPC 2.0 (https://www.jsonrpc.org/specification). A batch is taken apart: each of its calls is paid with a ticket of its own, so that
 * nothing says that they belong together. For the same reason the ids of clients, which count, stay here.
 */
import { bodyBytes } from "../wire/index.ts";
import type { ExchangeRequest, ExchangeResponse } from "../wire/index.ts";
import type { Dialect } from "./dialect.ts";
import { jsonAnswer } from "./local-answer.ts";
import type { LocalAnswer } from "./local-answer.ts";
import { parseLossless } from "./lossless.ts";
import { ProxyProblem, problemOf } from "./problem.ts";

/** The same for every call, whatever its client says. */
const OUTER_ID = 1;
const ENVELOPE = { method: "POST", path: "/", contentType: "application/json", encoding: "utf8" } as const;

const PARSE_ERROR = -32_700;
const INVALID_REQUEST = -32_600;
const METHOD_NOT_FOUND = -32_601;
/** Of the range that is free for servers. */
const NOT_PAID = -32_000;

type Id = string | number | null;

const failure = (id: unknown, code: number, message: string, data?: object): object => ({
  jsonrpc: "2.0",
  id,
  error: { code, message, ...(data === undefined ? {} : { data }) },
});

const failureOf = (id: unknown, { status, code, message }: ProxyProblem): object =>
  failure(id, NOT_PAID, message, { code, status });

/** Clients look into the body: a status of its own would make some of them send again, which would be a second paid call. */
export const jsonRpc = (): Dialect => ({
  api: "json-rpc",
  answerLocally: ({ method }) => {
    if (method === "POST") return undefined;
    throw new ProxyProblem(405, "method_not_allowed", "JSON-RPC calls are sent with POST");
  },
  outgoing: (exchange) => exchange,
  refusal: (problem) => jsonAnswer(failureOf(null, problem), problem.status < 500 ? problem.status : 200),
  refusalEvent: ({ message }) => `: ${message.replaceAll("\n", " ")}\n\n`,
});

interface Call {
  readonly jsonrpc: "2.0";
  readonly method: string;
  readonly params?: unknown;
  readonly id?: unknown;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function isCall(value: unknown): value is Call {
  if (!isObject(value)) return false;
  const { jsonrpc: version, method, params, id = null } = value;
  const isId = id === null || ["string", "number", "object"].includes(typeof id);
  return (
    version === "2.0" && typeof method === "string" && isId && (params === undefined || typeof params === "object")
  );
}

export interface JsonRpcPorts {
  /** A paid call. */
  readonly pay: (exchange: ExchangeRequest) => Promise<ExchangeResponse>;
  /** Methods that the terms offer. */
  readonly methods: ReadonlySet<string>;
}

/** Answers a call or a batch; an empty body where nothing wants an answer. Never rejects. */
export async function answerJsonRpc(exchange: ExchangeRequest, ports: JsonRpcPorts): Promise<LocalAnswer> {
  let value: unknown;
  try {
    value = parseLossless(bodyBytes(exchange).toString("utf8"));
  } catch {
    return jsonAnswer(failure(null, PARSE_ERROR, "the body is no JSON"));
  }
  if (!Array.isArray(value)) return wrap(await answerOne(value, ports));
  if (value.length === 0) return jsonAnswer(failure(null, INVALID_REQUEST, "the batch is empty"));
  const answers = await Promise.all(value.map((one) => answerOne(one, ports)));
  const wanted = answers.filter((answer) => answer !== undefined);
  return wrap(wanted.length === 0 ? undefined : wanted);
}

const wrap = (answer: object | undefined): LocalAnswer =>
  answer === undefined ? { status: 204, contentType: "application/json", body: "" } : jsonAnswer(answer);

/** Undefined for a notification. */
async function answerOne(call: unknown, ports: JsonRpcPorts): Promise<object | undefined> {
  if (!isCall(call)) {
    const id = isObject(call) && call["id"] !== undefined ? (call["id"] as Id) : null;
    return failure(id, INVALID_REQUEST, "this is no JSON-RPC 2.0 call");
  }
  const { method, params, id } = call;
  const answer = await callMethod(method, params, id ?? null, ports);
  return id === undefined ? undefined : answer;
}

async function callMethod(
  method: string,
  params: unknown,
  id: unknown,
  { pay, methods }: JsonRpcPorts,
): Promise<object> {
  if (!methods.has(method)) {
    return failure(id, METHOD_NOT_FOUND, `the provider does not sell ${method.slice(0, 100)}`);
  }
  const call = { id: OUTER_ID, jsonrpc: "2.0", method, ...(params === undefined ? {} : { params }) };
  try {
    const answer = await pay({ ...ENVELOPE, body: JSON.stringify(call) });
    return { ...readAnswer(answer), jsonrpc: "2.0", id };
  } catch (error) {
    return failureOf(id, problemOf(error));
  }
}

/** @throws ProxyProblem */
function readAnswer(answer: ExchangeResponse): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseLossless(bodyBytes(answer).toString("utf8"));
  } catch {
    value = undefined;
  }
  if (isObject(value) && ("result" in value || "error" in value)) return value;
  throw new ProxyProblem(
    502,
    "no_json_rpc_answer",
    `the service answered with status ${answer.status} and no JSON-RPC`,
  );
}

// SPDX-License-Identifier: GPL-3.0-or-later
/** OpenAI's API, as far as a provider with prices by tokens sells it. */
import { bodyBytes } from "../wire/index.ts";
import type { ExchangeRequest } from "../wire/index.ts";
import type { Dialect } from "./dialect.ts";
import { jsonAnswer } from "./local-answer.ts";
import type { LocalAnswer } from "./local-answer.ts";
import { ProxyProblem } from "./problem.ts";

const PAID_PATHS = ["/v1/chat/completions", "/v1/completions", "/v1/embeddings"];
const MODELS_PATH = "/v1/models";

/** OpenAI's names for kinds of errors. */
function typeOf(status: number): string {
  if (status === 401) return "authentication_error";
  if (status === 402) return "insufficient_quota";
  if (status === 403) return "permission_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}

const errorOf = ({ status, code, message }: ProxyProblem): object => ({
  error: { message, type: typeOf(status), param: null, code },
});

/** Without its query, which means nothing here. */
const pathOf = ({ path }: ExchangeRequest): string => path.replace(/\?.*$/, "");

const describeModel = (id: string): object => ({ id, object: "model", created: 0, owned_by: "jeton" });

/** @throws ProxyProblem */
function requireModel(exchange: ExchangeRequest, models: readonly string[]): void {
  let model: unknown;
  try {
    ({ model } = JSON.parse(bodyBytes(exchange).toString("utf8")) as { model?: unknown });
  } catch {
    throw new ProxyProblem(400, "invalid_json", "the body is no JSON object");
  }
  if (typeof model !== "string") throw new ProxyProblem(400, "model_missing", "the body names no model");
  if (!models.includes(model)) throw unknownModel(model, models);
}

const unknownModel = (model: string, models: readonly string[]): ProxyProblem =>
  new ProxyProblem(
    404,
    "model_not_found",
    `the provider does not sell the model "${model.slice(0, 100)}": it has ${models.join(", ")}`,
  );

export function openAi(models: readonly string[]): Dialect {
  const answerLocally = (exchange: ExchangeRequest): LocalAnswer | undefined => {
    const { method } = exchange;
    const path = pathOf(exchange);
    if (method === "GET" && path === MODELS_PATH)
      return jsonAnswer({ object: "list", data: models.map(describeModel) });
    if (method === "GET" && path.startsWith(`${MODELS_PATH}/`)) {
      const asked = safeDecode(path.slice(MODELS_PATH.length + 1));
      if (!models.includes(asked)) throw unknownModel(asked, models);
      return jsonAnswer(describeModel(asked));
    }
    if (method === "POST" && PAID_PATHS.includes(path)) {
      requireModel(exchange, models);
      return undefined;
    }
    const hint = PAID_PATHS.includes(`/v1${path}`) ? ": the client's base URL must end with /v1" : "";
    throw new ProxyProblem(404, "unknown_path", `${method} ${path} is not sold here${hint}`);
  };
  return {
    api: "openai",
    answerLocally,
    outgoing: (exchange) => ({ ...exchange, path: pathOf(exchange), contentType: "application/json" }),
    refusal: (problem) => jsonAnswer(errorOf(problem), problem.status),
    refusalEvent: (problem) => `data: ${JSON.stringify(errorOf(problem))}\n\n`,
  };
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

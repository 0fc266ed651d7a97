// SPDX-License-Identifier: GPL-3.0-or-later
/** The list of models of an API with OpenAI's interface, as the terms give it. */
import type { ExchangeRequest, ExchangeResponse } from "../../wire/index.ts";

const LIST = "/v1/models";

const modelOf = (id: string): object => ({ id, object: "model", created: 0, owned_by: "provider" });

const answer = (status: number, body: object): ExchangeResponse => ({
  status,
  contentType: "application/json",
  encoding: "utf8",
  body: JSON.stringify(body),
});

/** Undefined for any other request. */
export function modelsAnswer(
  { method, path }: Pick<ExchangeRequest, "method" | "path">,
  names: Iterable<string>,
): ExchangeResponse | undefined {
  if (method !== "GET") return undefined;
  const models = [...names].map(modelOf);
  if (path === LIST) return answer(200, { object: "list", data: models });
  if (!path.startsWith(`${LIST}/`)) return undefined;
  const [model] = models.filter((of) => path === `${LIST}/${encodeURIComponent((of as { id: string }).id)}`);
  const error = { message: "the terms offer no such model", type: "invalid_request_error", param: null };
  return model === undefined ? answer(404, { error: { ...error, code: "model_not_found" } }) : answer(200, model);
}

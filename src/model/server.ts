// SPDX-License-Identifier: GPL-3.0-or-later
/** The bundled model behind OpenAI's interface: for trying things out and for tests, with no account and no network. */
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

import type { z } from "zod";

import { answerEmbeddings } from "./embeddings.ts";
import { chatRequest, completionRequest, embeddingRequest } from "./requests.ts";
import { answerChat, answerCompletion } from "./writing.ts";
import type { Answer } from "./writing.ts";

export const CHAT_MODEL = "jeton-small";
export const EMBEDDING_MODEL = "jeton-embed";

const MAX_BODY_BYTES = 8 * 1024 * 1024;

export interface ModelOptions {
  /** Default: the loopback interface. */
  readonly host?: string;
  /** 0, the default: any that is free. */
  readonly port?: number;
  /** Between the tokens of a stream, and before an answer that is none. Default 0. */
  readonly pauseMilliseconds?: number;
  /** If set, requests must bring it as their bearer token. */
  readonly apiKey?: string;
}

export interface RunningModel {
  /** "http://127.0.0.1:1234"; the interface is below /v1. */
  readonly url: string;
  close(): Promise<void>;
}

/** A refusal, in the shape that OpenAI's clients read. */
class Refusal extends Error {
  readonly status: number;
  readonly code: string | null;

  constructor(status: number, message: string, code: string | null = null) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

async function readBody<S extends z.ZodTypeAny>(request: IncomingMessage, schema: S): Promise<z.output<S>> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new Refusal(413, "the request is too large");
    chunks.push(chunk);
  }
  let json: unknown;
  try {
    json = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new Refusal(400, "the request is no JSON");
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data as z.output<S>;
  const [issue] = result.error.issues;
  throw new Refusal(400, `the request is malformed at "${issue?.path.join(".") ?? ""}": ${issue?.message ?? ""}`);
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function requireModel(model: string, served: string): void {
  if (model !== served) throw new Refusal(404, `there is no model "${model.slice(0, 100)}" here`, "model_not_found");
}

const modelOf = (id: string): object => ({ id, object: "model", created: 0, owned_by: "jeton" });

class Model {
  readonly #pause: number;
  readonly #apiKey: string | undefined;

  constructor({ pauseMilliseconds = 0, apiKey }: ModelOptions) {
    this.#pause = pauseMilliseconds;
    this.#apiKey = apiKey;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#route(request, response);
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal(500, "the model failed");
      if (response.headersSent) return void response.destroy();
      const { status, message, code } = refusal;
      const type = status < 500 ? "invalid_request_error" : "server_error";
      sendJson(response, status, { error: { message, type, param: null, code } });
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#apiKey !== undefined && request.headers.authorization !== `Bearer ${this.#apiKey}`) {
      throw new Refusal(401, "this API key is not known here", "invalid_api_key");
    }
    const { method, url = "" } = request;
    const listed = [CHAT_MODEL, EMBEDDING_MODEL];
    switch (`${method} ${url.split("?")[0]}`) {
      case "POST /v1/chat/completions": {
        const asked = await readBody(request, chatRequest);
        requireModel(asked.model, CHAT_MODEL);
        return this.#write(response, asked, answerChat(asked));
      }
      case "POST /v1/completions": {
        const asked = await readBody(request, completionRequest);
        requireModel(asked.model, CHAT_MODEL);
        return this.#write(response, asked, answerCompletion(asked));
      }
      case "POST /v1/embeddings": {
        const asked = await readBody(request, embeddingRequest);
        requireModel(asked.model, EMBEDDING_MODEL);
        await pause(this.#pause);
        return sendJson(response, 200, answerEmbeddings(asked));
      }
      case "GET /v1/models":
        return sendJson(response, 200, { object: "list", data: listed.map(modelOf) });
      default: {
        const id = method === "GET" ? listed.find((name) => url === `/v1/models/${name}`) : undefined;
        if (id === undefined) throw new Refusal(404, "there is nothing at this path");
        return sendJson(response, 200, modelOf(id));
      }
    }
  }

  async #write(
    response: ServerResponse,
    { stream, stream_options }: Pick<z.output<typeof chatRequest>, "stream" | "stream_options">,
    { whole, chunks, usageChunk }: Answer,
  ): Promise<void> {
    if (stream !== true) {
      await pause(this.#pause);
      return sendJson(response, 200, whole);
    }
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    for (const chunk of stream_options?.include_usage === true ? [...chunks, usageChunk] : chunks) {
      if (response.closed) return;
      response.write(`data: ${JSON.stringify(chunk)}\n\n`);
      if (this.#pause > 0) await pause(this.#pause);
    }
    response.end("data: [DONE]\n\n");
  }
}

/** @throws Error of the network, such as EADDRINUSE */
export async function startModel(options: ModelOptions = {}): Promise<RunningModel> {
  const { host = "127.0.0.1", port = 0 } = options;
  const model = new Model(options);
  const server = createServer((request, response) => void model.handle(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, host, resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

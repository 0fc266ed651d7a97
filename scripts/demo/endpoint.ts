// SPDX-License-Identifier: GPL-3.0-or-later
/** The demo's chain over HTTP, so that a gateway can sell calls to it as it would sell those to any other endpoint. */
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";

import type { ChainProvider } from "../../src/chain/index.ts";

export interface Endpoint {
  readonly url: string;
  close(): void;
}

interface Call {
  readonly id: unknown;
  readonly method: string;
  readonly params?: unknown[];
}

async function resultOf(chain: ChainProvider, { id, method, params = [] }: Call): Promise<object> {
  const outcome = await chain.send(method, params).then(
    (result: unknown) => ({ result }),
    (error: unknown) => ({ error: { code: -32_000, message: String(error) } }),
  );
  return { jsonrpc: "2.0", id, ...outcome };
}

async function answer(chain: ChainProvider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const asked = (await json(request)) as Call | Call[];
  const results = Array.isArray(asked)
    ? await Promise.all(asked.map((call) => resultOf(chain, call)))
    : await resultOf(chain, asked);
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(results));
}

export async function serveChain(chain: ChainProvider): Promise<Endpoint> {
  const server = createServer((request, response) => void answer(chain, request, response));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the endpoint has no port");
  return { url: `http://127.0.0.1:${address.port}`, close: () => server.close() };
}

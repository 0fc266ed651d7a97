// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A provider's interface over plain HTTP, small enough to lie with: every exchange can be taken over, byte by byte. The real server is
 * elsewhere; this one stands for the network and for hostile gateways.
 */
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

import {
  CALL_MEDIA_TYPE,
  GatewayError,
  PATHS,
  PROBLEM_MEDIA_TYPE,
  encodeAnswer,
  encodePiece,
  problemOf,
} from "../../../src/wire/index.ts";
import type { CallRequestJson, ProviderApi } from "../../../src/wire/index.ts";

export interface Seen {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface PlainServer {
  readonly url: string;
  readonly seen: readonly Seen[];
  /** How many connections were made. */
  readonly connections: () => number;
  /** Cuts the connections that stand. */
  readonly cut: () => void;
  readonly close: () => Promise<void>;
}

/** Answers an exchange itself if it resolves to true. */
export type TakeOver = (path: string, body: string, response: ServerResponse) => Promise<boolean> | boolean;

export async function servePlain(api: ProviderApi, takeOver: TakeOver = () => false): Promise<PlainServer> {
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((request, response) => {
    void answer(api, takeOver, seen, request, response).catch(() => response.destroy());
  });
  server.on("connection", (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    connections: () => connections,
    cut,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}

async function answer(
  api: ProviderApi,
  takeOver: TakeOver,
  seen: Seen[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  const url = new URL(request.url ?? "/", "http://localhost");
  seen.push({ path: request.url ?? "", headers: request.headers, body });
  if (await takeOver(url.pathname, body, response)) return;
  try {
    if (url.pathname === PATHS.call) return await answerCall(api, body, response);
    const result = await dispatch(api, url, body);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(result));
  } catch (error) {
    refuse(response, error);
  }
}

async function answerCall(api: ProviderApi, body: string, response: ServerResponse): Promise<void> {
  let delivered = 0;
  const result = await api.call(JSON.parse(body) as CallRequestJson, (piece) => {
    if (delivered === 0) response.writeHead(200, { "content-type": CALL_MEDIA_TYPE });
    delivered += piece.length;
    response.write(encodePiece(piece));
  });
  if (!response.headersSent) response.writeHead(200, { "content-type": CALL_MEDIA_TYPE });
  response.end(encodeAnswer(result, delivered));
}

export function refuse(response: ServerResponse, error: unknown, headers: Record<string, string> = {}): void {
  const problem = problemOf(error instanceof GatewayError ? error : new GatewayError("INTERNAL", String(error)));
  response.writeHead(problem.status, { "content-type": PROBLEM_MEDIA_TYPE, ...headers }).end(JSON.stringify(problem));
}

function dispatch(api: ProviderApi, { pathname, searchParams }: URL, body: string): Promise<unknown> {
  if (pathname === PATHS.terms) return api.terms();
  if (pathname === PATHS.feed) {
    const limit = searchParams.get("limit");
    return api.publicFeed({
      after: Number(searchParams.get("after")),
      ...(limit === null ? {} : { limit: Number(limit) }),
    });
  }
  const request = JSON.parse(body) as never;
  if (pathname === PATHS.enroll) return api.enroll(request);
  if (pathname === PATHS.endSession) return api.endSession(request);
  if (pathname === PATHS.refund) return api.refund(request);
  if (pathname === PATHS.fold) return api.fold(request);
  if (pathname === PATHS.close) return api.consentToClose(request);
  throw new GatewayError("NOT_FOUND", "there is nothing here");
}

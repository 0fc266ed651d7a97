// SPDX-License-Identifier: GPL-3.0-or-later
/** Plain HTTP requests, as anybody can make them. */
import { Agent, request as httpRequest } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { connect } from "node:net";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** One of 127.0.0.0/8. */
  readonly from?: string;
  readonly agent?: Agent;
}

/** One request, on a connection of its own unless an agent is given. */
export function ask(url: string, { method, headers, body, from, agent }: Asking = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = {
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(from === undefined ? {} : { localAddress: from }),
      agent: agent ?? new Agent({ keepAlive: false }),
    };
    const sent = httpRequest(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

export const askJson = (url: string, value: unknown, asking: Asking = {}): Promise<Answer> =>
  ask(url, { ...asking, body: JSON.stringify(value) });

/** The code of a problem. */
export const codeIn = ({ text }: Answer): unknown => (JSON.parse(text) as { code?: unknown }).code;

/** What comes back for these bytes, sent as they are: until the server closes the connection. */
export function askRaw(url: string, ...parts: readonly (string | Promise<string>)[]): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let text = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => (text += chunk));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "ECONNRESET" && error.code !== "EPIPE") reject(error);
    });
    socket.on("close", () => resolve(text));
    void (async () => {
      for (const part of parts) socket.write(await part);
    })();
  });
}

// SPDX-License-Identifier: GPL-3.0-or-later
/** Answers what never became a request: headers that are none or too many, and what came too slowly. */
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";

import { GatewayError, PROBLEM_MEDIA_TYPE } from "../../wire/index.ts";
import { HttpRefusal, problemBody } from "./replies.ts";

const malformed = (message: string): GatewayError => new GatewayError("REQUEST_MALFORMED", message);

const refusals: Readonly<Record<string, HttpRefusal>> = {
  ERR_HTTP_REQUEST_TIMEOUT: new HttpRefusal(new GatewayError("REQUEST_TIMEOUT", "the request came too slowly")),
  HPE_HEADER_OVERFLOW: new HttpRefusal(malformed("the headers are larger than is taken here"), 431),
};
const unreadable = new HttpRefusal(malformed("this is no HTTP request"));

export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  const code = error.code ?? "";
  if (code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const refusal = refusals[code] ?? unreadable;
  const body = JSON.stringify(problemBody(refusal));
  socket.end(
    [
      `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ""}`,
      `content-type: ${PROBLEM_MEDIA_TYPE}`,
      `content-length: ${Buffer.byteLength(body)}`,
      "connection: close",
      "",
      body,
    ].join("\r\n"),
  );
}

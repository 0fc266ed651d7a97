// SPDX-License-Identifier: GPL-3.0-or-later
/** Times every request that a process serves over HTTP, from its headers to its last byte, without a word of the program's own. */
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";

interface Served {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export class Edges {
  #milliseconds: number[] = [];

  /** @param isCounted tells by its path whether a request is one of those that are measured. */
  constructor(isCounted: (path: string) => boolean) {
    const began = new WeakMap<ServerResponse, number>();
    subscribe("http.server.request.start", (message) => {
      const { request, response } = message as Served;
      if (isCounted(request.url ?? "")) began.set(response, performance.now());
    });
    subscribe("http.server.response.finish", (message) => {
      const start = began.get((message as Served).response);
      if (start !== undefined) this.#milliseconds.push(performance.now() - start);
    });
  }

  /** In order, since it was asked last. */
  take(): number[] {
    const taken = this.#milliseconds;
    this.#milliseconds = [];
    return taken;
  }
}

// SPDX-License-Identifier: GPL-3.0-or-later
/** A client on one connection that is kept, as programs keep theirs. */
import { Agent, request as httpRequest } from "node:http";

export interface Exchanged {
  readonly text: string;
  /** From the call to the first byte of the body, and to the last one. */
  readonly firstByte: number;
  readonly milliseconds: number;
}

export class Client {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  /** @throws Error for any status but 200 */
  post(url: string, body: string): Promise<Exchanged> {
    const start = performance.now();
    return new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      const sent = httpRequest(url, { method: "POST", agent: this.#agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        let firstByte = 0;
        response.on("data", (chunk: Buffer) => {
          if (chunks.length === 0) firstByte = performance.now() - start;
          chunks.push(chunk);
        });
        response.on("error", reject);
        response.on("end", () => {
          const milliseconds = performance.now() - start;
          const text = Buffer.concat(chunks).toString("utf8");
          if (response.statusCode === 200) resolve({ text, firstByte, milliseconds });
          else reject(new Error(`${url} answered ${response.statusCode}: ${text.slice(0, 400)}`));
        });
      });
      sent.on("error", reject);
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

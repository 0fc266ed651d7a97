// SPDX-License-Identifier: GPL-3.0-or-later
/** A request's body as it comes, counted. */
import { Transform } from "node:stream";
import type { Readable, TransformCallback } from "node:stream";

class CountedBody extends Transform {
  /** Asked for by Fastify of a stream that stands for a body. */
  receivedEncodedLength = 0;
  readonly #onBytes: (bytes: number) => void;

  constructor(onBytes: (bytes: number) => void) {
    super();
    this.#onBytes = onBytes;
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    try {
      this.#onBytes(chunk.length);
      this.receivedEncodedLength += chunk.length;
      done(null, chunk);
    } catch (error) {
      done(error as Error);
    }
  }
}

/** @param onBytes told of every piece before it is taken; throws to take no more. */
export function countedBody(body: Readable, onBytes: (bytes: number) => void): CountedBody {
  const counted = new CountedBody(onBytes);
  body.on("error", (error) => counted.destroy(error));
  body.once("close", () => {
    if (!body.readableEnded) counted.destroy(new Error("the request was cut off"));
  });
  counted.once("error", () => body.unpipe(counted));
  return body.pipe(counted);
}

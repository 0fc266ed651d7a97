// SPDX-License-Identifier: GPL-3.0-or-later
/** The service as something that is asked over HTTP: bounded in time and size, without redirects, and without a word about the user. */
import type { UpstreamSettings } from "./config.ts";

/** The service did not do what it should. The message is for the operator, and holds nothing of a user. */
export class UpstreamFault extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "UpstreamFault";
  }
}

export interface EndpointRequest {
  readonly method: string;
  /** Below the configured URL; "" for the URL itself. */
  readonly path: string;
  readonly accept: string;
  readonly contentType?: string;
  readonly body?: string | Buffer;
}

export interface EndpointAnswer {
  readonly status: number;
  /** Printable, and no longer than a head may hold. */
  readonly contentType: string;
  /** To be read once. Throws UpstreamFault when it breaks off, pauses too long, or is too long. */
  readonly chunks: AsyncGenerator<Uint8Array, void, undefined>;
}

/** The character that an escape of two hexadecimal digits stands for. */
const unescape = (_: string, digits: string): string => String.fromCharCode(Number.parseInt(digits, 16));

/** True for a path that steps up once its escapes are read, however often, as some services read them; some also cut "..;x" to "..". */
function climbs(path: string): boolean {
  let text = path;
  for (let read = ""; read !== text;) {
    read = text;
    text = read.replace(/%(?:25)*([0-7][0-9a-f])/gi, unescape);
  }
  return text.split(/[/\\]/).some((segment) => /^\.\.(;|$)/.test(segment));
}

export class Endpoint {
  readonly #settings: UpstreamSettings;
  readonly #base: URL;

  constructor(settings: UpstreamSettings) {
    this.#settings = settings;
    this.#base = new URL(settings.url.replace(/\/+$/, ""));
  }

  /** Where a path leads, or undefined if that is not below the configured URL. */
  #resolve(path: string): URL | undefined {
    if (path === "") return new URL(this.#settings.url);
    const { origin, pathname } = this.#base;
    const prefix = pathname.replace(/\/+$/, "");
    const url = new URL(`${origin}${prefix}${path}`);
    const isBelow = url.origin === origin && url.pathname.startsWith(`${prefix}/`);
    return isBelow && !climbs(url.pathname) ? url : undefined;
  }

  reaches(path: string): boolean {
    return this.#resolve(path) !== undefined;
  }

  /** Resolves when the answer begins. @throws UpstreamFault */
  async ask(
    { method, path, accept, contentType, body }: EndpointRequest,
    signal: AbortSignal,
  ): Promise<EndpointAnswer> {
    const { headers, answerSeconds } = this.#settings;
    const url = this.#resolve(path);
    if (url === undefined) throw new UpstreamFault("a path that leads elsewhere");
    const given = new AbortController();
    const timer = setTimeout(() => given.abort(new UpstreamFault("no answer came in time")), answerSeconds * 1_000);
    try {
      const response = await fetch(url, {
        method,
        headers: { accept, ...(contentType === undefined ? {} : { "content-type": contentType }), ...headers },
        ...(body === undefined ? {} : { body }),
        redirect: "manual",
        signal: AbortSignal.any([signal, given.signal]),
      });
      const { status } = response;
      const type = response.headers.get("content-type") ?? "";
      if (status < 200 || (status >= 300 && status < 400)) {
        void response.body?.cancel().catch(() => undefined);
        throw new UpstreamFault(`the service answered with status ${status}`);
      }
      return {
        status,
        contentType: /^[\x20-\x7e]{0,200}$/.test(type) ? type : "",
        chunks: this.#read(response, given),
      };
    } catch (error) {
      throw faultOf(error);
    } finally {
      clearTimeout(timer);
    }
  }

  async *#read({ body }: Response, given: AbortController): AsyncGenerator<Uint8Array, void, undefined> {
    if (body === null) return;
    const { idleSeconds, maxBytes } = this.#settings;
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    const idle = (): void => given.abort(new UpstreamFault("the answer paused for too long"));
    let length = 0;
    try {
      for (;;) {
        const timer = setTimeout(idle, idleSeconds * 1_000);
        const { done, value } = await reader.read().finally(() => clearTimeout(timer));
        if (done) return;
        const room = maxBytes - length;
        length += value.length;
        // What came before the limit may have been worth something.
        yield value.length > room ? value.subarray(0, room) : value;
        if (length > maxBytes) throw new UpstreamFault(`the answer is longer than ${maxBytes} bytes`);
      }
    } catch (error) {
      throw faultOf(error);
    } finally {
      // Ends the connection too, where the answer was not read to its end.
      void reader.cancel().catch(() => undefined);
    }
  }
}

const faultOf = (error: unknown): UpstreamFault =>
  error instanceof UpstreamFault ? error : new UpstreamFault("the service could not be reached, or broke off", error);

/** The whole of an answer. @throws UpstreamFault */
export async function readWhole({ chunks }: EndpointAnswer): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

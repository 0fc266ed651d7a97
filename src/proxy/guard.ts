// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Who may use the proxy: programs of this machine, and no web page. A page that a browser shows can send requests to loopback addresses;
 * it gives itself away by its Origin, its Referer, by Sec-Fetch-Site (https://www.w3.org/TR/fetch-metadata/), or, after DNS rebinding, by
 * a Host that is no name of ours. What the provider answers is a page from elsewhere, too.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

import { ProxyProblem } from "./problem.ts";

const LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]"];

export const isLoopback = (host: string): boolean => /^(127(\.\d{1,3}){3}|localhost|::1|\[::1\])$/.test(host);

const digest = (text: string): Buffer => createHash("sha256").update(text, "utf8").digest();

export interface GuardOptions {
  readonly port: number;
  readonly hostNames: readonly string[];
  readonly token: string | undefined;
}

export class Guard {
  readonly #hosts: ReadonlySet<string>;
  readonly #token: Buffer | undefined;

  constructor({ port, hostNames, token }: GuardOptions) {
    const names = [...LOOPBACK_NAMES, ...hostNames.map((name) => name.toLowerCase())];
    // Clients leave out the port that their scheme implies.
    this.#hosts = new Set(names.flatMap((name) => [`${name}:${port}`, ...(port === 80 ? [name] : [])]));
    this.#token = token === undefined ? undefined : digest(`Bearer ${token}`);
  }

  get needsToken(): boolean {
    return this.#token !== undefined;
  }

  /** @throws ProxyProblem 403 for what came from elsewhere */
  requireOwn(headers: IncomingHttpHeaders): void {
    const { host = "", origin, referer } = headers;
    if (!this.#hosts.has(host.toLowerCase())) {
      throw new ProxyProblem(403, "host_refused", "the Host header is no name of this proxy");
    }
    const isForeign = [origin, referer].some((from) => from !== undefined && !this.#isOwn(from));
    const site = headers["sec-fetch-site"];
    if (isForeign || (site !== undefined && site !== "same-origin" && site !== "none")) {
      throw new ProxyProblem(403, "origin_refused", "web pages cannot use this proxy");
    }
  }

  #isOwn(from: string): boolean {
    if (!URL.canParse(from)) return false;
    const { protocol, host, port } = new URL(from);
    return protocol === "http:" && this.#hosts.has(port === "" ? `${host}:80` : host);
  }

  /**
   * For what costs money: nothing that a browser asks for by itself, such as a page, an image or an icon, and no browser that does not say
   * what it asks for. A script of a page of this proxy may ask.
   * @throws ProxyProblem 403
   */
  requireProgram(headers: IncomingHttpHeaders): void {
    const destination = headers["sec-fetch-dest"];
    const isBrowser = (headers["user-agent"] ?? "").startsWith("Mozilla/");
    const isAsked = destination === undefined || destination === "empty";
    if (isAsked && !(isBrowser && headers["sec-fetch-site"] === undefined)) return;
    throw new ProxyProblem(403, "origin_refused", "this proxy pays for programs, and for nothing that a browser opens");
  }

  /** @throws ProxyProblem 401 */
  requireToken({ authorization = "" }: IncomingHttpHeaders): void {
    if (this.#token === undefined || timingSafeEqual(digest(authorization), this.#token)) return;
    throw new ProxyProblem(
      401,
      "token_required",
      "this proxy asks for a bearer token: the one that it was started with",
    );
  }
}

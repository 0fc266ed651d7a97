// SPDX-License-Identifier: GPL-3.0-or-later
import type { ServerResponse } from "node:http";
import { Agent as TlsAgent, createServer as createTlsServer } from "node:https";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";

import { expect } from "chai";

import type { Upstream } from "../../src/gateway/index.ts";
import { WalletError, httpProvider } from "../../src/wallet/index.ts";
import type { HttpProviderOptions } from "../../src/wallet/index.ts";
import { CALL_MEDIA_TYPE, GatewayError, PATHS, encodeAnswer, encodePiece } from "../../src/wire/index.ts";
import type { CallAnswerJson } from "../../src/wire/index.ts";
import { CERTIFICATE, KEY } from "./support/localhost-certificate.ts";
import { refuse, servePlain } from "./support/plain-http.ts";
import type { PlainServer, TakeOver } from "./support/plain-http.ts";
import { C, P, PRICE, codeOf, lying, openUser, startProvider } from "./support/session-world.ts";
import type { Provider, ProviderSetup, User, UserSetup } from "./support/session-world.ts";

interface Remote {
  readonly provider: Provider;
  readonly server: PlainServer;
  readonly user: User;
}

/** Streams its answer in three pieces. */
const talker: Upstream = {
  quote: () => PRICE,
  serve: async (payload, { emit }) => {
    for (const piece of ["one ", "two ", "three "]) emit(piece);
    return { response: `one two three ${payload}`, charge: PRICE };
  },
};

async function withRemote(
  options: {
    readonly takeOver?: TakeOver;
    readonly http?: HttpProviderOptions;
    readonly user?: UserSetup;
  } & ProviderSetup,
  body: (remote: Remote) => Promise<void>,
): Promise<void> {
  const { takeOver, http, user: userSetup, ...setup } = options;
  const provider = startProvider(setup);
  const server = await servePlain(provider.gateway, takeOver);
  const api = httpProvider(server.url, http);
  const user = openUser(provider, { api, ...userSetup });
  try {
    await user.account.enroll();
    await body({ provider, server, user });
  } finally {
    api.close();
    user.close();
    await server.close();
  }
}

/** Sends bytes in pieces of this size, with a pause between them. */
async function dribble(response: ServerResponse, text: string, size: number): Promise<void> {
  const bytes = Buffer.from(text, "utf8");
  response.writeHead(200, { "content-type": CALL_MEDIA_TYPE });
  for (let at = 0; at < bytes.length; at += size) {
    response.write(bytes.subarray(at, at + size));
    if (at % (8 * size) === 0) await setTimeout(1);
  }
  response.end();
}

describe("the wallet over HTTP", function () {
  this.timeout(240_000);

  it("enrols, calls, folds and restores over a connection that is kept, and says nothing of who it is", () =>
    withRemote({ upstream: talker }, async ({ provider, server, user }) => {
      const { account } = user;
      for (const payload of ["a", "b"]) await account.call(payload);
      expect((await account.fold())?.indices).to.have.length(2);
      const session = await account.openSession();
      expect((await session.call("ü")).response).to.equal("one two three ü");
      expect((await session.end()).refundedCharge).to.equal(C - PRICE);
      expect(server.connections()).to.equal(1);
      const allowed = ["accept", "connection", "content-length", "content-type", "host"];
      for (const { headers } of server.seen) expect(allowed).to.include.members(Object.keys(headers));

      const paged = lying(provider.gateway, {
        publicFeed: ({ after }) => provider.gateway.publicFeed({ after, limit: 2 }),
      });
      const pages = await servePlain(paged);
      const api = httpProvider(pages.url, { keepAlive: false });
      const fresh = openUser(provider, { api });
      expect(await fresh.account.restore()).to.deep.equal({ isEnrolled: true, nextIndex: 3, refunds: 3, folds: 1 });
      expect(pages.seen.map(({ path }) => path)).to.include.members([`${PATHS.feed}?after=0`, `${PATHS.feed}?after=2`]);
      expect(pages.connections()).to.equal(pages.seen.length);
      await pages.close();
      fresh.close();
    }));

  it("hands on the pieces of a response as they come, each once, and what was not streamed at the end", () =>
    withRemote({ upstream: talker }, async ({ user }) => {
      const pieces: string[] = [];
      const result = await user.account.call("x", { onPiece: (piece) => pieces.push(piece) });
      expect(pieces).to.deep.equal(["one ", "two ", "three ", "x"]);
      expect(result).to.include({ response: "one two three x", areTruePieces: true });
      const failing = await user.account.call("y", {
        onPiece: () => {
          throw new Error("nobody listens");
        },
      });
      expect(failing.response).to.equal("one two three y");
    }));

  it("goes on with the pieces where the attempt before was cut, and repeats none", () => {
    let attempts = 0;
    const takeOver: TakeOver = async (path, _body, response) => {
      if (path !== PATHS.call || (attempts += 1) > 1) return false;
      response.writeHead(200, { "content-type": CALL_MEDIA_TYPE });
      response.write(encodePiece("one ") + encodePiece("tw") + '{"piece":"o an');
      await setTimeout(20);
      response.destroy();
      return true;
    };
    return withRemote({ upstream: talker, takeOver }, async ({ user, server }) => {
      const pieces: string[] = [];
      const result = await user.account.call("x", { onPiece: (piece) => pieces.push(piece) });
      expect(pieces).to.deep.equal(["one ", "tw", "o ", "three ", "x"]);
      expect(result).to.include({ response: "one two three x", areTruePieces: true, charged: PRICE });
      const bodies = server.seen.filter(({ path }) => path === PATHS.call).map(({ body }) => body);
      expect(bodies).to.have.length(2);
      expect(new Set(bodies).size).to.equal(1);
    });
  });

  it("stops handing on when another attempt says something else, and tells", () => {
    let attempts = 0;
    const takeOver: TakeOver = async (path, _body, response) => {
      if (path !== PATHS.call || (attempts += 1) > 1) return false;
      response.writeHead(200, { "content-type": CALL_MEDIA_TYPE });
      response.write(encodePiece("one ") + encodePiece("2 "));
      await setTimeout(20);
      response.destroy();
      return true;
    };
    return withRemote({ upstream: talker, takeOver }, async ({ user }) => {
      const pieces: string[] = [];
      const result = await user.account.call("x", { onPiece: (piece) => pieces.push(piece) });
      expect(pieces).to.deep.equal(["one ", "2 "]);
      expect(result).to.include({ response: "one two three x", areTruePieces: false });
    });
  });

  it("reads an answer whatever pieces the network cuts it into, and needs no end of it", async () => {
    for (const size of [1, 7, 4_096]) {
      const takeOver: TakeOver = async (path, body, response) => {
        if (path !== PATHS.call) return false;
        const answer = await provider.gateway.call(JSON.parse(body));
        await dribble(response, `\n${encodePiece("echo: ")}${encodeAnswer(answer, 6)}`, size);
        return true;
      };
      const provider = startProvider();
      const server = await servePlain(provider.gateway, takeOver);
      const { account, close } = openUser(provider, { api: httpProvider(server.url) });
      await account.enroll();
      expect(await account.call("żółw 🐢")).to.include({ response: "echo: żółw 🐢", charged: PRICE });
      close();
      await server.close();
    }
    const endless: TakeOver = async (path, body, response) => {
      if (path !== PATHS.call) return false;
      const answer = await provider.gateway.call(JSON.parse(body));
      response.writeHead(200, { "content-type": CALL_MEDIA_TYPE }).write(encodeAnswer(answer, 0));
      return true;
    };
    const provider = startProvider();
    const server = await servePlain(provider.gateway, endless);
    const { account, close } = openUser(provider, { api: httpProvider(server.url) });
    await account.enroll();
    expect((await account.call("a")).response).to.equal("echo: a");
    close();
    await server.close();
  });

  it("takes a refusal as the provider said it, before the answer and in the middle of it", async () => {
    const provider = startProvider();
    const server = await servePlain(provider.gateway, (path, _body, response) => {
      if (path === PATHS.enroll) refuse(response, new GatewayError("OVERLOADED", "later"), { "retry-after": "7" });
      else if (path === PATHS.call) {
        const problem = new GatewayError("UPSTREAM_FAILED", "the service is gone");
        const line = { problem: { type: "t", title: "t", status: 502, detail: problem.message, code: problem.code } };
        response.writeHead(200, { "content-type": CALL_MEDIA_TYPE });
        response.end(`${encodePiece("some")}${JSON.stringify(line)}\n`);
      } else return false;
      return true;
    });
    const api = httpProvider(server.url);
    const refused = await api.enroll({} as never).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(GatewayError);
    expect(refused).to.deep.include({ code: "OVERLOADED", message: "later", details: { retryAfterSeconds: 7 } });
    expect(await codeOf(api.call({} as never))).to.equal("UPSTREAM_FAILED");
    expect(await codeOf(api.refund({ nullifier: "x" }))).to.equal("REQUEST_MALFORMED");
    api.close();
    await server.close();
  });

  const html = { "content-type": "text/html" };
  const nothing: Record<string, TakeOver> = {
    "no JSON": (_path, _body, response) => (response.writeHead(200, html).end("<h1>Welcome</h1>"), true),
    "a redirect": (_path, _body, response) => (
      response.writeHead(307, { location: "http://127.0.0.1:1/" }).end(),
      true
    ),
    "a status without a problem": (_path, _body, response) => (response.writeHead(502, html).end("bad gateway"), true),
    "a problem that is none of ours": (_path, _body, response) => (
      response.writeHead(400, { "content-type": "application/problem+json" }).end('{"code":"BECAUSE"}'),
      true
    ),
    "a line that is no frame": (_path, _body, response) => (
      response.writeHead(200, { "content-type": CALL_MEDIA_TYPE }).end('{"peace":"x"}\n'),
      true
    ),
    "an empty answer": (_path, _body, response) => (
      response.writeHead(200, { "content-type": CALL_MEDIA_TYPE }).end(),
      true
    ),
    "a cut in the middle": async (_path, _body, response) => {
      response.writeHead(200, { "content-type": CALL_MEDIA_TYPE }).write(encodePiece("some"));
      await setTimeout(5);
      return (response.destroy(), true);
    },
    "a cut before anything": (_path, _body, response) => (response.destroy(), true),
    "a line that does not end": (_path, _body, response) => {
      response.writeHead(200, { "content-type": CALL_MEDIA_TYPE });
      const write = (): void =>
        void (response.destroyed || response.write("x".repeat(20_000), () => setImmediate(write)));
      return (write(), true);
    },
    "pieces without end": (_path, _body, response) => {
      response.writeHead(200, { "content-type": CALL_MEDIA_TYPE });
      const write = (): void =>
        void (response.destroyed || response.write(encodePiece("x".repeat(5_000)), () => setImmediate(write)));
      return (write(), true);
    },
    "nothing at all": () => true,
    "silence after the first byte": (_path, _body, response) => (
      response.writeHead(200, { "content-type": CALL_MEDIA_TYPE }).write('{"pie'),
      true
    ),
    "one byte now and then": (_path, _body, response) => {
      response.writeHead(200, { "content-type": CALL_MEDIA_TYPE });
      const write = async (): Promise<void> => {
        while (!response.destroyed) await setTimeout(20).then(() => response.write(" "));
      };
      return (void write(), true);
    },
  };
  const strict: HttpProviderOptions = {
    connectMilliseconds: 500,
    answerMilliseconds: 300,
    idleMilliseconds: 200,
    totalMilliseconds: 600,
    maxResponseBytes: 200_000,
    maxLineBytes: 50_000,
  };
  for (const [name, takeOver] of Object.entries(nothing)) {
    it(`takes ${name} for no answer, in bounded time`, async () => {
      const server = await servePlain(startProvider().gateway, takeOver);
      const api = httpProvider(server.url, strict);
      const began = performance.now();
      for (const ask of [() => api.call({} as never), () => api.terms()]) {
        const error = await ask().catch((reason: unknown) => reason);
        expect(error).to.be.instanceOf(Error).and.not.instanceOf(GatewayError);
      }
      expect(performance.now() - began).to.be.lessThan(2_500);
      api.close();
      await server.close();
    });
  }

  it("says that nobody is there when nobody is, and takes a connection that was closed meanwhile for no failure", async () => {
    const provider = startProvider();
    const server = await servePlain(provider.gateway);
    const api = httpProvider(server.url);
    await api.terms();
    server.cut();
    expect(await api.terms()).to.have.property("terms");
    expect(server.connections()).to.equal(2);
    await server.close();
    const error = await api.terms().catch((reason: unknown) => reason);
    expect(error)
      .to.be.instanceOf(Error)
      .with.property("message")
      .that.matches(/no answer came/);
  });

  it("talks in clear to this machine and to onion services alone, unless it is told to", () => {
    const refused = ["http://example.org", "http://127.0.0.1.example.org", "ftp://localhost", "nonsense", ""];
    const strange = ["https://me:secret@example.org", "https://example.org/?key=1", "https://example.org/#a"];
    for (const url of [...refused, ...strange]) {
      expect(() => httpProvider(url), url)
        .to.throw(WalletError)
        .with.property("code", "PROVIDER_URL_INVALID");
    }
    const allowed = ["https://example.org/api/", "http://localhost:8080", "http://127.0.0.2", "http://[::1]:80"];
    for (const url of [...allowed, `http://${"a".repeat(56)}.onion`]) expect(() => httpProvider(url)).not.to.throw();
    expect(() => httpProvider("http://example.org", { allowInsecure: true })).not.to.throw();
  });

  it("talks TLS to a provider whose certificate holds, and to no other", async () => {
    const { gateway } = startProvider();
    const server = createTlsServer({ key: KEY, cert: CERTIFICATE }, (_request, response) => {
      void gateway.terms().then((terms) => {
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(terms));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `https://localhost:${(server.address() as AddressInfo).port}`;
    const api = httpProvider(url, { agent: new TlsAgent({ ca: CERTIFICATE, keepAlive: true }) });
    expect(await api.terms()).to.deep.equal(await gateway.terms());
    expect(await api.terms()).to.deep.equal(await gateway.terms());
    const error = await httpProvider(url)
      .terms()
      .catch((reason: unknown) => reason);
    expect(error)
      .to.be.instanceOf(Error)
      .with.property("message")
      .that.matches(/certificate/);
    api.close();
    server.close();

    // It takes the connection, and never says a word of TLS.
    const mute = createTcpServer();
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    const silent = httpProvider(`https://localhost:${(mute.address() as AddressInfo).port}`, {
      connectMilliseconds: 200,
      keepAlive: false,
    });
    const late = await silent.terms().catch((reason: unknown) => reason);
    expect(late)
      .to.be.instanceOf(Error)
      .with.property("message")
      .that.matches(/to connect/);
    mute.close();
  });

  it("keeps a refund that the provider gave late, after the answer was cut", () => {
    let attempts = 0;
    const takeOver: TakeOver = async (path, body, response) => {
      if (path !== PATHS.call) return false;
      const answer: CallAnswerJson = await provider.gateway.call(JSON.parse(body));
      attempts += 1;
      const text = encodeAnswer(answer, 0);
      response.writeHead(200, { "content-type": CALL_MEDIA_TYPE });
      response.write(text.slice(0, text.length - 2));
      await setTimeout(5);
      response.destroy();
      return true;
    };
    let provider: Provider;
    return withRemote({ takeOver }, async (remote) => {
      provider = remote.provider;
      const { account } = remote.user;
      expect(await codeOf(account.call("a"))).to.equal("UNANSWERED");
      expect(attempts).to.equal(2);
      expect(remote.provider.upstream.served).to.deep.equal(["a"]);
      await account.requireRefunds();
      expect(account.summary()).to.include({ used: 1, unsettled: 0, unfolded: C - PRICE + P });
    });
  });
});

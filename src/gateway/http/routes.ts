// SPDX-License-Identifier: GPL-3.0-or-later
/** The provider's interface: every path of `PATHS`, JSON alone. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { CALL_MEDIA_TYPE, GatewayError, PATHS, encodeAnswer, encodePiece, encodeProblem } from "../../wire/index.ts";
import type { ProviderApi } from "../../wire/index.ts";
import type { HealthReport } from "./health.ts";
import type { LeafSource } from "./leaves.ts";
import type { HttpLimits } from "./limits.ts";
import { PieceWriter } from "./piece-writer.ts";
import { HttpRefusal, notFound, refusalOf } from "./replies.ts";

/** Runs the work of a request: for its source, counted until it is done, its faults told. */
export type Perform = <T>(request: FastifyRequest, work: () => Promise<T>) => Promise<T>;

export interface RouteOptions {
  readonly api: ProviderApi;
  readonly leaves: LeafSource;
  readonly health: () => Promise<HealthReport>;
  readonly limits: HttpLimits;
  readonly perform: Perform;
}

type Post = Exclude<keyof typeof PATHS, "terms" | "call" | "feed" | "leaves" | "health">;

/** A page that is full never changes. */
const FOREVER = "public, max-age=31536000, immutable";

/** `?after=N&limit=N` as numbers; what is none is left for the schema to refuse. */
function pageOf(query: unknown): { after: number; limit: number } {
  const read = (value: unknown): unknown =>
    typeof value === "string" && /^\d{1,16}$/.test(value) ? Number(value) : value;
  const entries = Object.entries(query as Record<string, unknown>).map(([key, value]) => [key, read(value)]);
  return { after: 0, ...(Object.fromEntries(entries) as object) } as { after: number; limit: number };
}

export function addRoutes(app: FastifyInstance, options: RouteOptions): void {
  const { api, leaves, health, perform } = options;
  const bodyLimit = options.limits.messageBytes;

  app.get(PATHS.terms, (request) => perform(request, () => api.terms()));

  const posts: Record<Post, (body: never) => Promise<unknown>> = {
    enroll: (body) => api.enroll(body),
    endSession: (body) => api.endSession(body),
    refund: (body) => api.refund(body),
    fold: (body) => api.fold(body),
    close: (body) => api.consentToClose(body),
  };
  for (const [name, answer] of Object.entries(posts)) {
    app.post(PATHS[name as Post], { bodyLimit }, (request) => perform(request, () => answer(request.body as never)));
  }

  app.post(PATHS.call, { bodyLimit: options.limits.callBytes }, (request, reply) =>
    answerCall(request, reply, options),
  );

  const pages = { feed: (page: never) => api.publicFeed(page), leaves: (page: never) => leaves.page(page) };
  for (const [name, read] of Object.entries(pages)) {
    app.get(PATHS[name as keyof typeof pages], async (request, reply) => {
      const page = await perform<{ readonly isEnd: boolean }>(request, () => read(pageOf(request.query) as never));
      reply.header("cache-control", page.isEnd ? "no-cache" : FOREVER);
      return page;
    });
  }

  app.get(PATHS.health, async (request, reply) => {
    const report = await perform(request, health);
    return reply
      .code(report.status === "ok" ? 200 : 503)
      .header("cache-control", "no-store")
      .send(report);
  });

  refuseTheRest(app);
}

/** A stream of frames, once there is something of the response, or all of it; a refusal before that is a problem. */
async function answerCall(request: FastifyRequest, reply: FastifyReply, options: RouteOptions): Promise<unknown> {
  const { api, perform, limits } = options;
  const begin = (): void => {
    reply.hijack();
    reply.raw.writeHead(200, { "content-type": CALL_MEDIA_TYPE, "cache-control": "no-store" });
  };
  const writer = new PieceWriter(reply.raw, begin, encodePiece, limits.unreadAnswerSeconds);
  try {
    const answer = await perform(request, () => api.call(request.body as never, writer.piece));
    writer.end(encodeAnswer(answer, writer.delivered));
  } catch (error) {
    if (!writer.hasBegun) throw error;
    writer.end(encodeProblem(refusalOf(error)?.error ?? new GatewayError("INTERNAL", "the gateway failed")));
  }
  return reply;
}

const READS = ["GET", "HEAD"];
const METHODS: Record<keyof typeof PATHS, readonly string[]> = {
  terms: READS,
  enroll: ["POST"],
  call: ["POST"],
  endSession: ["POST"],
  refund: ["POST"],
  fold: ["POST"],
  close: ["POST"],
  feed: READS,
  leaves: READS,
  health: READS,
};

/** Known paths say which methods they take; of anything else under /jeton there is nothing. */
function refuseTheRest(app: FastifyInstance): void {
  const all = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
  for (const [name, taken] of Object.entries(METHODS)) {
    const method = all.filter((other) => !taken.includes(other));
    const headers = { allow: taken.join(", ") };
    const error = new GatewayError("NOT_FOUND", `this path takes ${taken.join(" and ")} alone`);
    app.route({
      method,
      url: PATHS[name as keyof typeof PATHS],
      bodyLimit: 1,
      onRequest: async () => {
        throw new HttpRefusal(error, 405, headers);
      },
      handler: async () => undefined,
    });
  }
  for (const url of ["/jeton", "/jeton/*"]) {
    app.route({
      method: all,
      url,
      onRequest: async () => {
        throw notFound();
      },
      handler: async () => undefined,
    });
  }
}

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A provider in a process of its own: the store on a file, the HTTP server, the gateway and the service's adapter are the product's. What
 * they are given is watched from outside, so that the process can be killed between any two steps.
 */
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { DEVELOPMENT_PROVIDER_KEY } from "../../../deploy/index.ts";
import { SqliteStore, startProvider, upstreamOf } from "../../../src/gateway/index.ts";
import type { GatewayStore, ServeContext, Upstream } from "../../../src/gateway/index.ts";
import { warmUp } from "../../../src/gateway/warm-up.ts";
import { providerKey } from "../../../src/protocol/index.ts";
import { Prover } from "../../../src/prover/index.ts";
import { PATHS, parseTerms } from "../../../src/wire/index.ts";
import { Channel } from "./channel.ts";
import { clientOf, connect, finality, payer, watched } from "./composing.ts";
import type { Setup } from "./composing.ts";
import { Death } from "./death.ts";
import type { GatewayPoint } from "./points.ts";
import { TERMS } from "./prices.ts";
import { GENERATION_HEADER, SLOW } from "./service.ts";

export interface GatewayStart {
  /** Always the same, as a provider's address is. */
  readonly port: number;
  readonly serviceUrl: string;
  /** Which of the gateway's processes this is. */
  readonly generation: number;
  /** A bug that the audit must find: a call counts as recorded a while before it is. */
  readonly isHasty: boolean;
}

export interface Arming<P extends string> {
  readonly point: P | undefined;
  /** How often it is passed before it kills. */
  readonly passes: number;
}

/** How long the planted bug leaves a call unrecorded. */
const HASTE_MILLISECONDS = 2_000;
const ASKED_MILLISECONDS = 60;
/** The response's head, and its first event. */
const PIECES_BEFORE_DEATH = 2;

type Dying = Death<GatewayPoint>;

function watchStore(store: GatewayStore, death: Dying): GatewayStore {
  return watched<GatewayStore>(store, {
    beginCall: {
      before: (_, opening) => (opening === undefined ? undefined : death.at("proof verified")),
      after: ({ kind }) => {
        if (kind === "unseen") death.at("call came");
        if (kind === "serve") death.at("call recorded");
      },
    },
    renewLease: { after: () => death.at("lease renewed") },
    completeCall: {
      before: () => death.at("call signed"),
      after: (_, { answer }) => {
        death.at(answer.response.includes("text/event-stream") ? "stream completed" : "call completed");
      },
    },
    endSession: { before: () => death.at("end came"), after: () => death.at("end recorded") },
    recordFold: { before: () => death.at("fold came"), after: () => death.at("fold recorded") },
    recordEnrolment: { before: () => death.at("enrolment came"), after: () => death.at("enrolment recorded") },
    closeTickets: { before: () => death.at("close came"), after: () => death.at("close entered") },
  });
}

/** The planted bug: not durable when it resolves. */
function hasty(store: GatewayStore): GatewayStore {
  return new Proxy(store, {
    get(target, name) {
      const member = Reflect.get(target, name, target) as (...values: unknown[]) => unknown;
      if (name !== "completeCall") return member.bind(target);
      return async (...values: unknown[]) => {
        setTimeout(() => void member.apply(target, values), HASTE_MILLISECONDS);
        return "done";
      };
    },
  });
}

function watchUpstream(upstream: Upstream, death: Dying): Upstream {
  return {
    quote: (payload) => upstream.quote(payload),
    serve: async (payload, context) => {
      if (payload.includes(SLOW) && death.isDue("service asked")) setTimeout(() => death.die(), ASKED_MILLISECONDS);
      let pieces = 0;
      const emit: ServeContext["emit"] = (piece) => {
        context.emit(piece);
        pieces += 1;
        // What was handed on gets a moment to leave.
        if (pieces === PIECES_BEFORE_DEATH && death.isDue("answer begun")) setTimeout(() => death.die(), 3);
      };
      const served = await upstream.serve(payload, { ...context, emit });
      death.at("service done");
      return served;
    },
  };
}

/** Kills between the bytes of an answer: half of it, or all of it, is with the operating system. */
function watchAnswers(death: Dying): void {
  subscribe("http.server.request.start", (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    const cut = request.url === PATHS.call ? "answer cut" : request.url === PATHS.endSession ? "refund cut" : undefined;
    if (cut === undefined) return;
    const end = response.end.bind(response);
    response.end = ((chunk: unknown, ...rest: never[]) => {
      if (response.statusCode !== 200) return end(chunk, ...rest);
      if (death.isDue(cut)) {
        const bytes = Buffer.from(chunk as string | Buffer);
        response.write(bytes.subarray(0, bytes.length / 2), () => setTimeout(() => death.die(), 3));
        return response;
      }
      if (cut === "answer cut" && death.isDue("answer written")) {
        response.once("finish", () => setTimeout(() => death.die(), 3));
      }
      return end(chunk, ...rest);
    }) as typeof response.end;
  });
}

async function main(setup: Setup): Promise<void> {
  const death: Dying = new Death(setup.deaths);
  const provider = connect(setup.rpcUrl);
  const [client, prover] = await Promise.all([clientOf(provider, setup), Prover.create({ workers: 1, verifiers: 1 })]);
  await warmUp(prover);
  watchAnswers(death);

  async function start({ port, serviceUrl, generation, isHasty }: GatewayStart): Promise<string> {
    const terms = parseTerms(TERMS);
    const store = new SqliteStore({ path: join(setup.folder, "gateway.sqlite"), poolHash: client.pool.poolHash });
    const headers = { [GENERATION_HEADER]: `${generation}` };
    const { url } = await startProvider({
      client,
      fromBlock: setup.fromBlock,
      finality,
      store: watchStore(isHasty ? hasty(store) : store, death),
      terms,
      stateKey: providerKey(DEVELOPMENT_PROVIDER_KEY),
      signer: payer(provider, "gateway"),
      upstream: watchUpstream(upstreamOf(terms, { kind: "openai", url: serviceUrl, headers }), death),
      prover,
      port,
      settings: { leaseSeconds: 1 },
      log: (entry) => console.log(JSON.stringify(entry)),
    });
    return url;
  }

  Channel.ofChild({
    start,
    arm: async ({ point, passes }: Arming<GatewayPoint>) => death.arm(point, passes),
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(JSON.parse(process.argv[2] ?? "{}") as Setup);

// SPDX-License-Identifier: GPL-3.0-or-later
/** Two gateway processes of one provider on one PostgreSQL database: whoever asks both at once is served once, and one may die. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";
import { Wallet } from "ethers";

import { Rogue } from "../../scripts/demo/rogue.ts";
import { isDeep, recordFigures } from "../../scripts/support/figures.ts";
import { identityCommitmentOf } from "../../src/protocol/index.ts";
import { sessionKeyFrom, signCall } from "../../src/wallet/index.ts";
import { GatewayError, toJson } from "../../src/wire/index.ts";
import type { CallAnswerJson, CallRequestJson, FeedEntryJson, ProviderApi } from "../../src/wire/index.ts";
import { postgresOrSkip } from "../support/postgres.ts";
import { serialIn } from "./processes/service.ts";
import { Place, asking, codeOf } from "./weather/place.ts";
import { Door, GatewayNode } from "./weather/nodes.ts";

const [REAL, MADE_UP] = isDeep() ? [100, 900] : [12, 38];
const CLIENTS = 20;
const MOST_TRIES = 400;
/** Longer than a process may be silent before another one takes its calls up, and its desk. */
const [CALL_SECONDS, DESK_SECONDS] = [16, 31];

const newSecret = (): bigint => BigInt(`0x${randomBytes(31).toString("hex")}`);

/** Sends it until it is decided: a call that the other process serves is asked for again. */
async function send(api: ProviderApi, request: CallRequestJson): Promise<CallAnswerJson> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await api.call(request);
    } catch (error) {
      if (!(error instanceof GatewayError) || !error.isRetryable || attempt === MOST_TRIES) throw error;
      await sleep(20);
    }
  }
}

/** Works through a list, so many at a time. */
async function inLanes<T>(
  items: readonly T[],
  lanes: number,
  work: (item: T, lane: number) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const lane = async (number: number): Promise<void> => {
    for (const item of queue) await work(item, number);
  };
  await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)));
}

async function wholeFeed(api: ProviderApi): Promise<FeedEntryJson[]> {
  const entries: FeedEntryJson[] = [];
  for (;;) {
    const page = await api.publicFeed({ after: entries.at(-1)?.position ?? 0 });
    entries.push(...page.entries);
    if (page.isEnd) return entries;
  }
}

describe("two gateway processes of a provider on one PostgreSQL database", function () {
  this.timeout(isDeep() ? 1_800_000 : 240_000);
  let place: Place;
  let folder: string;
  let nodes: GatewayNode[] = [];
  let query: (sql: string) => Promise<Record<string, unknown>[]>;
  const bounties = [Wallet.createRandom().address, Wallet.createRandom().address] as const;
  const secrets = [newSecret(), newSecret(), newSecret()] as const;

  before(async function () {
    const server = await postgresOrSkip(this);
    place = await Place.open();
    folder = mkdtempSync(join(tmpdir(), "jeton-"));
    const store = await server.newDatabase();
    const database = new URL(store).pathname.slice(1);
    query = async (sql) => (await server.query(database, sql)) as Record<string, unknown>[];
    const { rpcUrl, fromBlock, client } = place.world;
    nodes = await GatewayNode.start(
      bounties.map((bountyRecipient, number) => {
        const pool = client.pool.address;
        return { number, rpcUrl, pool, fromBlock, store, serviceUrl: place.kettle.url, bountyRecipient };
      }),
      join(folder, "log"),
    );
    await place.deposit(secrets.map(identityCommitmentOf), REAL);
  });
  afterEach(() => place.close());
  after(async () => {
    await Promise.all(nodes.map((node) => node.kill()));
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  /** An account that keeps no rule, enrolled at one of the processes. */
  async function rogueOf(identitySecret: bigint, node = nodes[0] as GatewayNode): Promise<Rogue> {
    const rogue = new Rogue({
      pool: place.client.pool,
      provider: place.reach(node.url),
      prover: place.prover,
      chain: place.view(),
      identitySecret,
      deposit: BigInt(REAL) * place.hold,
    });
    await rogue.enroll();
    return rogue;
  }

  /** What the processes wrote down that went wrong. */
  const faults = (): string[] =>
    readFileSync(join(folder, "log"), "utf8")
      .split("\n")
      .filter((line) => line !== "" && !line.includes('"level":"info"'));
  afterEach(() => expect(faults()).to.deep.equal([]));

  const cap = (): bigint => place.client.parameters.ticketPrice;

  /** Every ticket goes to both processes at once; what came of it is compared with the service's books, the store and the feed. */
  async function expectServedOnce(requests: readonly CallRequestJson[], prefix: string): Promise<void> {
    const clients = Array.from({ length: CLIENTS }, (_, lane) =>
      (lane % 2 === 0 ? nodes : nodes.toReversed()).map((node) => place.reach(node.url)),
    );
    const answers = new Map<string, CallAnswerJson>();
    await inLanes(requests, CLIENTS, async (request, lane) => {
      const both = await Promise.all((clients[lane] as ProviderApi[]).map((api) => send(api, request)));
      expect(both[1]).to.deep.equal(both[0]);
      answers.set(request.nullifier, both[0] as CallAnswerJson);
    });

    const served = place.kettle.services.filter(({ id }) => id.startsWith(prefix));
    expect(served, "services").to.have.length(requests.length);
    expect(new Set(served.map(({ id }) => id)).size, "different calls").to.equal(requests.length);
    expect(new Set(served.map(({ generation }) => generation)).size, "processes that served").to.equal(2);
    for (const { response, receipt, refund } of answers.values()) {
      const { serial = -1 } = serialIn(response) ?? {};
      expect(receipt.charged).to.equal(place.kettle.services[serial]?.charge.toString());
      expect(BigInt(refund?.refundedCharge ?? 0)).to.equal(cap() - BigInt(receipt.charged));
    }
    const feeds = await Promise.all(nodes.map((node) => wholeFeed(place.reach(node.url))));
    expect(feeds[1]).to.deep.equal(feeds[0]);
    const entries = feeds[0]?.filter((entry) => "nullifier" in entry && answers.has(entry.nullifier)) ?? [];
    for (const kind of ["ticket", "refund"]) {
      expect(
        entries.filter((entry) => entry.kind === kind),
        kind,
      ).to.have.length(requests.length);
    }
    expect(feeds[0]?.map(({ position }) => position)).to.deep.equal(feeds[0]?.map((_, index) => index + 1));
  }

  it(`serve each of ${REAL} tickets once when ${CLIENTS} clients send every ticket to both at once`, async () => {
    const rogue = await rogueOf(secrets[0]);
    const indices = Array.from({ length: REAL }, (_, index) => index);
    await expectServedOnce(
      await Promise.all(indices.map((index) => rogue.prepareCall(index, asking(`real${index}`), cap()))),
      "real",
    );
  });

  it(`do the same for ${MADE_UP} more tickets, while every proof counts as valid`, async () => {
    await Promise.all(nodes.map((node) => node.trust(true)));
    const some = (): bigint => newSecret();
    const proof = { a: [1n, 2n], b: [[3n, 4n], [5n, 6n]], c: [7n, 8n] } as const; // prettier-ignore
    const requests = Array.from({ length: MADE_UP }, (_, index) =>
      toJson(
        signCall(place.client.pool, sessionKeyFrom(randomBytes(32)), {
          nullifier: some(),
          sequence: 1,
          cap: cap(),
          salt: `0x${randomBytes(32).toString("hex")}`,
          payload: asking(`made${index}`),
          isLast: true,
          ticket: { y: some(), proof },
        }),
      ),
    );
    await expectServedOnce(requests, "made");
    recordFigures("two processes", {
      "tickets sent to both at once, with real proofs": REAL,
      "with proofs that count as valid": MADE_UP,
      "clients at once": CLIENTS,
      "services too many": place.kettle.services.filter(({ id }) => /^(real|made)/.test(id)).length - REAL - MADE_UP,
    });
    await Promise.all(nodes.map((node) => node.trust(false)));
  });

  /** Sends two messages of one ticket, each to a process of its own and at once. @returns what was answered, in their order */
  async function spendTwice(rogue: Rogue, index: number, id: string, at: readonly GatewayNode[]): Promise<string[]> {
    const requests = await Promise.all([1, 2].map(() => rogue.prepareCall(index, asking(id), cap())));
    return Promise.all(
      requests.map((request, turn) => codeOf(send(place.reach((at[turn % at.length] as GatewayNode).url), request))),
    );
  }

  const slashes = async (): Promise<{ identityCommitment: bigint; recipient: string }[]> => {
    const { settlement } = place.client.contracts;
    const events = await settlement.queryFilter(settlement.filters.AccountSlashed());
    return events.map(({ args }) => ({ identityCommitment: args.identityCommitment, recipient: args.recipient }));
  };

  it("recover the secret of who spends a ticket at both, record it once, and the one that has the desk slashes once", async () => {
    const rogue = await rogueOf(secrets[1]);
    const codes = await spendTwice(rogue, 0, "twice", nodes);
    expect(codes.sort()).to.deep.equal(["TICKET_SPENT", "no error"]);
    expect(place.kettle.services.filter(({ id }) => id === "twice")).to.have.length(1);
    for (const node of [...nodes, ...nodes]) await node.look();
    const { identityCommitment } = rogue;
    expect(await slashes()).to.deep.equal([{ identityCommitment, recipient: bounties[0] }]);
    const offences = await query("SELECT reported FROM offences");
    expect(offences.map(({ reported }) => Number(reported))).to.deep.equal([1]);

    const later = await rogue.prepareCall(1, asking("later"), cap());
    for (const node of nodes) {
      expect(await codeOf(place.reach(node.url).call(later))).to.equal("ACCOUNT_SLASHED");
    }
  });

  it("lose nothing when one is killed amid calls: the other one answers them all, and takes the desk over", async () => {
    const [first, second] = nodes as [GatewayNode, GatewayNode];
    const door = await Door.open(nodes.map(({ port }) => port));
    const tickets = 4;
    const retry = { attempts: MOST_TRIES, pauseMilliseconds: 1 };
    const { account } = await place.ready({ provider: door.url, retry }, tickets);
    const rogue = await rogueOf(secrets[2], second);
    const calls = Array.from({ length: tickets }, (_, index) => account.call(asking(`kill${index}`, { isSlow: true })));
    await sleep(400);
    await first.kill();
    // What the dead one was serving is left alone for a while.
    await second.skew(CALL_SECONDS);
    const results = await Promise.all(calls);

    const services = place.kettle.services.filter(({ id }) => id.startsWith("kill"));
    expect(
      services.filter(({ generation }) => generation === 0),
      "that died with the process",
    ).to.not.be.empty;
    for (const [index, { response, charged, refund }] of results.entries()) {
      const { serial = -1, id } = serialIn(response) ?? {};
      expect(id).to.equal(`kill${index}`);
      expect(charged).to.equal(place.kettle.services[serial]?.charge);
      expect(refund?.refundedCharge).to.equal(cap() - charged);
      expect(services.filter((service) => service.id === id && service.generation === 1).length).to.be.at.most(1);
    }
    expect(account.summary()).to.include({ used: tickets, unsettled: 0 });

    expect((await spendTwice(rogue, 0, "again", [second])).sort()).to.deep.equal(["TICKET_SPENT", "no error"]);
    await second.skew(DESK_SECONDS);
    await second.look();
    const { identityCommitment } = rogue;
    expect((await slashes()).slice(1)).to.deep.equal([{ identityCommitment, recipient: bounties[1] }]);
    await door.close();
  });
});

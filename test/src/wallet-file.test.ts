// SPDX-License-Identifier: GPL-3.0-or-later
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

import { expect } from "chai";

import { nullifierOf, ticketKeyOf, ticketRootOf } from "../../src/protocol/index.ts";
import { WalletStore, sessionKeyOf } from "../../src/wallet/index.ts";
import { Seal } from "../../src/wallet/sealing.ts";
import { GatewayError } from "../../src/wire/index.ts";
import { RECIPIENT } from "./support/court.ts";
import { OWNER, unsealFile } from "./support/older-wallet.ts";
import {
  C,
  P,
  POOL,
  PRICE,
  SEED,
  codeOf,
  lying,
  openUser,
  secretOf,
  startProvider,
  withFolder,
} from "./support/session-world.ts";
import type { Provider } from "./support/session-world.ts";

const PAYLOAD = "what nobody else should read";

const nullifierAt = (index: number): bigint =>
  nullifierOf(ticketKeyOf(ticketRootOf(secretOf(0), POOL.poolHash), index));

/** Everything that a wallet writes: ticket 0 used and folded, 1 disputed, 2 interrupted, 3 in stock. */
async function fill(provider: Provider, path: string): Promise<string[]> {
  let mode: "honest" | "robber" | "down" = "honest";
  const api = lying(provider.gateway, {
    call: async (request) => {
      if (mode === "down") throw new Error("down");
      const answer = await provider.gateway.call(request);
      return mode === "honest"
        ? answer
        : { ...answer, refund: answer.refund && { ...answer.refund, refundedHold: "0" } };
    },
    endSession: (request) =>
      mode === "honest"
        ? provider.gateway.endSession(request)
        : Promise.reject(new GatewayError("TICKET_UNKNOWN", "never heard of it")),
  });
  const { account, close } = openUser(provider, { path, api });
  await account.enroll();
  await account.call(PAYLOAD);
  await account.fold();
  const [second, third] = [await account.openSession(), await account.openSession()];
  mode = "robber";
  await second.call(PAYLOAD, { isLast: true });
  mode = "down";
  expect(await codeOf(third.call(PAYLOAD))).to.equal("UNANSWERED");
  for (const session of [second, third]) await session.end().catch(() => undefined);
  await account.prepareDispute({ index: 1, recipient: RECIPIENT });
  await account.proveTickets(1);
  expect(account.grievances()).to.have.length(1);
  const found = [...filesOf(path), ...filesOf(`${path}-wal`)];
  close();
  return found.concat(filesOf(path));
}

/** What stands in clear in a file, of what must not. */
function filesOf(path: string): string[] {
  if (!existsSync(path)) return [];
  const bytes = readFileSync(path);
  const secrets = {
    payload: PAYLOAD,
    seed: Buffer.from(SEED),
    k: secretOf(0).toString(),
    ...Object.fromEntries(
      Array.from({ length: 4 }, (_, index) => [`nullifier ${index}`, nullifierAt(index).toString()]),
    ),
    ...Object.fromEntries(
      Array.from({ length: 4 }, (_, index) => [`session ${index}`, sessionKeyOf(secretOf(0), index).address]),
    ),
    proof: '"proof":',
    signature: '"r8"',
    response: "echo: ",
  };
  return Object.entries(secrets)
    .filter(([, secret]) => bytes.includes(secret))
    .map(([name]) => name);
}

describe("the wallet's file", function () {
  this.timeout(240_000);

  it("holds no payload, proof, nullifier, session address, receipt or refund in clear, while it is open and after", () =>
    withFolder(async (path) => {
      expect(await fill(startProvider(), path("wallet"))).to.deep.equal([]);
    }));

  it("seals what an earlier version wrote in clear, leaves nothing of it behind, and goes on with it", () =>
    withFolder(async (path) => {
      const provider = startProvider();
      await fill(provider, path("wallet"));
      expect(unsealFile(path("wallet"))).to.have.length(8);
      expect(filesOf(path("wallet"))).to.include.members([
        "payload",
        "nullifier 1",
        "nullifier 2",
        "session 2",
        "proof",
        "signature",
      ]);

      const { account, close } = openUser(provider, { path: path("wallet") });
      for (const file of ["wallet", "wallet-wal"]) expect(filesOf(path(file))).to.deep.equal([]);
      expect(account.summary()).to.include({ used: 3, inStock: 1, unsettled: 2, disputed: 1, isEnrolled: true });
      expect(account.grievances()[0]?.reason).to.match(/hold/);
      const { answers, failures } = await account.resume();
      expect(failures).to.deep.equal([]);
      expect(answers.map(({ index, response }) => [index, response])).to.deep.equal([[2, `echo: ${PAYLOAD}`]]);
      expect(account.summary()).to.include({ unfolded: C - PRICE + P });
      close();
      expect(filesOf(path("wallet"))).to.deep.equal([]);
    }));

  it("takes no value that was changed, or moved to another place", () =>
    withFolder(async (path) => {
      const provider = startProvider();
      const first = openUser(provider, { path: path("wallet") });
      await first.account.enroll();
      for (const payload of ["a", "b"]) await first.account.call(payload);
      first.close();
      const swap = `UPDATE tickets SET refund = (SELECT t.refund FROM tickets AS t WHERE t.ticket_index = 1) WHERE ticket_index = 0`;
      const change = `UPDATE tickets SET refund = CAST(substr(refund, 1, 20) || x'00' || substr(refund, 22) AS BLOB)`;
      for (const damage of [swap, change]) {
        const database = new DatabaseSync(path("wallet"));
        database.exec(damage);
        database.close();
        const { account, close } = openUser(provider, { path: path("wallet") });
        expect(() => account.summary())
          .to.throw()
          .with.property("code", "WALLET_UNREADABLE");
        close();
      }
    }));

  it("reserves a ticket and stores its request by one transaction, and keeps the answer by another", () =>
    withFolder(async (path) => {
      const provider = startProvider();
      const commits: string[] = [];
      const api = lying(provider.gateway, {
        call: (request) => {
          commits.push("sent");
          return provider.gateway.call(request);
        },
      });
      const { account, store, close } = openUser(provider, { path: path("wallet"), api });
      await account.enroll();
      await account.proveTickets(1);
      const transaction = store.transaction.bind(store);
      store.transaction = <T>(body: () => T): T => {
        commits.push("committed");
        return transaction(body);
      };
      await account.call("a");
      expect(commits).to.deep.equal(["committed", "sent", "committed"]);
      // Without a proof the ticket is reserved before anything else happens with it.
      commits.length = 0;
      await account.call("b");
      expect(commits).to.deep.equal(["committed", "committed", "committed", "sent", "committed"]);
      close();
    }));

  it("has the reservation and the request on disk at the moment that the request leaves", () =>
    withFolder(async (path) => {
      const provider = startProvider();
      let isChecked = false;
      const api = lying(provider.gateway, {
        call: async (request) => {
          // What a crash at this moment would leave: the file and its log as they are.
          const copy = path("copy");
          for (const suffix of ["", "-wal"]) {
            if (existsSync(path("wallet") + suffix)) copyFileSync(path("wallet") + suffix, copy + suffix);
          }
          const database = new DatabaseSync(copy);
          const row = database.prepare("SELECT next_index FROM accounts").get();
          const call = database.prepare("SELECT request FROM calls").get();
          const stored = new Seal(SEED).open(call?.["request"], OWNER, "calls.request", 0, 1);
          database.close();
          expect(row?.["next_index"]).to.equal(1);
          expect(JSON.parse(stored)).to.deep.equal(request);
          isChecked = true;
          return provider.gateway.call(request);
        },
      });
      const { account, close } = openUser(provider, { path: path("wallet"), api });
      await account.enroll();
      await account.proveTickets(1);
      await account.call("a");
      expect(isChecked).to.equal(true);
      close();
      expect(() => WalletStore.open(path("copy"), SEED).close()).not.to.throw();
    }));
});

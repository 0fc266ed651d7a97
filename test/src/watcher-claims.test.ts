// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";

import type { CloseRequest } from "../../src/chain/index.ts";
import { statusOf } from "../../src/watcher/index.ts";
import { ScriptedFeed, cheater, startWatchedWorld, watch, withFile } from "./support/watched.ts";
import type { Cheater, WatchedWorld, Watching } from "./support/watched.ts";

describe("the watcher and cheaters", function () {
  this.timeout(60_000);
  let world: WatchedWorld;
  let mallory: Cheater;
  /** j = 2. */
  let close: CloseRequest;
  let snapshot: string;

  before(async () => {
    world = await startWatchedWorld();
    mallory = cheater(world.pool, 4_711n);
    await world.deposit(mallory);
    close = await world.proveClose(mallory, 2);
    snapshot = (await world.rpc("evm_snapshot")) as string;
  });
  after(() => world.close());
  afterEach(async () => {
    await world.rpc("evm_revert", [snapshot]);
    snapshot = (await world.rpc("evm_snapshot")) as string;
  });

  const mine = async (count = 3): Promise<void> => {
    await world.rpc("hardhat_mine", [`0x${count.toString(16)}`]);
  };
  const statusOfAccount = async (): Promise<string> => (await world.local.client.accountOf(mallory.commitment)).status;
  const bountyPaid = (): Promise<bigint> => world.local.client.token.balanceOf(world.recipient);
  const events = ({ log }: Watching): string[] => log.map(({ event }) => event);

  it("recovers k from two feeds that show two messages of one ticket, proves, claims, and is paid the bounty", async () => {
    const [first, second] = [new ScriptedFeed("https://one.example"), new ScriptedFeed("https://two.example")];
    first.entries = [mallory.entry(0), mallory.entry(1)];
    second.entries = [mallory.entry(0, 77n), mallory.entry(1)];
    const watching = watch(world, { feeds: [first, second] });
    await watching.pass();
    expect(await statusOfAccount()).to.equal("slashed");
    const { stake } = await world.local.client.accountOf(mallory.commitment);
    expect(await bountyPaid()).to.equal(stake / 2n);

    await mine();
    await watching.pass();
    const [pool] = statusOf(watching.store);
    expect(pool?.claims[0]).to.include({ kind: "double-spend", state: "won", bounty: stake / 2n });
    expect(pool?.bountiesEarned).to.equal(stake / 2n);
    expect(pool?.gasSpent).to.be.greaterThan(0n);
    expect(watching.codes()).to.deep.equal([]);
    expect(JSON.stringify(watching.log)).not.to.contain(mallory.secret.toString());
    watching.close();
  });

  it("slashes an understated close from the feed that it stored, while no feed answers any more", async () => {
    const feed = new ScriptedFeed();
    feed.entries = [mallory.entry(0), mallory.entry(3)];
    const watching = watch(world, { feeds: [feed] });
    await watching.pass();
    feed.failure = new Error("connect ECONNREFUSED");
    await world.startClose(close);
    await watching.pass();
    expect(await statusOfAccount()).to.equal("slashed");
    await watching.pass();
    expect(statusOf(watching.store)[0]?.claims[0]).to.include({ kind: "understated-close", state: "mined" });
    await mine();
    await watching.pass();
    expect(statusOf(watching.store)[0]?.claims[0]).to.include({ kind: "understated-close", state: "won" });
    watching.close();
  });

  it("slashes from a share that the feed shows only when the close is on chain already, as long as it is not final", async () => {
    const feed = new ScriptedFeed();
    const watching = watch(world, { feeds: [feed] });
    await world.startClose(close);
    await watching.pass();
    expect(statusOf(watching.store)[0]?.closes[0]).to.include({ verdict: "open", firstUnused: 2 });
    feed.entries = [mallory.entry(5)];
    await watching.pass();
    expect(await statusOfAccount()).to.equal("slashed");
    watching.close();
  });

  it("leaves an honest close alone, and says so when every feed was read past it", async () => {
    const feed = new ScriptedFeed();
    feed.entries = [mallory.entry(0), mallory.entry(1)];
    const watching = watch(world, { feeds: [feed] });
    await watching.pass();
    await world.startClose(close);
    await mine();
    await watching.pass();
    const [pool] = statusOf(watching.store);
    expect(pool?.closes[0]).to.include({ verdict: "honest" });
    expect(pool?.claims).to.deep.equal([]);
    expect(await statusOfAccount()).to.equal("active");
    watching.close();
  });

  it("does not use a share that comes after the close was final: it may be a mistake of the owner's", async () => {
    const feed = new ScriptedFeed();
    const watching = watch(world, { feeds: [feed] });
    await world.startClose(close);
    await mine();
    await watching.pass();
    feed.entries = [mallory.entry(5)];
    await watching.pass();
    expect(await statusOfAccount()).to.equal("active");
    expect(watching.codes()).to.deep.equal(["LATE_SHARE"]);
    // Two messages on one ticket are no mistake that a wallet could make, whenever they come.
    feed.entries.push(mallory.entry(5, 99n));
    await watching.pass();
    expect(await statusOfAccount()).to.equal("slashed");
    watching.close();
  });

  it("takes nothing but a hash for junk: no line, no account, no ticket of the pool, a closed window", async () => {
    const feed = new ScriptedFeed();
    const stranger = cheater(world.pool, 815n);
    const truth = mallory.entry(0);
    feed.entries = [
      truth,
      // Junk for a true nullifier, over and over.
      ...Array.from({ length: 20 }, (_, index) => ({ ...truth, x: `${index + 5}`, y: `${index + 9}` })),
      // The same message with another share.
      { ...truth, y: "5" },
      // A double spend of somebody who has no account.
      stranger.entry(0),
      stranger.entry(0, 5n),
      // A share of another ticket under this nullifier.
      { ...mallory.entry(1), nullifier: truth.nullifier },
    ];
    const proofs = world.proofs();
    const watching = watch(world, { feeds: [feed] });
    await watching.pass();
    await world.startClose(close);
    // Junk for a ticket that the close reveals.
    feed.entries.push({ ...mallory.entry(4), y: "12345" });
    await watching.pass();
    expect(world.proofs()).to.equal(proofs);
    expect(await statusOfAccount()).to.equal("active");
    expect(statusOf(watching.store)[0]?.claims).to.deep.equal([]);
    expect(events(watching)).to.include("junk-share");
    expect(watching.codes()).to.deep.equal(["FEED_JUNK"]);
    // The junk does not hide the truth.
    feed.entries.push(mallory.entry(0, 31n));
    await watching.pass();
    expect(await statusOfAccount()).to.equal("slashed");
    watching.close();
  });

  it("keeps what a feed does not show any more, says that it is gone, and uses it", async () => {
    const feed = new ScriptedFeed();
    feed.entries = [mallory.entry(0), mallory.entry(1), mallory.entry(6)];
    const watching = watch(world, { feeds: [feed] });
    await watching.pass();
    feed.entries = [mallory.entry(0), mallory.entry(1)];
    await watching.pass();
    expect(watching.codes()).to.have.members(["FEED_CHANGED", "FEED_OMITS"]);
    await world.startClose(close);
    await watching.pass();
    expect(await statusOfAccount()).to.equal("slashed");
    watching.close();
  });

  it("finds the second share in a feed that has changed its story", async () => {
    const feed = new ScriptedFeed();
    feed.entries = [mallory.entry(0)];
    const watching = watch(world, { feeds: [feed] });
    await watching.pass();
    feed.entries = [mallory.entry(0, 42n)];
    await watching.pass();
    expect(watching.codes()).to.include("FEED_CHANGED");
    expect(await statusOfAccount()).to.equal("slashed");
    watching.close();
  });

  it("goes on from its file after it was killed, reads nothing twice, and sends nothing twice", () =>
    withFile(async (path) => {
      const feed = new ScriptedFeed();
      feed.entries = [mallory.entry(0), mallory.entry(0, 42n), mallory.entry(1)];
      await world.rpc("evm_setAutomine", [false]);
      try {
        const first = watch(world, { path, feeds: [feed] });
        await first.pass();
        expect(events(first)).to.include("claim-sent");
        expect(() => watch(world, { path, feeds: [feed] }))
          .to.throw()
          .with.property("code", "WATCHER_LOCKED");
        // A kill leaves the file as it is; closing it here lets go of its lock.
        first.close();
        feed.asked.length = 0;
        const proofs = world.proofs();
        const second = watch(world, { path, feeds: [feed] });
        await second.pass();
        expect(feed.asked).to.deep.equal([2, 3]);
        expect(world.proofs()).to.equal(proofs);
        expect(events(second)).not.to.include("claim-sent");
        await world.rpc("evm_mine");
        await second.pass();
        expect(await statusOfAccount()).to.equal("slashed");
        expect(statusOf(second.store)[0]?.claims[0]?.transactions).to.have.length(1);
        second.close();
      } finally {
        await world.rpc("evm_setAutomine", [true]);
      }
    }));

  it("sends its claim again after a reorganization dropped it, and withdraws one whose close is gone", async () => {
    const feed = new ScriptedFeed();
    feed.entries = [mallory.entry(3)];
    const watching = watch(world, { feeds: [feed], pool: { finality: { kind: "confirmations", blocks: 50 } } });
    await watching.pass();
    const beforeClose = (await world.rpc("evm_snapshot")) as string;
    await world.startClose(close);
    const beforeClaim = (await world.rpc("evm_snapshot")) as string;
    await watching.pass();
    expect(await statusOfAccount()).to.equal("slashed");
    await world.rpc("evm_revert", [beforeClaim]);
    await mine(1);
    await watching.pass();
    expect(await statusOfAccount()).to.equal("slashed");
    expect(events(watching)).to.include("sent-again");
    expect(statusOf(watching.store)[0]?.claims[0]?.transactions).to.have.length(1);

    watching.close();

    await world.rpc("evm_revert", [beforeClose]);
    await world.startClose(close);
    const third = watch(world, {
      feeds: [feed],
      claiming: "none",
      pool: { finality: { kind: "confirmations", blocks: 50 } },
    });
    await third.pass();
    expect(third.codes()).to.deep.equal(["NO_SIGNER"]);
    expect(statusOf(third.store)[0]?.claims).to.have.length(1);
    await world.rpc("evm_revert", [snapshot]);
    snapshot = (await world.rpc("evm_snapshot")) as string;
    await mine(6);
    await third.pass();
    expect(statusOf(third.store)[0]).to.deep.include({ claims: [], closes: [] });
    expect(third.codes()).to.deep.equal([]);
    third.close();
  });
});

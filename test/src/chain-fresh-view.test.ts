// SPDX-License-Identifier: GPL-3.0-or-later
import { setTimeout } from "node:timers/promises";

import { expect } from "chai";

import { FreshView, PoolClient, PoolHistory, PoolView } from "../../src/chain/index.ts";
import { identityCommitmentOf } from "../../src/protocol/index.ts";
import { addressOf, deployWorld, ethers } from "../contracts/support/world.ts";
import type { World } from "../contracts/support/world.ts";

const FINALITY = { kind: "confirmations", blocks: 0 } as const;

describe("chain: a view that is kept fresh", function () {
  this.timeout(60_000);
  let world: World;
  let client: PoolClient;
  let fromBlock: number;
  let requests = 0;
  let isDown = false;
  let secret = 500n;

  before(async () => {
    fromBlock = await ethers.provider.getBlockNumber();
    world = await deployWorld();
    const counting = new Proxy(ethers.provider, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        return (...values: unknown[]): unknown => {
          requests += 1;
          if (isDown) return Promise.reject(new Error("the endpoint is down"));
          return Reflect.apply(value, target, values);
        };
      },
    });
    client = await PoolClient.connect(counting, await addressOf(world.pool));
  });
  beforeEach(() => {
    isDown = false;
  });

  const freshView = (options: ConstructorParameters<typeof FreshView>[1]): FreshView =>
    new FreshView(new PoolView(new PoolHistory(client, { fromBlock, finality: FINALITY }), FINALITY), options);
  async function deposit(): Promise<bigint> {
    const identityCommitment = identityCommitmentOf((secret += 1n));
    await world.pool.deposit(identityCommitment, 5_500n);
    return identityCommitment;
  }

  it("answers from what it knows while that is young, without a question to the endpoint, and syncs when it is old", async () => {
    let now = 0;
    const view = freshView({ maxAgeMilliseconds: 1_000, now: () => now });
    const first = await deposit();
    expect(await view.account(first)).to.include({ status: "active", deposit: 5_500n });
    const second = await deposit();
    requests = 0;
    now = 1_000;
    expect(await view.account(first)).to.include({ status: "active" });
    expect(await view.account(second)).to.equal(undefined);
    expect(requests).to.equal(0);
    now = 1_001;
    const both = await Promise.all([view.account(first), view.account(second)]);
    expect(both.map((account) => account?.status)).to.deep.equal(["active", "active"]);
    expect(requests).to.be.greaterThan(0);
  });

  it("gives no old answer when the endpoint is gone", async () => {
    let now = 0;
    const view = freshView({ maxAgeMilliseconds: 1_000, now: () => now });
    const commitment = await deposit();
    await view.sync();
    isDown = true;
    expect(await view.account(commitment)).to.include({ status: "active" });
    now = 1_001;
    const error = await view.account(commitment).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(Error);
    isDown = false;
    expect(await view.account(commitment)).to.include({ status: "active" });
  });

  it("stays fresh by itself, tells of faults, goes on after them, and is still when it is closed", async () => {
    const faults: unknown[] = [];
    const view = freshView({ everyMilliseconds: 5, maxAgeMilliseconds: 1e9, onFault: (fault) => faults.push(fault) });
    const until = async (isDone: () => Promise<boolean> | boolean): Promise<void> => {
      for (let waited = 0; waited < 1_000 && !(await isDone()); waited++) await setTimeout(10);
      expect(await isDone()).to.equal(true);
    };
    view.start();
    const first = await deposit();
    await until(async () => (await view.account(first)) !== undefined);
    isDown = true;
    await until(() => faults.length > 1);
    isDown = false;
    const second = await deposit();
    await until(async () => (await view.account(second)) !== undefined);
    await view.close();
    requests = 0;
    await setTimeout(50);
    expect(requests).to.equal(0);
  });

  it("syncs before it answers of disputes, folds, roots and paths", async () => {
    const view = freshView({ maxAgeMilliseconds: 1e9 });
    await view.sync();
    const commitment = await deposit();
    const path = await view.pathOf(commitment);
    expect(await view.isFinalRoot(path.root)).to.equal(true);
    for (const ask of [() => view.dispute(5n), () => view.violation(5n), () => view.fold(5n)]) {
      requests = 0;
      expect(await ask()).to.equal(undefined);
      expect(requests).to.be.greaterThan(0);
    }
    expect(await view.finalFold(5n)).to.equal(false);
  });
});

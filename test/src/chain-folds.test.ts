// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What became of certified folds, as a view tells it. What a fold proves does not matter here, so the model verifier takes hashes for
 * proofs; real ones are in chain-disputes.test.ts.
 */
import { expect } from "chai";

import type { FoldContents, ProvenFold } from "../../src/chain/index.ts";
import { FinalEvents, PoolClient, PoolHistory, PoolSender, PoolView } from "../../src/chain/index.ts";
import { HOUR, addressOf, deployWorld, ethers, networkHelpers } from "../contracts/support/world.ts";
import type { World } from "../contracts/support/world.ts";

const DEPTH = 2;
const finality = { kind: "confirmations", blocks: DEPTH } as const;

const freshWorld = (): Promise<World> => deployWorld();
const mine = async (count = 1): Promise<void> => {
  await networkHelpers.mine(count);
};
const snapshot = async (): Promise<string> => (await ethers.provider.send("evm_snapshot", [])) as string;
const revert = async (id: string): Promise<void> => {
  await ethers.provider.send("evm_revert", [id]);
};

describe("chain: certified folds", () => {
  let client: PoolClient;
  let history: PoolHistory;
  let view: PoolView;
  let user: PoolSender;
  let provider: PoolSender;
  /** What the endpoint was asked about holders of nullifiers. */
  let questions: bigint[][];

  beforeEach(async () => {
    const world = await networkHelpers.loadFixture(freshWorld);
    client = await PoolClient.connect(ethers.provider, await addressOf(world.pool));
    questions = [];
    const listening = new Proxy(client, {
      get: (target, name) => {
        if (name !== "foldHoldersOf") return Reflect.get(target, name) as unknown;
        return (...args: Parameters<PoolClient["foldHoldersOf"]>) => {
          questions.push([...args[0]]);
          return target.foldHoldersOf(...args);
        };
      },
    });
    history = new PoolHistory(listening, { fromBlock: 0, finality });
    view = new PoolView(history, finality);
    user = new PoolSender(client, world.user);
    provider = new PoolSender(client, world.provider);
  });

  /** A fold to `newState` of four tickets with these fold nullifiers, proved for the model verifier. */
  function foldTo(newState: bigint, foldNullifiers: readonly bigint[], certified = 0n): ProvenFold {
    const signals = [newState, ...foldNullifiers, certified, client.pool.poolHash];
    const shown = ethers.keccak256(ethers.AbiCoder.defaultAbiCoder().encode(["uint256[7]"], [signals]));
    const none = [0n, 0n] as const;
    return { newState, foldNullifiers, certified, proof: { a: [BigInt(shown), 0n], b: [none, none], c: none } };
  }

  const pass = (): Promise<unknown> => networkHelpers.time.increase(HOUR);
  const statusOf = async ({ newState }: FoldContents): Promise<string | undefined> =>
    (await view.fold(newState))?.status;
  const statusesOf = (...folds: FoldContents[]): Promise<(string | undefined)[]> => Promise.all(folds.map(statusOf));

  const A = () => foldTo(100n, [1n, 2n, 3n, 4n]);
  const B = () => foldTo(200n, [4n, 5n, 6n, 7n]);

  it("are pending, then final, and final for good once their block cannot be reorganized", async () => {
    expect(await view.fold(100n)).to.equal(undefined);
    expect(await view.finalFold(100n)).to.equal(false);
    await user.certifyFold(A());
    const [asked] = await client.foldsOf([100n]);
    const { proof, ...contents } = A();
    expect(proof).to.not.equal(undefined);
    expect(await view.fold(100n)).to.deep.equal({
      ...contents,
      status: "pending",
      finalizableAt: asked?.finalizableAt,
    });
    await pass();
    expect(await statusOf(A())).to.equal("pending");
    await user.finalizeFold(A());
    expect(await statusOf(A())).to.equal("final");
    for (let deep = 0; deep < DEPTH; deep++) {
      expect(await view.finalFold(100n)).to.equal(false);
      await mine();
    }
    expect(await view.finalFold(100n)).to.equal(true);
    expect(await view.finalFold(101n)).to.equal(false);
  });

  it("fall when another fold of one of their tickets becomes final", async () => {
    await user.certifyFold(A());
    await user.certifyFold(B());
    expect(await statusesOf(A(), B())).to.deep.equal(["pending", "pending"]);
    await pass();
    await user.finalizeFold(A());
    expect(await statusesOf(A(), B())).to.deep.equal(["final", "fallen"]);
    // The contract keeps no list of who shares a ticket: it tells when somebody tries.
    expect((await client.foldsOf([200n]))[0]?.status).to.equal("pending");
    const refused = await user.finalizeFold(B()).catch((error: unknown) => String(error));
    expect(refused).to.contain("another fold holds one of its tickets");
  });

  it("fall to the fold that a challenge shows, which stands with a fresh window, and all that share its tickets fall along", async () => {
    const shown = foldTo(300n, [1n, 7n, 8n, 9n]);
    await user.certifyFold(A());
    await user.certifyFold(B());
    const dependent = foldTo(400n, [20n, 21n, 22n, 23n], 200n);
    await user.certifyFold(dependent);
    await provider.challengeFold(A(), shown);
    expect(await statusesOf(A(), B(), shown, dependent)).to.deep.equal(["fallen", "fallen", "pending", "fallen"]);
    await pass();
    await user.finalizeFold(shown);
    expect(await statusesOf(A(), B(), shown, dependent)).to.deep.equal(["fallen", "fallen", "final", "fallen"]);
  });

  it("fall to a challenge that shows a fold which cannot stand itself, and whose tickets no event tells", async () => {
    await user.certifyFold(A());
    await pass();
    await user.finalizeFold(A());
    const [challenged, silent, other] = [
      foldTo(200n, [10n, 11n, 12n, 13n]),
      foldTo(300n, [30n, 31n, 32n, 33n]),
      foldTo(400n, [40n, 41n, 42n, 43n]),
    ];
    for (const fold of [challenged, silent, other]) await user.certifyFold(fold);
    expect(await statusesOf(challenged, silent, other)).to.deep.equal(["pending", "pending", "pending"]);

    // It holds ticket 1, as the final fold does: its own state never stands.
    const shown = foldTo(500n, [1n, 10n, 30n, 50n]);
    await provider.challengeFold(challenged, shown);
    expect(history.eventsOf("FoldCertified").some(({ args }) => args.newState === 500n)).to.equal(false);
    expect(await view.fold(500n)).to.equal(undefined);
    expect(await statusesOf(challenged, silent, other)).to.deep.equal(["fallen", "fallen", "pending"]);
    await pass();
    await user.finalizeFold(other);
    expect(await user.finalizeFold(silent).catch((error: unknown) => String(error))).to.contain("has fallen");
  });

  it("stand on a pending fold only as long as that one stands", async () => {
    await user.certifyFold(A());
    const second = foldTo(200n, [5n, 6n, 7n, 8n], 100n);
    const third = foldTo(300n, [9n, 10n, 11n, 12n], 200n);
    await user.certifyFold(second);
    await user.certifyFold(third);
    expect(await statusesOf(A(), second, third)).to.deep.equal(["pending", "pending", "pending"]);
    const before = await snapshot();
    await pass();
    for (const fold of [A(), second, third]) await user.finalizeFold(fold);
    expect(await statusesOf(A(), second, third)).to.deep.equal(["final", "final", "final"]);
    await revert(before);
    await provider.challengeFold(A(), foldTo(400n, [1n, 50n, 51n, 52n]));
    expect(await statusesOf(A(), second, third)).to.deep.equal(["fallen", "fallen", "fallen"]);
  });

  it("are what the chain says after a reorganization, whatever was read before it", async () => {
    await user.certifyFold(A());
    await user.certifyFold(B());
    const before = await snapshot();
    await pass();
    await user.finalizeFold(A());
    expect(await statusesOf(A(), B())).to.deep.equal(["final", "fallen"]);
    await revert(before);
    // As many events on the new chain, with the other end.
    await pass();
    await user.finalizeFold(B());
    expect(await statusesOf(A(), B())).to.deep.equal(["fallen", "final"]);
    expect(await view.finalFold(100n)).to.equal(false);
    await mine(DEPTH);
    expect(await view.finalFold(200n)).to.equal(true);
    expect(await view.finalFold(100n)).to.equal(false);
  });

  it("are asked about all together, and only when something has changed", async () => {
    await view.fold(100n);
    expect(questions).to.deep.equal([]);
    await user.certifyFold(A());
    await user.certifyFold(B());
    await view.fold(200n);
    await view.fold(100n);
    expect(questions).to.deep.equal([[1n, 2n, 3n, 4n, 5n, 6n, 7n]]);
    await mine();
    await view.fold(100n);
    expect(questions).to.have.length(1);
    await pass();
    await user.finalizeFold(A());
    await view.fold(300n);
    expect(questions[1]).to.deep.equal([4n, 5n, 6n, 7n]);
  });

  describe("events of final blocks", () => {
    const names = ["FoldCertified", "FoldFinalized"] as const;
    const described = async (feed: FinalEvents<(typeof names)[number]>): Promise<string[]> => {
      const found: string[] = [];
      for await (const { events } of feed.advance()) {
        found.push(...events.map(({ name, args }) => `${name} ${args.newState}`));
      }
      return found;
    };

    it("come once each, in order, when their block cannot be reorganized any more", async () => {
      const feed = new FinalEvents(history, { finality, names });
      await user.certifyFold(A());
      await provider.challengeFold(A(), foldTo(300n, [1n, 7n, 8n, 9n]));
      expect(await described(feed)).to.deep.equal([]);
      await mine(DEPTH);
      expect(await described(feed)).to.deep.equal(["FoldCertified 100", "FoldCertified 300"]);
      expect(await described(feed)).to.deep.equal([]);
      await pass();
      await user.finalizeFold(foldTo(300n, [1n, 7n, 8n, 9n]));
      await mine(DEPTH);
      // Somebody who starts anew where this one stands gets what this one gets.
      const resumed = new FinalEvents(history, { finality, names, position: feed.position });
      expect(await described(resumed)).to.deep.equal(["FoldFinalized 300"]);
      expect(await described(feed)).to.deep.equal(["FoldFinalized 300"]);
    });

    it("never come out of a block that was reorganized away", async () => {
      const feed = new FinalEvents(history, { finality, names });
      const before = await snapshot();
      await user.certifyFold(A());
      await history.sync();
      await revert(before);
      await user.certifyFold(B());
      await mine(DEPTH);
      expect(await described(feed)).to.deep.equal(["FoldCertified 200"]);
    });

    it("come again when their handling failed, and no more when the following has ended", async () => {
      await user.certifyFold(A());
      await user.certifyFold(B());
      await mine(DEPTH);
      const feed = new FinalEvents(history, { finality, names });
      const handled: bigint[] = [];
      const faults: unknown[] = [];
      const ending = new AbortController();
      await feed.follow(
        ({ events }) => {
          for (const { args } of events) {
            handled.push(args.newState);
            if (handled.length === 2) throw new Error("the disk is full");
            if (args.newState === 200n) ending.abort();
          }
          return Promise.resolve();
        },
        { signal: ending.signal, pauseMilliseconds: 1, onFault: (error) => faults.push(error) },
      );
      expect(handled).to.deep.equal([100n, 200n, 200n]);
      expect(faults).to.have.length(1);
    });
  });
});

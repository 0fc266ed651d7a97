// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";

import type { PoolEvent, RpcSource, SyncStep } from "../../src/chain/index.ts";
import { AccountTree, ChainError, EventSync, PoolClient, PoolHistory } from "../../src/chain/index.ts";
import { FIELD_MODULUS, TAG, identityCommitmentOf, poseidon } from "../../src/protocol/index.ts";
import { addressOf, deployWorld, ethers } from "../contracts/support/world.ts";
import type { World } from "../contracts/support/world.ts";

/** The root of a LeanIMT by its definition: level by level, a node without a right sibling moves up unchanged. */
function naiveRoot(accounts: readonly { identityCommitment: bigint; amount: bigint }[]): bigint {
  let level = accounts.map(
    ({ identityCommitment, amount }) => (poseidon([identityCommitment, amount]) + TAG.LEAF) % FIELD_MODULUS,
  );
  while (level.length > 1) {
    const next: bigint[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i] as bigint, level[i + 1]];
      next.push(right === undefined ? left : poseidon([left, right]));
    }
    level = next;
  }
  return level[0] ?? 0n;
}

/** Walks a path up by the rule of the circuit: bit i of the index says on which side the node stands. */
function rootOfPath(leaf: bigint, index: number, siblings: readonly bigint[]): bigint {
  return siblings.reduce(
    (node, sibling, level) => ((index >> level) & 1 ? poseidon([sibling, node]) : poseidon([node, sibling])),
    leaf,
  );
}

const names = (events: readonly PoolEvent[]): string[] => events.map(({ name }) => name);
const snapshot = async (): Promise<string> => (await ethers.provider.send("evm_snapshot", [])) as string;
const revert = async (id: string): Promise<void> => {
  await ethers.provider.send("evm_revert", [id]);
};
const mine = async (): Promise<void> => {
  await ethers.provider.send("evm_mine", []);
};

describe("chain: event sync and the tree of accounts", () => {
  let world: World;
  let client: PoolClient;
  let fromBlock: number;
  let opened: { identityCommitment: bigint; amount: bigint }[];
  let nextSecret = 1n;

  const freshAccount = (amount: bigint): { identityCommitment: bigint; amount: bigint } => ({
    identityCommitment: identityCommitmentOf((nextSecret += 1n)),
    amount,
  });
  async function deposit(amount = 5_500n): Promise<{ identityCommitment: bigint; amount: bigint }> {
    const account = freshAccount(amount);
    await world.pool.deposit(account.identityCommitment, account.amount);
    opened.push(account);
    return account;
  }
  async function depositBatch(count: number): Promise<void> {
    const accounts = Array.from({ length: count }, (_, i) => freshAccount(2_200n + BigInt(i) * 10n));
    await world.pool.depositBatch(
      accounts.map(({ identityCommitment }) => identityCommitment),
      accounts.map(({ amount }) => amount),
    );
    opened.push(...accounts);
  }
  const newHistory = (options: Partial<ConstructorParameters<typeof PoolHistory>[1]> = {}): PoolHistory =>
    new PoolHistory(client, { fromBlock, finality: { kind: "confirmations", blocks: 2 }, ...options });

  beforeEach(async () => {
    fromBlock = (await ethers.provider.getBlockNumber()) + 1;
    world = await deployWorld();
    client = await PoolClient.connect(ethers.provider, await addressOf(world.pool));
    opened = [];
  });

  it("builds the contract's root over singles and batches, whatever the chunk size, equal to a naive rebuild", async () => {
    await deposit();
    await depositBatch(5);
    await deposit(1_100n);
    await depositBatch(2);
    for (const chunkSize of [1, 3, 1_000]) {
      const history = newHistory({ chunkSize, keepBlocks: 4 });
      await history.sync();
      expect(history.tree.leafCount).to.equal(9);
      expect(history.tree.root).to.equal(naiveRoot(opened));
      expect(history.tree.root).to.equal(await world.pool.root());
    }
  });

  it("gives each account a path that leads from its leaf to the root", async () => {
    await depositBatch(6);
    await deposit();
    const history = newHistory();
    await history.sync();
    for (const [leafIndex, { identityCommitment, amount }] of opened.entries()) {
      const membership = history.tree.pathOf(identityCommitment);
      const leaf = (poseidon([identityCommitment, amount]) + TAG.LEAF) % FIELD_MODULUS;
      const { root, index, siblings } = membership.path;
      expect(membership.leafIndex).to.equal(leafIndex);
      expect(membership.deposit).to.equal(amount);
      expect(rootOfPath(leaf, index, siblings)).to.equal(root);
      expect(root).to.equal(await world.pool.root());
    }
    expect(() => history.tree.pathOf(1n))
      .to.throw(ChainError)
      .with.property("code", "UNKNOWN_ACCOUNT");
  });

  it("agrees with the contract on an empty tree", async () => {
    const history = newHistory();
    await history.sync();
    expect(history.tree.root).to.equal(0n);
    expect(await world.pool.root()).to.equal(0n);
    expect(await history.isFinalRoot(0n)).to.equal(false);
  });

  it("only reads what is new on a second sync", async () => {
    await deposit();
    const history = newHistory();
    expect(names((await history.sync()).added)).to.deep.equal(["AccountOpened", "RootUpdated"]);
    expect((await history.sync()).added).to.deep.equal([]);
    await deposit();
    expect(names((await history.sync()).added)).to.deep.equal(["AccountOpened", "RootUpdated"]);
    expect(history.tree.root).to.equal(naiveRoot(opened));
  });

  it("resumes from a stored snapshot, also when the chain was reorganized while it was stored", async () => {
    await deposit();
    const before = await snapshot();
    await deposit();
    const history = newHistory();
    await history.sync();
    const stored = JSON.parse(JSON.stringify(history.snapshot())) as ReturnType<PoolHistory["snapshot"]>;
    const resumed = newHistory({ snapshot: stored });
    expect(resumed.tree.root).to.equal(naiveRoot(opened));
    expect((await resumed.sync()).added).to.deep.equal([]);

    await revert(before);
    opened.pop();
    await depositBatch(3);
    const again = newHistory({ snapshot: stored });
    const report = await again.sync();
    expect(names(report.removed)).to.deep.equal(["AccountOpened", "RootUpdated"]);
    expect(again.tree.root).to.equal(naiveRoot(opened));
    expect(again.events).to.deep.equal(await freshEvents());
  });

  it("resumes from a snapshot of more logs than a call takes arguments", () => {
    const burned = world.pool.interface.encodeEventLog(world.pool.interface.getEvent("Burned"), [5n]);
    const where = { blockHash: ethers.ZeroHash, transactionHash: ethers.ZeroHash, logIndex: 0 };
    const log = { ...burned, ...where, address: client.pool.address, blockNumber: fromBlock };
    const logs = Array.from({ length: 140_000 }, () => log);
    const resumed = newHistory({ snapshot: { ...newHistory().snapshot(), logs } });
    expect(resumed.events).to.have.length(logs.length);
    expect(resumed.snapshot().logs).to.have.length(logs.length);
  });

  it("refuses a snapshot of another pool", async () => {
    const stored = newHistory().snapshot();
    expect(() => newHistory({ snapshot: { ...stored, pool: ethers.ZeroAddress } }))
      .to.throw(ChainError)
      .with.property("code", "ARGUMENT_INVALID");
  });

  const freshEvents = async (): Promise<readonly PoolEvent[]> => {
    const history = newHistory();
    await history.sync();
    return history.events;
  };

  for (const keepBlocks of [1, 2, 64]) {
    it(`follows reorganizations of every depth, keeping ${keepBlocks} blocks`, async () => {
      const history = newHistory({ keepBlocks, chunkSize: 3 });
      for (let depth = 1; depth <= 5; depth++) {
        await deposit();
        await history.sync();
        const before = await snapshot();
        const kept = opened.length;
        for (let i = 0; i < depth; i++) {
          await deposit();
          if (i % 2 === 0) await history.sync();
        }
        await history.sync();
        expect(history.tree.root).to.equal(naiveRoot(opened));

        await revert(before);
        opened.splice(kept);
        if (depth % 2 === 0) await mine();
        for (let i = 0; i < 6 - depth; i++) await deposit(1_100n);
        const report = await history.sync();
        expect(history.tree.root, `depth ${depth}`).to.equal(naiveRoot(opened));
        expect(history.tree.root).to.equal(await world.pool.root());
        expect(report.removed.length).to.be.greaterThanOrEqual(2 * depth);
        expect(history.events).to.deep.equal(await freshEvents());
      }
    });
  }

  it("notices a reorganization to a shorter chain without events", async () => {
    const before = await snapshot();
    await deposit();
    await deposit();
    const history = newHistory();
    await history.sync();
    await revert(before);
    opened = [];
    const report = await history.sync();
    expect(report.removed).to.have.length(4);
    expect(history.events).to.deep.equal([]);
    expect(history.tree.root).to.equal(0n);
  });

  it("does not mix two chains when the chain is reorganized while a range is read", async () => {
    await deposit();
    const before = await snapshot();
    const kept = opened.length;
    await deposit();
    await deposit();
    let isPending = true;
    const source: RpcSource = {
      send: async (method, params) => {
        const answer = (await ethers.provider.send(method, params)) as unknown;
        if (method === "eth_getLogs" && isPending) {
          isPending = false;
          await revert(before);
          opened.splice(kept);
          await depositBatch(3);
          await mine();
        }
        return answer;
      },
    };
    const tree = new AccountTree();
    for (const step of await collect(source)) tree.apply(await decoded(step));
    expect(isPending).to.equal(false);
    expect(tree.root).to.equal(naiveRoot(opened));
  });

  async function collect(source: RpcSource, chunkSize = 100): Promise<SyncStep[]> {
    const sync = new EventSync({ source, addresses: [client.pool.address], fromBlock, chunkSize });
    const steps: SyncStep[] = [];
    for await (const step of sync.advance()) steps.push(step);
    return steps;
  }
  async function decoded(step: SyncStep): Promise<PoolEvent[]> {
    const { poolEventReader } = await import("../../src/chain/index.ts");
    return step.kind === "events" ? step.logs.map(poolEventReader(client.addresses)) : [];
  }

  it("asks for smaller ranges while the endpoint refuses, and gives up only at single blocks", async () => {
    await deposit();
    for (let i = 0; i < 20; i++) await mine();
    await deposit();
    const ranges: number[] = [];
    const limited =
      (limit: number): RpcSource["send"] =>
      async (method, params) => {
        if (method === "eth_getLogs") {
          const [{ fromBlock: from, toBlock: to }] = params as [{ fromBlock: string; toBlock: string }];
          ranges.push(Number(to) - Number(from) + 1);
          if (Number(to) - Number(from) + 1 > limit) throw new Error("query returned too many results");
        }
        return (await ethers.provider.send(method, params)) as unknown;
      };
    const steps = await collect({ send: limited(4) });
    expect(steps.flatMap((step) => (step.kind === "events" ? step.logs : []))).to.have.length(4);
    expect(Math.max(...ranges)).to.be.greaterThan(4);
    // Once refused it grows with care: most of what it asks for is answered.
    ranges.length = 0;
    for (let i = 0; i < 250; i++) await mine();
    await collect({ send: limited(20) });
    expect(ranges.filter((length) => length > 20).length).to.be.lessThan(ranges.length / 2);
    const failure = await collect({ send: limited(0) }).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(ChainError).with.property("code", "RPC_FAILED");
  });

  it("hands a step out again when its application failed", async () => {
    await deposit();
    const sync = new EventSync({ source: ethers.provider, addresses: [client.pool.address], fromBlock });
    const failing = (async () => {
      for await (const step of sync.advance()) throw new Error(`cannot apply ${step.kind}`);
    })();
    expect(await failing.catch((error: unknown) => String(error))).to.contain("cannot apply events");
    const logs = [];
    for await (const step of sync.advance()) if (step.kind === "events") logs.push(...step.logs);
    expect(logs).to.have.length(2);
  });

  it("refuses events that do not continue the tree or give another root, and leaves it as it was", async () => {
    await deposit();
    await deposit();
    const history = newHistory();
    await history.sync();
    const [first, firstRoot, second, secondRoot] = history.events as [PoolEvent, PoolEvent, PoolEvent, PoolEvent];
    const withArgs = (event: PoolEvent, args: object): PoolEvent =>
      ({ ...event, args: { ...event.args, ...args } }) as PoolEvent;
    const attempts: PoolEvent[][] = [
      [second, secondRoot],
      [second],
      [firstRoot],
      [withArgs(first, { leafIndex: 1, deposit: 7n }), secondRoot],
      [withArgs(first, { leafIndex: 1 }), withArgs(secondRoot, { root: 5n })],
    ];
    const tree = new AccountTree();
    tree.apply([first, firstRoot]);
    const { root } = tree;
    for (const attempt of attempts.slice(1)) {
      expect(() => tree.apply(attempt))
        .to.throw(ChainError)
        .with.property("code", "INCONSISTENT");
      expect(tree.root).to.equal(root);
      expect(tree.leafCount).to.equal(1);
    }
    expect(() => new AccountTree().apply([second, secondRoot])).to.throw(ChainError);
    tree.apply([second, secondRoot]);
    expect(tree.root).to.equal(naiveRoot(opened));
  });

  it("calls a root final only when its block is deep enough, and never one of a reorganized block", async () => {
    const history = newHistory();
    await deposit();
    const root = await world.pool.root();
    expect(await history.isFinalRoot(root)).to.equal(false);
    await mine();
    expect(await history.isFinalRoot(root)).to.equal(false);
    await mine();
    expect(await history.isFinalRoot(root)).to.equal(true);
    expect(await history.isFinalRoot(root + 1n)).to.equal(false);

    const before = await snapshot();
    await deposit();
    const reorganized = await world.pool.root();
    await history.sync();
    await revert(before);
    for (let i = 0; i < 5; i++) await mine();
    expect(await history.isFinalRoot(reorganized)).to.equal(false);
    expect(await history.isFinalRoot(root)).to.equal(true);
  });

  it("keeps up with the chain's finalized block where it is asked to", async () => {
    await deposit();
    const history = newHistory({ finality: { kind: "finalized" } });
    expect(await history.isFinalRoot(await world.pool.root())).to.equal(true);
  });
});

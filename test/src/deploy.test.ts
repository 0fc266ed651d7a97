// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";
import type { Signer } from "ethers";
import { getCreateAddress } from "ethers";

import type { DeployOptions, RecordStore } from "../../deploy/index.ts";
import { deploy, developmentPool, local, memoryRecord } from "../../deploy/index.ts";
import { PoolClient } from "../../src/chain/index.ts";
import { CreditPoolFactory__factory } from "../../typechain-types/index.js";
import {
  deployer,
  ethers,
  failureOf,
  manifest,
  nonceOf,
  options,
  revert,
  snapshot,
  startClean,
  stranger,
} from "./support/deployment.ts";

/** What the deployment of everything sends: two libraries, five verifiers, two deployers of rules, factory, token, pool. */
const TRANSACTIONS = 12;

describe("deploy", () => {
  startClean();

  it("deploys a pool that a client accepts, with the network's sizes", async () => {
    const record = await deploy(options());
    const entry = record.pools["default"];
    const client = await PoolClient.connect(ethers.provider, entry?.address ?? "", { chainId: 31337n });
    const { providerKey: key, ...sizes } = developmentPool(local).parameters;
    expect(client.parameters).to.deep.include(sizes);
    expect([...client.parameters.providerKey]).to.deep.equal([...key]);
    expect(client.settlementAddress).to.equal(entry?.settlement);
    expect(client.disputesAddress).to.equal(entry?.disputes);
    expect(client.pool.poolHash.toString()).to.equal(entry?.poolHash);
    expect(client.token.address).to.equal(record.token?.address);
    expect(record.pending).to.equal(undefined);
    expect(record.keys).to.equal(manifest.purpose);
  });

  it("changes nothing when it is run again", async () => {
    const store = memoryRecord();
    const first = await deploy(options({ store }));
    const sent = await nonceOf(deployer);
    expect(await deploy(options({ store }))).to.deep.equal(first);
    expect(await nonceOf(deployer)).to.equal(sent);
  });

  it("adds a second pool beside the first, and refuses to change one", async () => {
    const store = memoryRecord();
    const first = await deploy(options({ store }));
    const pool = developmentPool(local);
    const dearer = { ...pool, parameters: { ...pool.parameters, ticketPrice: 20_000n } };
    const refused = await failureOf(deploy(options({ store, pool: dearer })));
    expect(refused).to.have.property("code", "POOL_CHANGED");
    expect(refused.message).to.contain("ticketPrice 10000").and.contain("20000");

    const sent = await nonceOf(deployer);
    const second = await deploy(options({ store, pool: { ...dearer, name: "dearer" } }));
    expect(await nonceOf(deployer)).to.equal(sent + 1);
    expect(second.pools["default"]).to.deep.equal(first.pools["default"]);
    expect(second.pools["dearer"]?.address).to.not.equal(first.pools["default"]?.address);
  });

  describe("when it is cut off", () => {
    class Crash extends Error {}

    /** Fails right after the n-th write. */
    function crashingStore(store: RecordStore, at: number): RecordStore {
      let count = 0;
      return {
        ...store,
        save: async (record) => {
          count += 1;
          await store.save(record);
          if (count === at) throw new Crash();
        },
      };
    }

    /** Fails at the n-th transaction: when it has left, or before it does; nothing of it is written down. */
    function crashingSigner(at: number, isSent: boolean): Signer {
      let count = 0;
      return new Proxy(deployer, {
        get: (target, name) => {
          const value = Reflect.get(target, name) as unknown;
          if (name === "sendTransaction") {
            return async (request: Parameters<Signer["sendTransaction"]>[0]) => {
              count += 1;
              if (count === at && !isSent) throw new Crash();
              const transaction = await target.sendTransaction(request);
              if (count === at) throw new Crash();
              return transaction;
            };
          }
          return typeof value === "function" ? (value as () => unknown).bind(target) : value;
        },
      });
    }

    async function continues(broken: Partial<DeployOptions>, store: RecordStore): Promise<boolean> {
      const before = await nonceOf(deployer);
      const hasCrashed = await deploy(options({ store, ...broken })).then(
        () => false,
        () => true,
      );
      const record = await deploy(options({ store }));
      expect((await nonceOf(deployer)) - before, "transactions sent").to.equal(TRANSACTIONS);
      const factory = CreditPoolFactory__factory.connect(
        record.contracts["CreditPoolFactory"]?.address ?? "",
        ethers.provider,
      );
      expect(await factory.poolCount()).to.equal(1n);
      expect(await factory.poolsFrom(0n, 10n)).to.deep.equal([record.pools["default"]?.address]);
      expect(record.pending).to.equal(undefined);
      return hasCrashed;
    }

    it("continues without sending anything twice, cut off after every write of the record", async () => {
      let crashes = 0;
      for (let at = 1; at < 90; at++) {
        const start = await snapshot();
        const store = memoryRecord();
        const hasCrashed = await continues({ store: crashingStore(store, at) }, store);
        await revert(start);
        if (!hasCrashed) break;
        crashes += 1;
      }
      expect(crashes).to.be.greaterThan(2 * TRANSACTIONS);
    });

    it("continues without sending anything twice, cut off after every transaction, before it is written down", async () => {
      for (let at = 1; at <= TRANSACTIONS; at++) {
        const start = await snapshot();
        const store = memoryRecord();
        expect(await continues({ deployer: crashingSigner(at, true) }, store)).to.equal(true);
        await revert(start);
      }
    });

    it("waits for a transaction of an earlier run that is still on its way", async () => {
      const store = memoryRecord();
      await ethers.provider.send("evm_setAutomine", [false]);
      try {
        const from = await deployer.getAddress();
        const first = deploy(options({ store: crashingStore(store, 2) }));
        await failureOf(first).catch(() => undefined);
        const pending = (await store.load())?.pending;
        expect(pending?.transactionHash).to.be.a("string");
        const continued = deploy(options({ store }));
        await new Promise((resolve) => setTimeout(resolve, 200));
        await ethers.provider.send("evm_setAutomine", [true]);
        await ethers.provider.send("evm_mine", []);
        const record = await continued;
        expect(record.contracts["PoseidonT3"]?.address).to.equal(
          getCreateAddress({ from, nonce: pending?.nonce ?? -1 }),
        );
      } finally {
        await ethers.provider.send("evm_setAutomine", [true]);
      }
    });

    it("refuses to race a transaction that another deployer may have sent", async () => {
      const store = memoryRecord();
      await failureOf(deploy(options({ deployer: crashingSigner(3, false), store }))).catch(() => undefined);
      const refused = await failureOf(deploy(options({ deployer: stranger, store })));
      expect(refused).to.have.property("code", "PENDING_TRANSACTION");
      expect(refused.message).to.contain(await deployer.getAddress());
    });
  });
});

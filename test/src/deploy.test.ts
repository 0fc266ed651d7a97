// SPDX-License-Identifier: GPL-3.0-or-later
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import type { Signer } from "ethers";
import { Wallet, getAddress, getCreateAddress, parseEther } from "ethers";
import { artifacts, network } from "hardhat";

import type { DeployOptions, DeploymentRecord, NetworkDescription, RecordStore } from "../../deploy/index.ts";
import {
  DeployError,
  LIVE_NETWORKS,
  LOCAL_NETWORKS,
  deploy,
  describeNetwork,
  developmentPool,
  fileRecord,
  local,
  memoryRecord,
  parseRecord,
  readPoolConfig,
} from "../../deploy/index.ts";
import { ChainError, PoolClient } from "../../src/chain/index.ts";
import { providerKey } from "../../src/protocol/index.ts";
import { readManifest } from "../../src/prover/index.ts";
import { CreditPoolFactory__factory } from "../../typechain-types/index.js";

const { ethers } = await network.create();
const [deployer, , stranger] = (await ethers.getSigners()) as unknown as [Signer, Signer, Signer];
const manifest = await readManifest();

/** What the deployment of everything sends: two libraries, two verifiers, deployer, factory, token, pool. */
const TRANSACTIONS = 8;

function options(changes: Partial<DeployOptions> = {}): DeployOptions {
  return {
    provider: ethers.provider,
    deployer,
    artifacts,
    network: local,
    isSimulated: true,
    manifest,
    store: memoryRecord(),
    pool: developmentPool(local),
    ...changes,
  };
}

async function failureOf(promise: Promise<unknown>): Promise<DeployError | ChainError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof DeployError || error instanceof ChainError) return error;
  throw error instanceof Error ? error : new Error("nothing was refused");
}

const nonceOf = async (signer: Signer): Promise<number> =>
  ethers.provider.getTransactionCount(await signer.getAddress());

describe("deploy", () => {
  let clean: string;
  beforeEach(async () => {
    clean = (await ethers.provider.send("evm_snapshot", [])) as string;
  });
  afterEach(async () => {
    await ethers.provider.send("evm_revert", [clean]);
  });

  it("deploys a pool that a client accepts, with the network's sizes", async () => {
    const record = await deploy(options());
    const entry = record.pools["default"];
    const client = await PoolClient.connect(ethers.provider, entry?.address ?? "", { chainId: 31337n });
    const { providerKey: key, ...sizes } = developmentPool(local).parameters;
    expect(client.parameters).to.deep.include(sizes);
    expect([...client.parameters.providerKey]).to.deep.equal([...key]);
    expect(client.settlementAddress).to.equal(entry?.settlement);
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
      for (let at = 1; at < 60; at++) {
        const start = (await ethers.provider.send("evm_snapshot", [])) as string;
        const store = memoryRecord();
        const hasCrashed = await continues({ store: crashingStore(store, at) }, store);
        await ethers.provider.send("evm_revert", [start]);
        if (!hasCrashed) break;
        crashes += 1;
      }
      expect(crashes).to.be.greaterThan(2 * TRANSACTIONS);
    });

    it("continues without sending anything twice, cut off after every transaction, before it is written down", async () => {
      for (let at = 1; at <= TRANSACTIONS; at++) {
        const start = (await ethers.provider.send("evm_snapshot", [])) as string;
        const store = memoryRecord();
        expect(await continues({ deployer: crashingSigner(at, true) }, store)).to.equal(true);
        await ethers.provider.send("evm_revert", [start]);
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

  describe("refuses", () => {
    const base = describeNetwork("base");

    it("another chain than the network's", async () => {
      const refused = await failureOf(deploy(options({ network: base })));
      expect(refused).to.have.property("code", "WRONG_CHAIN");
      expect(refused.message).to.contain("31337").and.contain("8453");
    });

    it("a deployer without funds, and says how much is missing", async () => {
      const poor = Wallet.createRandom(ethers.provider);
      await deployer.sendTransaction({ to: poor.address, value: parseEther("0.0001") });
      const refused = await failureOf(deploy(options({ deployer: poor })));
      expect(refused).to.have.property("code", "DEPLOYER_UNFUNDED");
      expect(refused.message).to.match(new RegExp(`${poor.address} has 0.0001 .* send it 0\\.\\d+ more`));
      expect(await nonceOf(poor)).to.equal(0);
    });

    it("a record whose contract is not there on a live chain, another contract's address, and code that differs", async () => {
      const record = await deploy(options());
      const poseidon = record.contracts["PoseidonT3"]?.address ?? "";
      const tampered: [string, string, string][] = [
        ["LeanIMT", poseidon, "CODE_MISMATCH"],
        ["SlashVerifier", record.contracts["CloseVerifier"]?.address ?? "", "CODE_MISMATCH"],
        ["CreditPoolFactory", await stranger.getAddress(), "nothing is there"],
      ];
      for (const [name, address, expected] of tampered) {
        const store = memoryRecord();
        const contracts = { ...record.contracts, [name]: { address } };
        await store.save({ ...record, contracts });
        const isGone = expected === "nothing is there";
        // A local chain that lost a contract gets it again; on a live chain that is an error.
        if (isGone) {
          const live = { ...local, isLocal: false } as NetworkDescription;
          const usual = { network: live, isSimulated: false };
          const refused = await failureOf(deploy(options({ store, ...usual, ...ceremony(), ...ownAccounts(record) })));
          expect(refused.message).to.contain(expected);
        } else {
          expect(await failureOf(deploy(options({ store })))).to.have.property("code", expected);
        }
      }
    });

    it("a record whose pool was not created by its factory", async () => {
      const record = await deploy(options());
      const store = memoryRecord();
      const other = await deploy(options());
      await store.save({ ...record, pools: other.pools });
      expect(await failureOf(deploy(options({ store })))).to.have.property("code", "WIRING_MISMATCH");
    });

    it("a factory on record that is wired to other verifiers", async () => {
      const record = await deploy(options());
      const other = await deploy(options());
      const { CreditPoolFactory, CloseVerifier } = other.contracts;
      const store = memoryRecord();
      await store.save({
        ...record,
        pools: {},
        contracts: { ...record.contracts, ...(CloseVerifier === undefined ? {} : { CloseVerifier }) },
      });
      expect(CreditPoolFactory).to.not.equal(undefined);
      expect(await failureOf(deploy(options({ store })))).to.have.property("code", "WIRING_MISMATCH");
    });

    it("a record of another chain, and one that is malformed", async () => {
      const record = await deploy(options());
      const store = memoryRecord();
      await store.save({ ...record, chainId: "8453" });
      expect(await failureOf(deploy(options({ store })))).to.have.property("code", "RECORD_MISMATCH");
      for (const text of [
        "",
        "{",
        "[]",
        JSON.stringify({ ...record, pools: 3 }),
        JSON.stringify({ ...record, extra: 1 }),
      ]) {
        expect(() => parseRecord(text, "x.json"))
          .to.throw(DeployError)
          .with.property("code", "RECORD_FORMAT");
      }
    });

    it("a token without code, and one with other decimals", async () => {
      const pool = developmentPool(local);
      const nobody = await stranger.getAddress();
      const unknown = await failureOf(deploy(options({ pool: { ...pool, token: { address: nobody, decimals: 6 } } })));
      expect(unknown).to.have.property("code", "TOKEN_UNKNOWN");
      const { token } = await deploy(options());
      const other = { address: token?.address ?? "", decimals: 18 };
      expect(await failureOf(deploy(options({ pool: { ...pool, token: other } })))).to.have.property(
        "code",
        "TOKEN_DECIMALS",
      );
    });

    const ceremony = (): Pick<DeployOptions, "manifest"> => ({ manifest: { ...manifest, purpose: "ceremony" } });

    /** A provider and a deployer that are nobody's. */
    function ownAccounts(record?: DeploymentRecord): Pick<DeployOptions, "pool" | "deployer"> {
      const pool = developmentPool(local);
      const key = providerKey(Buffer.alloc(32, 7));
      return {
        deployer: rich,
        pool: {
          ...pool,
          parameters: {
            ...pool.parameters,
            provider: Wallet.createRandom().address,
            providerKey: key.publicKey,
          },
          providerKeyEighth: key.eighth,
          token: record?.token,
        },
      };
    }
    const rich = Wallet.createRandom(ethers.provider);
    beforeEach(async () => {
      await deployer.sendTransaction({ to: rich.address, value: parseEther("10") });
    });

    describe("on a live chain", () => {
      /** A chain with Base's id that is not declared local. */
      async function liveOptions(changes: Partial<DeployOptions> = {}): Promise<DeployOptions> {
        const live = await network.create({ override: { chainId: 8453 } });
        const [first] = await live.ethers.getSigners();
        const deployerOfLive = new Wallet(rich.privateKey, live.ethers.provider);
        await first?.sendTransaction({ to: rich.address, value: parseEther("10") });
        return {
          ...options({ ...ownAccounts(), ...ceremony() }),
          provider: live.ethers.provider,
          network: base,
          isSimulated: false,
          deployer: deployerOfLive,
          ...changes,
        };
      }

      it("development keys, and names the document that says what to do", async () => {
        const refused = await failureOf(
          deploy(await liveOptions({ manifest: { ...manifest, purpose: "development" } })),
        );
        expect(refused).to.have.property("code", "DEVELOPMENT_KEYS");
        expect(refused.message).to.contain("docs/trusted-setup.md").and.contain("8453");
      });

      it("verifiers that are not those of the ceremony's manifest", async () => {
        const { close } = manifest.statements;
        if (close === undefined) throw new Error("the manifest has no close");
        const other = { ...close, sha256: { ...close.sha256, verifier: "00".repeat(32) } };
        const changed = { ...ceremony().manifest, statements: { ...manifest.statements, close: other } };
        const refused = await failureOf(deploy(await liveOptions({ manifest: changed })));
        expect(refused).to.have.property("code", "DEVELOPMENT_KEYS");
      });

      it("the public development accounts and key", async () => {
        const connection = await liveOptions();
        const { pool } = connection;
        const attempts: Partial<DeployOptions>[] = [
          { deployer },
          { pool: { ...pool, parameters: { ...pool.parameters, provider: await deployer.getAddress() } } },
          {
            pool: {
              ...pool,
              parameters: { ...pool.parameters, providerKey: developmentPool(local).parameters.providerKey },
            },
          },
        ];
        for (const attempt of attempts) {
          expect(await failureOf(deploy({ ...connection, ...attempt }))).to.have.property(
            "code",
            "DEVELOPMENT_ACCOUNT",
          );
        }
      });

      it("a chain without the canonical token, after everything else was right", async () => {
        const refused = await failureOf(deploy(await liveOptions()));
        expect(refused).to.have.property("code", "TOKEN_UNKNOWN");
        expect(refused.message).to.contain("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913");
      });
    });
  });

  describe("records", () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), "jeton-deploy-"));
    });
    afterEach(async () => {
      await rm(folder, { recursive: true });
    });

    it("are written as a whole, with no leftovers, and read back", async () => {
      const store = fileRecord(join(folder, "deployments", "31337.json"));
      expect(await store.load()).to.equal(undefined);
      const record = await deploy(options({ store }));
      expect(await store.load()).to.deep.equal(record);
      expect(await readdir(join(folder, "deployments"))).to.deep.equal(["31337.json"]);
      expect(JSON.parse(await readFile(join(folder, "deployments", "31337.json"), "utf8"))).to.deep.equal(record);
    });

    it("of a local chain that was started anew are replaced", async () => {
      const store = memoryRecord();
      await deploy(options({ store }));
      const record = await store.load();
      await store.save({ ...(record as DeploymentRecord), genesisHash: `0x${"12".repeat(32)}` });
      await ethers.provider.send("evm_revert", [clean]);
      clean = (await ethers.provider.send("evm_snapshot", [])) as string;
      const again = await deploy(options({ store }));
      expect(again.genesisHash).to.equal(record?.genesisHash);
      expect(await ethers.provider.getCode(again.pools["default"]?.address ?? "")).to.not.equal("0x");
    });

    const key = providerKey(Buffer.alloc(32, 9));
    const file = {
      provider: "0x0000000000000000000000000000000000000001",
      providerKey: key.publicKey.map(String),
      providerKeyEighth: key.eighth.map(String),
      termsHash: `0x${"ab".repeat(32)}`,
    };
    async function configOf(content: unknown): Promise<Awaited<ReturnType<typeof readPoolConfig>>> {
      const path = join(folder, "pool.json");
      await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
      return readPoolConfig(path, local);
    }

    it("pool files fill in the network's sizes and hash the terms beside them", async () => {
      expect((await configOf(file)).parameters).to.deep.include({ ...local.pool, termsHash: file.termsHash });
      await writeFile(join(folder, "terms.json"), "{}");
      const { termsHash, ...rest } = file;
      expect(termsHash).to.be.a("string");
      const config = await configOf({
        ...rest,
        name: "api",
        terms: "terms.json",
        ticketPrice: "70",
        challengeWindow: 9_000,
      });
      expect(config.parameters).to.deep.include({ ...local.pool, ticketPrice: 70n, challengeWindow: 9_000n });
      // SHA-256 of "{}".
      expect(config.parameters.termsHash).to.equal(
        "0x44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
      );
      expect(config.name).to.equal("api");
    });

    it("pool files with mistakes are refused with the place of the first", async () => {
      const attempts: [unknown, RegExp][] = [
        ["{", /is no JSON/],
        [{ ...file, provider: "0x1" }, /"provider"/],
        [{ ...file, provider: "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02914" }, /checksum/],
        [{ ...file, providerKey: ["0", "1"] }, /prime subgroup/],
        [{ ...file, termsHash: undefined }, /terms/],
        [{ ...file, terms: "missing.json" }, /missing.json/],
        [{ ...file, ticketPrice: 5 }, /"ticketPrice"/],
        [{ ...file, ticketPrise: "5" }, /ticketPrise/],
        [{ ...file, token: file.provider }, /tokenDecimals/],
      ];
      for (const [content, expected] of attempts) {
        const refused = await failureOf(configOf(content));
        expect(refused).to.have.property("code", "POOL_CONFIG");
        expect(refused.message).to.match(expected);
      }
    });
  });

  it("knows its networks: unique chain ids, checksummed tokens, sizes that a pool accepts", async () => {
    const networks = [...LOCAL_NETWORKS, ...LIVE_NETWORKS];
    expect(new Set(networks.map(({ chainId }) => chainId)).size).to.equal(networks.length);
    expect(networks.map(({ chainId }) => Number(chainId))).to.have.members([
      31337, 31338, 8453, 10, 42161, 84532, 11155420, 421614,
    ]);
    for (const { name, token, isLocal, pool, rpcVariable } of networks) {
      expect(describeNetwork(name).name).to.equal(name);
      expect(rpcVariable).to.be.a("string");
      if (!isLocal) expect(describeNetwork(`${name}-fork`).name).to.equal(name);
      expect(token === undefined).to.equal(isLocal);
      if (token !== undefined) expect(getAddress(token.address.toLowerCase())).to.equal(token.address);
      expect(pool.ticketPrice % pool.unit).to.equal(0n);
      expect(pool.policyHold % pool.unit).to.equal(0n);
      expect(Number(pool.accountLifetime)).to.be.greaterThanOrEqual(Number(4n * pool.challengeWindow));
      if (!isLocal) expect(Number(pool.challengeWindow)).to.be.greaterThan(48 * 3_600);
    }
    expect(() => describeNetwork("mars"))
      .to.throw(DeployError)
      .with.property("code", "NETWORK_UNKNOWN");
  });
});

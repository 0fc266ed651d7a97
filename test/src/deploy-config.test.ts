// SPDX-License-Identifier: GPL-3.0-or-later
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { getAddress, sha256, toUtf8Bytes } from "ethers";

import type { DeploymentRecord } from "../../deploy/index.ts";
import {
  DEVELOPMENT_TERMS,
  DeployError,
  LIVE_NETWORKS,
  LOCAL_NETWORKS,
  deploy,
  describeNetwork,
  fileRecord,
  local,
  memoryRecord,
  readPoolConfig,
} from "../../deploy/index.ts";
import { providerKey } from "../../src/protocol/index.ts";
import { ethers, failureOf, options, revert, snapshot, startClean } from "./support/deployment.ts";

describe("deploy: records and files", () => {
  startClean();

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
      const empty = await snapshot();
      const store = memoryRecord();
      await deploy(options({ store }));
      const record = await store.load();
      await store.save({ ...(record as DeploymentRecord), genesisHash: `0x${"12".repeat(32)}` });
      await revert(empty);
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

    const pricing = { kind: "fixed", price: "20" };

    it("pool files fill in the network's sizes and hash the terms beside them", async () => {
      expect((await configOf(file)).parameters).to.deep.include({ ...local.pool, termsHash: file.termsHash });
      await writeFile(join(folder, "terms.json"), JSON.stringify({ ...DEVELOPMENT_TERMS, pricing }, null, 4));
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
      // The canonical form, written by hand.
      const canonical =
        '{"endpoints":[],"format":"jeton.terms.v1","policy":"None.","pricing":{"kind":"fixed","price":"20"},' +
        '"retention":{"answersSeconds":3600,"sessionSeconds":600,"statement":"Nothing here is worth keeping."},' +
        '"service":"A development provider on a local chain"}';
      expect(config.parameters.termsHash).to.equal(sha256(toUtf8Bytes(canonical)));
      expect(config.name).to.equal("api");
    });

    it("pool files with mistakes are refused with the place of the first", async () => {
      const dear = { ...pricing, price: (local.pool.ticketPrice + local.pool.unit).toString() };
      const odd = { ...pricing, price: "21" };
      await writeFile(join(folder, "dear.json"), JSON.stringify({ ...DEVELOPMENT_TERMS, pricing: dear }));
      await writeFile(join(folder, "odd.json"), JSON.stringify({ ...DEVELOPMENT_TERMS, pricing: odd }));
      await writeFile(join(folder, "empty.json"), "{}");
      const attempts: [unknown, RegExp][] = [
        ["{", /is no JSON/],
        [{ ...file, provider: "0x1" }, /"provider"/],
        [{ ...file, provider: "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02914" }, /checksum/],
        [{ ...file, providerKey: ["0", "1"] }, /prime subgroup/],
        [{ ...file, termsHash: undefined }, /terms/],
        [{ ...file, terms: "missing.json" }, /missing.json/],
        [{ ...file, termsHash: undefined, terms: "dear.json" }, /above the ticket price/],
        [{ ...file, termsHash: undefined, terms: "odd.json" }, /no multiple of the unit/],
        [{ ...file, termsHash: undefined, terms: "empty.json" }, /malformed/],
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

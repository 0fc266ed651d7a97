// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";
import { Wallet, parseEther } from "ethers";
import { network } from "hardhat";

import type { DeployOptions, NetworkDescription } from "../../deploy/index.ts";
import {
  DeployError,
  deploy,
  describeNetwork,
  developmentPool,
  local,
  memoryRecord,
  parseRecord,
} from "../../deploy/index.ts";
import { VERIFIERS } from "../../src/chain/index.ts";
import {
  ceremony,
  deployer,
  failureOf,
  manifest,
  nonceOf,
  options,
  ownAccounts,
  rich,
  startClean,
  stranger,
  ethers,
} from "./support/deployment.ts";

describe("deploy refuses", () => {
  startClean();

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

  it("a factory on record that is wired to other verifiers, or to other creators of rules", async () => {
    const record = await deploy(options());
    const other = await deploy(options());
    const wired = [...Object.values(VERIFIERS), "CreditSettlementDeployer", "CreditDisputesDeployer"];
    for (const name of wired) {
      const foreign = other.contracts[name];
      if (foreign === undefined) throw new Error(`the deployment has no ${name}`);
      expect(foreign.address).to.not.equal(record.contracts[name]?.address);
      const store = memoryRecord();
      await store.save({ ...record, pools: {}, contracts: { ...record.contracts, [name]: foreign } });
      expect(await failureOf(deploy(options({ store }))), name).to.have.property("code", "WIRING_MISMATCH");
    }
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
      const refused = await failureOf(deploy(await liveOptions({ manifest: { ...manifest, purpose: "development" } })));
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
        expect(await failureOf(deploy({ ...connection, ...attempt }))).to.have.property("code", "DEVELOPMENT_ACCOUNT");
      }
    });

    it("a chain without the canonical token, after everything else was right", async () => {
      const refused = await failureOf(deploy(await liveOptions()));
      expect(refused).to.have.property("code", "TOKEN_UNKNOWN");
      expect(refused.message).to.contain("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913");
    });
  });
});

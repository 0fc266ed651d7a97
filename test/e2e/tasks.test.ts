// SPDX-License-Identifier: GPL-3.0-or-later
/** The commands as a user runs them, with real proofs: child processes where they must work; refusals, which are many, in this process. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { expect } from "chai";
import { JsonRpcProvider } from "ethers";
import { artifacts, network } from "hardhat";
import { createHardhatRuntimeEnvironment, importUserConfig } from "hardhat/hre";

import { describeNetwork } from "../../deploy/index.ts";
import { PoolClient } from "../../src/chain/index.ts";
import { anvilArguments, anvilBinary } from "../../src/cli/anvil.ts";
import { close } from "../../src/cli/close.ts";
import { deployPools } from "../../src/cli/deploy.ts";
import { deposit } from "../../src/cli/deposit.ts";
import { expire } from "../../src/cli/expire.ts";
import { finalize } from "../../src/cli/finalize.ts";
import { poolInfo } from "../../src/cli/pool-info.ts";
import { hardhatSessions } from "../../src/cli/hardhat-session.ts";
import type { Outcome } from "../../src/cli/outcome.ts";
import type { OpenSession } from "../../src/cli/session.ts";
import { slash } from "../../src/cli/slash.ts";
import type { DoubleSpend } from "../../src/protocol/index.ts";
import {
  deriveIdentitySecret,
  evidenceToJson,
  identityCommitmentOf,
  nullifierOf,
  providerKey,
  shareOf,
  ticketKeyOf,
  ticketRootOf,
} from "../../src/protocol/index.ts";
import { answers, freePort, stop } from "./support/nodes.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const SEED = "ab".repeat(32);
const DEPOSIT = 1_100_000n;
const base = describeNetwork("base");

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The code and the message of a command that must refuse. */
async function refusal(command: Promise<Outcome>): Promise<{ code: string; message: string }> {
  return command.then(
    () => {
      throw new Error("nothing was refused");
    },
    (error: { code: string; message: string }) => ({ code: error.code, message: error.message }),
  );
}

/** npx itself costs as much processor time as most commands. */
const HARDHAT = join(ROOT, "node_modules/.bin/hardhat");

const quiet = (): void => undefined;

/** What Hardhat fills in for options that are not given. */
const DEFAULTS = {
  pool: "default",
  seed: undefined,
  account: 0,
  identityCommitment: undefined,
  recipient: undefined,
  poolConfig: undefined,
  fromBlock: -1,
  mint: false,
  yes: false,
  json: true,
};

describe("commands", function () {
  this.timeout(300_000);
  let folder: string;
  let variables: Record<string, string>;
  const restored = new Map<string, string | undefined>();

  /** Sets variables for children and for this process. */
  function set(more: Record<string, string>): void {
    Object.assign(variables, more);
    for (const [name, value] of Object.entries(more)) {
      if (!restored.has(name)) restored.set(name, process.env[name]);
      process.env[name] = value;
    }
  }

  /** Runs `hardhat …`, as npx does, and collects what it says. */
  async function hardhat(...args: readonly string[]): Promise<Run> {
    const child = spawn(process.execPath, [HARDHAT, ...args], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    const read = async (stream: NodeJS.ReadableStream): Promise<string> => {
      let text = "";
      for await (const chunk of stream) text += String(chunk);
      return text;
    };
    const [stdout, stderr, code] = await Promise.all([
      read(child.stdout),
      read(child.stderr),
      new Promise<number | null>((done) => child.on("exit", done)),
    ]);
    for (const text of [stdout, stderr]) expect(text).to.not.contain(SEED);
    return { code, stdout, stderr };
  }

  /** The JSON of a run that must succeed. */
  async function result(...args: readonly string[]): Promise<Record<string, unknown>> {
    const { code, stdout, stderr } = await hardhat(...args, "--json");
    expect(code, stderr + stdout).to.equal(0);
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  /** Hardhat in this process, on a network. */
  async function on(networkName: string): Promise<OpenSession> {
    const config = await importUserConfig(join(ROOT, "hardhat.config.ts"));
    return hardhatSessions(await createHardhatRuntimeEnvironment(config, { network: networkName }, ROOT));
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "jeton-tasks-"));
    variables = {};
    set({ JETON_DEPLOYMENTS: join(folder, "deployments"), JETON_SEED: SEED });
  });
  afterEach(async () => {
    for (const [name, value] of restored) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    restored.clear();
    await rm(folder, { recursive: true });
  });

  describe("on a node", () => {
    let node: Awaited<ReturnType<typeof network.createServer>>;
    let provider: JsonRpcProvider;

    beforeEach(async () => {
      node = await network.createServer("node", "127.0.0.1", await freePort());
      const { port } = await node.listen();
      set({ LOCALHOST_RPC_URL: `http://127.0.0.1:${port}` });
      provider = new JsonRpcProvider(`http://127.0.0.1:${port}`, undefined, { cacheTimeout: -1, pollingInterval: 50 });
    });
    afterEach(async () => {
      provider.destroy();
      await node.close();
    });

    const passSeconds = async (seconds: number): Promise<void> => {
      await provider.send("evm_increaseTime", [seconds]);
      await provider.send("evm_mine", []);
    };

    it("deploy, deposit, close, finalize, slash and expire, and say why they will not", async () => {
      const hre = await on("localhost");
      const local = ["--network", "localhost"];
      expect((await refusal(poolInfo(DEFAULTS, hre, quiet))).code).to.equal("POOL_UNKNOWN");

      const record = await result("deploy", ...local);
      const { address } = (record["pools"] as Record<string, { address: string }>)["default"] ?? { address: "" };
      const client = await PoolClient.connect(provider, address);
      const secretOf = (account: number): bigint =>
        deriveIdentitySecret(Buffer.from(SEED, "hex"), 31337n, address, account);
      const commitmentOf = (account: number): bigint => identityCommitmentOf(secretOf(account));

      // Accounts 0, 1 and 2 of the wallet.
      const amount = DEPOSIT.toString();
      const first = await result("deposit", ...local, "--amount", amount, "--mint");
      expect(first["identityCommitment"]).to.equal(commitmentOf(0).toString());
      const seed = join(folder, "seed");
      await writeFile(seed, `0x${SEED}\n`);
      set({ JETON_SEED: "" });
      const wanted = { ...DEFAULTS, amount, mint: true };
      expect((await refusal(deposit({ ...wanted, account: 1 }, hre, quiet))).message).to.contain("there is no seed");
      await deposit({ ...wanted, account: 1, seed }, hre, quiet);
      set({ JETON_SEED: SEED });
      await deposit({ ...wanted, account: 2, pool: address }, hre, quiet);
      expect((await refusal(deposit(wanted, hre, quiet))).message).to.contain("account 0 of this seed is active");
      expect((await refusal(deposit({ ...wanted, account: 3, amount: "1" }, hre, quiet))).message).to.contain(
        "out of range",
      );
      expect((await refusal(deposit({ ...wanted, account: 3, amount: undefined }, hre, quiet))).code).to.equal(
        "OPTION_MISSING",
      );
      expect((await refusal(deposit({ ...wanted, account: 3, mint: false }, hre, quiet))).code).to.equal(
        "INSUFFICIENT_FUNDS",
      );
      expect((await refusal(deposit({ ...wanted, pool: "other" }, hre, quiet))).code).to.equal("POOL_UNKNOWN");
      const accounts = await client.accountsOf([0, 1, 2].map(commitmentOf));
      expect(accounts.map(({ status }) => status)).to.deep.equal(["active", "active", "active"]);

      // Account 0 closes with 3 tickets used.
      const recipient = "0x00000000000000000000000000000000000c105e";
      const closing = { ...DEFAULTS, firstUnused: "3" };
      expect((await refusal(close({ ...closing, firstUnused: undefined }, hre, quiet))).message).to.contain(
        "--first-unused",
      );
      expect((await refusal(close({ ...closing, firstUnused: "65537" }, hre, quiet))).code).to.equal("OPTION_INVALID");
      expect((await refusal(close({ ...closing, account: 9 }, hre, quiet))).message).to.contain("no such account");
      expect((await refusal(finalize(DEFAULTS, hre, quiet))).message).to.contain("the account is active");
      const closed = await hardhat("close", ...local, "--first-unused", "3", "--recipient", recipient);
      expect(closed.code, closed.stderr).to.equal(0);
      expect(closed.stderr).to.contain("WARNING");
      const { ticketPrice, policyHold, bountyBps, accountLifetime } = client.parameters;
      const expected = client.priceOf(DEPOSIT) - 3n * (ticketPrice + policyHold);
      expect((await client.pendingCloseOf(commitmentOf(0)))?.toRecipient).to.equal(expected);
      expect((await refusal(close(closing, hre, quiet))).message).to.contain("closing already");
      expect((await refusal(finalize(DEFAULTS, hre, quiet))).message).to.contain("can be challenged until");
      await passSeconds(3_601);
      await finalize({ ...DEFAULTS, identityCommitment: String(commitmentOf(0)), seed: "missing" }, hre, quiet);
      expect(await client.token.balanceOf(recipient)).to.equal(expected);
      expect((await refusal(close(closing, hre, quiet))).message).to.contain("closed");

      // Account 1 spent ticket 7 twice.
      const { poolHash } = client.pool;
      const evidence = join(folder, "evidence.json");
      const slashing = { ...DEFAULTS, evidence };
      function doubleSpend(secret: bigint, index: number): DoubleSpend {
        const key = ticketKeyOf(ticketRootOf(secret, poolHash), index);
        const shares = [shareOf(secret, key, 5n), shareOf(secret, key, 6n)] as const;
        return { chainId: 31337n, pool: address, nullifier: nullifierOf(key), shares };
      }
      const real = doubleSpend(secretOf(1), 7);
      const [share] = real.shares;
      const refusals: [DoubleSpend, string][] = [
        [{ ...real, shares: [share, share] }, "the same message"],
        [{ ...real, shares: [share, { x: 6n, y: 12345n }] }, "no line with this nullifier"],
        [{ ...real, chainId: 10n }, "the evidence is for chain 10"],
        [doubleSpend(987654321n, 0), "no account in this pool"],
      ];
      for (const [bad, message] of refusals) {
        await writeFile(evidence, evidenceToJson(bad));
        expect((await refusal(slash(slashing, hre, quiet))).message).to.contain(message);
      }
      await writeFile(evidence, "{}");
      expect((await refusal(slash(slashing, hre, quiet))).code).to.equal("EVIDENCE_FORMAT");
      expect((await refusal(slash({ ...slashing, evidence: undefined }, hre, quiet))).code).to.equal("OPTION_MISSING");
      await writeFile(evidence, evidenceToJson(real));
      const hunter = "0x00000000000000000000000000000000000b0000";
      const slashed = await hardhat("slash", ...local, "--evidence", evidence, "--recipient", hunter);
      expect(slashed.code, slashed.stderr).to.equal(0);
      expect(slashed.stdout + slashed.stderr).to.not.contain(secretOf(1).toString());
      const stake = client.priceOf(DEPOSIT) - DEPOSIT;
      expect(await client.token.balanceOf(hunter)).to.equal((stake * bountyBps) / 10_000n);
      expect((await refusal(slash(slashing, hre, quiet))).message).to.contain("slashed already");

      // Account 2 outlives its lifetime.
      const third = { ...DEFAULTS, account: 2 };
      expect((await refusal(expire(third, hre, quiet))).message).to.contain("cannot be expired before");
      await passSeconds(Number(accountLifetime));
      await expire(third, hre, quiet);
      expect((await refusal(expire(third, hre, quiet))).message).to.contain("not active: it is expired");

      const info = await result("pool", "info", ...local);
      expect(info["accounts"]).to.deep.equal({ opened: 3, active: 0, closing: 0, expired: 1, closed: 1, slashed: 1 });
      const revenue = 3n * ticketPrice + 2n * DEPOSIT;
      expect(info["ledger"]).to.deep.include({ escrowed: stake.toString(), revenue: revenue.toString() });
      expect(info["solvency"]).to.deep.include({ surplus: "0", isSolvent: true });
    });
  });

  describe("on a persistent anvil", () => {
    let node: ChildProcess | undefined;
    afterEach(() => stop(node));

    it("continue on the chain that an earlier node left on disk", async function () {
      const binary = await anvilBinary();
      if (binary === undefined) {
        process.stderr.write("      SKIPPED: npm installed no anvil for this system\n");
        this.skip();
        return;
      }
      const port = await freePort();
      const state = join(folder, "anvil.json");
      const url = `http://127.0.0.1:${port}`;
      set({ ANVIL_RPC_URL: url });
      const start = async (): Promise<void> => {
        node = spawn(binary, [...anvilArguments(port, state), "--silent"], { stdio: "ignore" });
        await answers(url, node);
      };
      const hre = await on("anvil");
      await start();
      const first = await deployPools(DEFAULTS, hre, quiet);
      expect(first["chainId"]).to.equal("31338");
      await deposit({ ...DEFAULTS, amount: DEPOSIT.toString(), mint: true }, hre, quiet);
      await stop(node);
      expect((await stat(state)).size).to.be.greaterThan(0);

      await start();
      expect(await deployPools(DEFAULTS, hre, quiet)).to.deep.equal(first);
      const info = await result("pool", "info", "--network", "anvil");
      expect(info["accounts"]).to.deep.include({ opened: 1, active: 1 });
    });
  });

  describe("on a chain that is not local", () => {
    let node: Awaited<ReturnType<typeof network.createServer>>;
    let url: string;
    beforeEach(async () => {
      node = await network.createServer(
        { network: "node", override: { chainId: 8453 } },
        "127.0.0.1",
        await freePort(),
      );
      url = `http://127.0.0.1:${(await node.listen()).port}`;
      set({ BASE_RPC_URL: url, DEPLOYER_PRIVATE_KEY: `0x${"12".repeat(32)}` });
    });
    afterEach(() => node.close());

    it("deploy to a fork of it with development keys and leave no record; refuse the chain itself", async () => {
      const fork = await on("base-fork");
      const unknown = await refusal(deployPools(DEFAULTS, fork, quiet));
      expect(unknown.code).to.equal("TOKEN_UNKNOWN");

      // Something with the code of a 6-decimal token stands where USDC is.
      const provider = new JsonRpcProvider(url);
      const { deployedBytecode } = await artifacts.readArtifact("DemoUSD");
      await provider.send("hardhat_setCode", [base.token?.address, deployedBytecode]);
      await provider.send("evm_mine", []);
      provider.destroy();
      const outcome = await deployPools(DEFAULTS, fork, quiet);
      expect(outcome["token"]).to.deep.include({ address: base.token?.address });
      expect(outcome["recordedIn"]).to.equal("memory");

      // The same chain, reached over HTTP, counts as live.
      const pool = join(folder, "pool.json");
      const made = providerKey(Buffer.alloc(32, 3));
      const config = {
        provider: "0x0000000000000000000000000000000000000001",
        providerKey: made.publicKey.map(String),
        providerKeyEighth: made.eighth.map(String),
        termsHash: `0x${"ab".repeat(32)}`,
      };
      await writeFile(pool, JSON.stringify(config));
      const live = await on("base");
      const refused = await refusal(deployPools({ ...DEFAULTS, poolConfig: pool, yes: true }, live, quiet));
      expect(refused.code).to.equal("DEVELOPMENT_KEYS");
      expect(refused.message).to.contain("docs/trusted-setup.md");
    });
  });

  it("say which variable is missing, which file is needed, and which network is unknown", async () => {
    set({ CI: "true" });
    const noUrl = await refusal(deployPools(DEFAULTS, await on("base"), quiet));
    expect(noUrl.code).to.equal("CONFIGURATION_MISSING");
    expect(noUrl.message).to.contain("BASE_RPC_URL");
    set({ BASE_RPC_URL: "http://127.0.0.1:1" });
    expect((await refusal(deployPools(DEFAULTS, await on("base"), quiet))).message).to.contain("DEPLOYER_PRIVATE_KEY");
    set({ DEPLOYER_PRIVATE_KEY: "0x12" });
    expect((await refusal(deployPools(DEFAULTS, await on("base"), quiet))).message).to.contain("is no private key");
    set({ DEPLOYER_PRIVATE_KEY: `0x${"12".repeat(32)}` });
    expect((await refusal(deployPools(DEFAULTS, await on("base"), quiet))).message).to.contain("--pool-config");
  });

  it("exit with 1 and one JSON object where they refuse, and never overwrite a provider's key", async () => {
    const file = join(folder, "provider.key");
    const made = await hardhat("provider", "key", "--out", file, "--json");
    expect(made.code, made.stderr).to.equal(0);
    const privateKey = (await readFile(file, "utf8")).trim();
    expect(privateKey).to.match(/^[0-9a-f]{64}$/);
    expect(made.stdout).to.not.contain(privateKey);
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    const again = await hardhat("provider", "key", "--out", file, "--json");
    expect(again.code).to.equal(1);
    expect((JSON.parse(again.stdout) as { error: { code: string } }).error.code).to.equal("FILE_UNREADABLE");
  });
});

// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton` as operators and auditors use it, on a node: keystores, dry runs, verification, questions, completion. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { expect } from "chai";
import { JsonRpcProvider, Wallet, encryptKeystoreJson, parseEther } from "ethers";
import { network } from "hardhat";

import { DEVELOPMENT_TERMS, developmentProvider, local } from "../../deploy/index.ts";
import { completionOf } from "../../src/cli/jeton/completion.ts";
import { jetonProgram } from "../../src/cli/jeton/program.ts";
import { keySessions } from "../../src/cli/key-session.ts";
import { deployPools } from "../../src/cli/deploy.ts";
import { CliError } from "../../src/cli/errors.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import { eventsChanged } from "../src/support/audit-lies.ts";
import type { Lie } from "../src/support/audit-scene.ts";
import { runJeton } from "./support/here.ts";
import { withLies } from "./support/lying-endpoint.ts";
import { freePort } from "./support/nodes.ts";
import { run } from "./support/program.ts";

const PASSWORD = "correct horse";
const LOCAL = ["--network", "localhost"];

interface Planned {
  readonly action: string;
  readonly contract: string;
  readonly function: string;
  readonly arguments: Record<string, string>;
  readonly succeeds: boolean;
  readonly reason?: string;
  readonly gas: string;
}

describe("jeton on a chain", function () {
  this.timeout(300_000);
  let folder: string;
  let node: Awaited<ReturnType<typeof network.createServer>>;
  let provider: JsonRpcProvider;
  let environment: Record<string, string>;
  let record: { pools: Record<string, { address: string }>; contracts: Record<string, { address: string }> };

  /** The JSON of a command that must end with `code`. */
  async function result<T = Record<string, unknown>>(args: readonly string[], code = 0): Promise<T> {
    const ended = await runJeton([...args, "--json"], environment);
    expect(ended.code, ended.stderr + ended.stdout).to.equal(code);
    return JSON.parse(ended.stdout) as T;
  }
  const codeOf = async (args: readonly string[]): Promise<string> =>
    (await result<{ error: { code: string } }>(args, 1)).error.code;
  const snapshot = async (): Promise<() => Promise<void>> => {
    const id = (await provider.send("evm_snapshot", [])) as string;
    return async () => void (await provider.send("evm_revert", [id]));
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "jeton-operations-"));
    node = await network.createServer("node", "127.0.0.1", await freePort());
    const url = `http://127.0.0.1:${(await node.listen()).port}`;
    provider = new JsonRpcProvider(url, undefined, { cacheTimeout: -1, pollingInterval: 50 });
    environment = {
      LOCALHOST_RPC_URL: url,
      JETON_DEPLOYMENTS: join(folder, "deployments"),
      JETON_SEED: "ab".repeat(32),
      DEPLOYER_PRIVATE_KEY: "",
      JETON_KEYSTORE: "",
    };
    record = await result(["deploy", ...LOCAL]);
  });
  after(async () => {
    provider.destroy();
    await node.close();
    await rm(folder, { recursive: true });
  });

  it("sends with a keystore's key, after a dry run that sent nothing, asked no password, and told what it would cost", async () => {
    const file = join(folder, "key.json");
    environment["JETON_KEYSTORE_PASSWORD"] = PASSWORD;
    const made = await result(["keystore", "new", file]);
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    expect(await codeOf(["keystore", "new", file])).to.equal("FILE_UNREADABLE");
    const address = String(made["address"]);
    expect(await result(["keystore", "address", file])).to.deep.equal({ address });
    const [rich] = await provider.listAccounts();
    await (await rich?.sendTransaction({ to: address, value: parseEther("1") }))?.wait();

    delete environment["JETON_KEYSTORE_PASSWORD"];
    const sent = ["deposit", ...LOCAL, "--keystore", file, "--amount", "1100000", "--mint"];
    const before = await provider.getBlockNumber();
    const dry = await result<{ transactions: Planned[]; tokensMoved: Record<string, string> }>([...sent, "--dry-run"]);
    expect(await provider.getBlockNumber()).to.equal(before);
    expect(await provider.getTransactionCount(address)).to.equal(0);
    expect(
      dry.transactions.map(({ contract, function: called }) => `${contract}.${called.split("(")[0]}`),
    ).to.deep.equal(["DemoUSD.mint", "token.approve", "CreditPool.deposit"]);
    expect(dry.transactions[2]?.arguments["amount"]).to.equal("1100000");
    expect(dry.transactions.every(({ succeeds }) => succeeds)).to.equal(true);
    const pool = record.pools["default"]?.address ?? "";
    expect(dry.tokensMoved[`pool ${pool}`]).to.equal("6111000");
    const read = await runJeton([...sent, "--dry-run"], environment);
    expect(read.stdout).to.contain(`pool ${pool}: +6.111`);

    expect(await codeOf(sent)).to.equal("PASSWORD_MISSING");
    environment["JETON_KEYSTORE_PASSWORD"] = "wrong";
    expect(await codeOf(sent)).to.equal("OPTION_INVALID");
    environment["JETON_KEYSTORE_PASSWORD"] = PASSWORD;
    const done = await result<{ gasUsed: string; transactionHash: string }>(sent);
    expect((await provider.getTransaction(done.transactionHash))?.from).to.equal(address);
    expect(BigInt(dry.transactions[2]?.gas ?? 0) >= BigInt(done.gasUsed)).to.equal(true);
    const people = await runJeton(["bond", "post", ...LOCAL, "--amount", "5", "--dry-run"], environment);
    expect(people.code).to.equal(1);
    expect(people.stderr).to.contain("INSUFFICIENT_FUNDS");
  });

  it("shows in a dry run why the chain would refuse, and ends with 1", async () => {
    const sent = ["revenue", "withdraw", ...LOCAL, "--amount", "5", "--dry-run"];
    const stranger = await result<{ transactions: Planned[] }>(sent, 1);
    expect(stranger.transactions.map(({ reason }) => reason)).to.deep.equal(["NotProvider"]);
    const owner = await result<{ transactions: Planned[] }>([...sent, "--development-account", "1"], 1);
    expect(owner.transactions[0]?.succeeds).to.equal(false);
    expect(owner.transactions[0]?.reason).to.not.equal("NotProvider");
    const text = await runJeton(sent, environment);
    expect(text.stdout).to.contain("is refused").and.contain("withdrawRevenue");
  });

  it("says what is missing: a key, a keystore, a chain; and quotes no endpoint", async () => {
    expect(await codeOf(["expire", "--pool", "default"])).to.equal("OPTION_MISSING");
    expect(await codeOf(["expire", ...LOCAL, "--keystore", join(folder, "none.json")])).to.equal("FILE_UNREADABLE");
    const bad = join(folder, "bad.json");
    await writeFile(bad, "{}");
    expect(await codeOf(["keystore", "address", bad])).to.equal("OPTION_INVALID");
    const live = await network.createServer(
      { network: "node", override: { chainId: 84532 } },
      "127.0.0.1",
      await freePort(),
    );
    const url = `http://127.0.0.1:${(await live.listen()).port}/v2/secret-key`;
    try {
      environment["BASE_SEPOLIA_RPC_URL"] = url;
      expect(await codeOf(["pool", "info", "--network", "base"])).to.equal("CONFIGURATION_MISSING");
      const unkeyed = await runJeton(
        ["deploy", "--network", "base-sepolia", "--pool-config", bad, "--dry-run"],
        environment,
      );
      expect(unkeyed.stdout + unkeyed.stderr).to.not.contain("secret-key");
      const other = await runJeton(["pool", "info", "--network", "base", "--rpc-url", url], environment);
      expect(other.stderr).to.contain("serves chain 84532").and.not.contain("secret-key");
    } finally {
      await live.close();
    }
  });

  it("verifies a deployment, and names a tampered record, another verifier, a pool of another factory, and changed code", async () => {
    interface Verified {
      readonly holds: boolean;
      readonly checks: readonly { readonly what: string; readonly isHeld: boolean }[];
    }
    const failed = async (more: readonly string[] = []): Promise<string[]> => {
      const found = await result<Verified>(["pool", "verify", ...LOCAL, ...more], 3);
      expect(found.holds).to.equal(false);
      return found.checks.filter(({ isHeld }) => !isHeld).map(({ what }) => what);
    };
    const good = await result<Verified>(["pool", "verify", ...LOCAL]);
    expect(good.holds).to.equal(true);
    expect(good.checks.length).to.be.greaterThan(30);

    // Somebody wrote another address into the record.
    const path = join(folder, "tampered.json");
    const whole = JSON.parse(await readFile(join(folder, "deployments", "31337.json"), "utf8")) as typeof record;
    const { CloseVerifier, SlashVerifier } = whole.contracts;
    const tampered = { ...whole, contracts: { ...whole.contracts, CloseVerifier: SlashVerifier } };
    await writeFile(path, JSON.stringify(tampered));
    expect(await failed(["--record", path])).to.include.members(["CloseVerifier: code", "factory: close verifier"]);

    // Another verifier where the right one was, and code with one byte changed.
    const restore = await snapshot();
    const slash = await provider.getCode(SlashVerifier?.address ?? "");
    await provider.send("hardhat_setCode", [CloseVerifier?.address, slash]);
    expect(await failed()).to.deep.equal(["CloseVerifier: code"]);
    await restore();
    const again = await snapshot();
    const pool = whole.pools["default"]?.address ?? "";
    const code = await provider.getCode(pool);
    await provider.send("hardhat_setCode", [pool, `${code.slice(0, -2)}${code.endsWith("00") ? "01" : "00"}`]);
    expect(await failed()).to.deep.equal(["pool default: code of CreditPool, with its parameters"]);
    await again();

    // A second deployment's pool is none of this factory's.
    const elsewhere = { ...environment, JETON_DEPLOYMENTS: join(folder, "other") };
    const other = await runJeton(["deploy", ...LOCAL, "--json"], elsewhere);
    const address = (JSON.parse(other.stdout) as typeof record).pools["default"]?.address ?? "";
    expect(await failed(["--pool", address])).to.include(`pool ${address}: of this factory`);

    // Terms that are not the pool's.
    const terms = join(folder, "terms.json");
    await writeFile(terms, JSON.stringify({ ...DEVELOPMENT_TERMS, policy: "Another." }));
    expect(await failed(["--terms", terms])).to.deep.equal(["pool default: hash of the terms"]);
    await writeFile(terms, JSON.stringify(DEVELOPMENT_TERMS));
    expect((await result<Verified>(["pool", "verify", ...LOCAL, "--terms", terms])).holds).to.equal(true);
  });

  it("verifies nothing of a record without a pool, unless one is named by its address", async () => {
    const whole = JSON.parse(await readFile(join(folder, "deployments", "31337.json"), "utf8")) as typeof record;
    const path = join(folder, "poolless.json");
    await writeFile(path, JSON.stringify({ ...whole, pools: {} }));
    const verify = ["pool", "verify", ...LOCAL, "--record", path];
    const { error } = await result<{ error: { code: string; message: string } }>(verify, 1);
    expect(error.code).to.equal("POOL_UNKNOWN");
    expect(error.message).to.contain("no pool, so there is nothing to check").and.contain("--pool ADDRESS");
    const named = await result<{ error: { code: string; message: string } }>([...verify, "--pool", "default"], 1);
    expect(named.error).to.include({ code: "POOL_UNKNOWN" });
    expect(named.error.message).to.contain("it has none");
    const address = whole.pools["default"]?.address ?? "";
    expect(await result([...verify, "--pool", address])).to.include({ holds: true });
    expect(await result([...verify, "--pool", address, "--from-block", "0"])).to.include({ holds: true });
  });

  it("rebuilds the tree of accounts from the events, and finds a deposit that the endpoint keeps silent", async () => {
    const restore = await snapshot();
    const what = "pool default: tree of accounts, rebuilt from the events";
    try {
      for (const account of ["7", "8"]) {
        await result(["deposit", ...LOCAL, "--amount", "1100000", "--mint", "--account", account]);
      }
      interface Verified {
        readonly checks: readonly { readonly what: string; readonly isHeld: boolean; readonly found: string }[];
      }
      const tree = async (lie: Lie, code: number): Promise<{ isHeld: boolean; found: string } | undefined> =>
        withLies(environment["LOCALHOST_RPC_URL"] ?? "", lie, async (url) => {
          const { checks } = await result<Verified>(["pool", "verify", ...LOCAL, "--rpc-url", url], code);
          // Nothing else is touched by it.
          for (const check of checks) if (check.what !== what) expect(check.isHeld, check.what).to.equal(true);
          return checks.find((check) => check.what === what);
        });
      const honest = await tree(() => undefined, 0);
      expect(honest?.found).to.match(/^\d+ accounts give the root \d+ at block \d+$/);

      // The leaf alone, whose root is told; all of the last deposit; and an amount that was changed.
      const count = Number(/^\d+/.exec(honest?.found ?? "")?.[0]);
      const last = count - 1;
      const silent = (event: string): Lie => eventsChanged(event, (args, _, at) => (at === last ? undefined : args));
      const leaf = await tree(silent("AccountOpened"), 3);
      expect(leaf?.found).to.contain(`a root over ${count} leaves comes after ${last} leaves`);
      const whole: Lie = (method, params, answer) =>
        silent("RootUpdated")(method, params, silent("AccountOpened")(method, params, answer) ?? answer);
      const deposit = await tree(whole, 3);
      expect(deposit?.found).to.contain(`the contract has ${count} leaves`).and.contain(`the events give ${last}`);
      const changed = eventsChanged("AccountOpened", ([commitment, , ...rest]) => [commitment, 1n, ...rest]);
      expect((await tree(changed, 3))?.found).to.contain("the leaves give the root");
    } finally {
      await restore();
    }
  });

  it("asks for a pool's settings, refuses wrong answers at once, goes on after an interrupt, and deploys what it wrote", async () => {
    const terms = join(folder, "asked-terms.json");
    await writeFile(terms, JSON.stringify(DEVELOPMENT_TERMS));
    const key = join(folder, "asked.key");
    await result(["provider", "key", "--out", key]);
    const poolConfig = join(folder, "asked.json");
    const flags = { poolConfig, interactive: true, yes: false, json: true };
    /** Answers in turn, then leaves as Ctrl-C does. */
    const person = (answers: string[]): Terminal & { readonly asked: string[] } => {
      const asked: string[] = [];
      const ask = async (question: string): Promise<string> => {
        asked.push(question);
        const answer = answers.shift();
        if (answer === undefined) throw new CliError("NOT_CONFIRMED", "interrupted: nothing was sent");
        return answer;
      };
      return { isInteractive: true, ask, askHidden: ask, asked };
    };
    const said: string[] = [];
    const deployAs = (terminal: Terminal): Promise<unknown> =>
      deployPools(flags, keySessions({ rpcUrl: environment["LOCALHOST_RPC_URL"] }, terminal), (line) =>
        said.push(line),
      );
    const variable = process.env["JETON_DEPLOYMENTS"];
    process.env["JETON_DEPLOYMENTS"] = join(folder, "asked");
    try {
      const first = person(["0x12", developmentProvider(), join(folder, "none"), key, "20000"]);
      const left = await deployAs(first).catch((error: unknown) => error);
      expect(left).to.have.property("code", "NOT_CONFIRMED");
      expect(said.filter((line) => line.startsWith("not so"))).to.have.length(2);
      const second = person(["", "", terms, "", "", "", ""]);
      const done = (await deployAs(second)) as { pools: Record<string, unknown> };
      expect(second.asked[0]).to.contain("policy hold");
      expect(done.pools).to.have.property("default");
      const written = JSON.parse(await readFile(poolConfig, "utf8")) as Record<string, unknown>;
      expect(written).to.include({
        ticketPrice: "20000",
        unit: local.pool.unit.toString(),
        provider: developmentProvider(),
      });
      expect(JSON.stringify(written)).to.not.contain((await readFile(key, "utf8")).trim());
      // Asked again, it knows; and the same again changes nothing.
      expect(await deployAs(person([]))).to.deep.equal(done);
    } finally {
      if (variable === undefined) delete process.env["JETON_DEPLOYMENTS"];
      else process.env["JETON_DEPLOYMENTS"] = variable;
    }
  });

  it("completes commands, options and files in a real bash", async () => {
    const script = join(folder, "jeton.bash");
    await writeFile(script, completionOf(jetonProgram(), "bash"));
    const complete = async (...words: string[]): Promise<string[]> => {
      const typed = `COMP_WORDS=(${["jeton", ...words].map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}`;
      const { stdout } = await promisify(execFile)("bash", [
        "-c",
        `source ${script}; ${typed}; _jeton; printf '%s\\n' "\${COMPREPLY[@]}"`,
      ]);
      return stdout.split("\n").filter((line) => line !== "");
    };
    expect(await complete("di")).to.deep.equal(["dispute"]);
    expect(await complete("dispute", "")).to.deep.equal(["open", "answer", "resolve", "pay"]);
    expect(await complete("bond", "post", "--d")).to.deep.equal(["--development-account", "--dry-run"]);
    expect(await complete("pool", "--network", "base", "")).to.include("verify");
    expect(await complete("slash", "--evidence", `${folder}/jeton`)).to.deep.equal([script]);
    expect(await complete("wallet", "dispute", "")).to.include("open");
    for (const shell of ["zsh", "fish"] as const) {
      expect(completionOf(jetonProgram(), shell)).to.contain("dry-run").and.contain("verify");
    }
  });

  it("ends with 2 where the command line is wrong", async () => {
    const { code, stderr } = await run(["pool", "verfy"]);
    expect(code).to.equal(2);
    expect(stderr).to.contain("Did you mean verify?");
  });

  it("opens a keystore that another program wrote, and none whose address is not its key's", async () => {
    const wallet = new Wallet(`0x${"34".repeat(32)}`);
    const cheap = { scrypt: { N: 1024, r: 8, p: 1 } };
    const text = await encryptKeystoreJson(wallet, PASSWORD, cheap);
    const file = join(folder, "theirs.json");
    await writeFile(file, text);
    const { keyFor } = await import("../../src/cli/signers.ts");
    const nobody: Terminal = {
      isInteractive: true,
      ask: () => Promise.resolve(""),
      askHidden: () => Promise.resolve(PASSWORD),
    };
    const password = process.env["JETON_KEYSTORE_PASSWORD"];
    delete process.env["JETON_KEYSTORE_PASSWORD"];
    try {
      const key = await keyFor({ keystore: file }, false, nobody);
      expect(key.address).to.equal(wallet.address);
      expect(await (await key.unlock(provider)).getAddress()).to.equal(wallet.address);
      await writeFile(file, text.replace(wallet.address.slice(2).toLowerCase(), "11".repeat(20)));
      const refused = await (
        await keyFor({ keystore: file }, false, nobody)
      )
        .unlock(provider)
        .catch((error: unknown) => error);
      expect(refused).to.have.property("code", "OPTION_INVALID");
    } finally {
      if (password !== undefined) process.env["JETON_KEYSTORE_PASSWORD"] = password;
    }
  });
});

// SPDX-License-Identifier: GPL-3.0-or-later
/** The tour of the README, with the program in processes of its own and OpenAI's client unmodified. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { expect } from "chai";
import OpenAI from "openai";

import { runHere } from "./support/here.ts";
import { run, start } from "./support/program.ts";
import type { Running } from "./support/program.ts";

interface Status {
  readonly tickets: { readonly used: number; readonly awaitingRefund: number };
  readonly balance: Record<"left" | "spent", { readonly units: string }>;
  readonly accounts: { readonly account0: { readonly onChain: string } };
  readonly anonymitySet: number;
}

describe("jeton sandbox and jeton wallet, with OpenAI's client", function () {
  this.timeout(240_000);

  const folder = mkdtempSync(join(tmpdir(), "jeton-sandbox-"));
  const usual = mkdtempSync(join(tmpdir(), "jeton-home-"));
  let sandbox: Running;
  let where: Record<string, string>;
  let proxy: Running | undefined;

  before(async () => {
    sandbox = start(["sandbox", "--json", "--port", "0", "--pause", "1", "--dir", folder]);
    where = await sandbox.ready;
  });

  after(async () => {
    await proxy?.interrupt();
    await sandbox.interrupt();
    for (const each of [folder, usual]) rmSync(each, { recursive: true, force: true });
  });

  const walletFolder = (): string => join(folder, `wallet-${where["instance"]}`);
  const SANDBOX_PASSWORD = { JETON_PASSWORD: "sandbox" };
  const outcomeOf = async (
    args: readonly string[],
    environment = SANDBOX_PASSWORD,
  ): Promise<Record<string, unknown>> => {
    const { stdout, stderr, code } = await runHere([...args, "--home", walletFolder(), "--json"], environment);
    expect(code, stderr + stdout).to.equal(0);
    return JSON.parse(stdout) as Record<string, unknown>;
  };

  async function startProxy(): Promise<OpenAI> {
    proxy = start(["wallet", "proxy", "--sandbox", folder, "--port", "0", "--stock", "2", "--json"]);
    const { baseUrl } = await proxy.ready;
    return new OpenAI({ baseURL: baseUrl ?? "", apiKey: "any key will do" });
  }

  it("opens a wallet, pays, and chats, streams, completes and embeds", async () => {
    const client = await startProxy();
    const messages = [{ role: "user" as const, content: "count to 3" }];
    const chat = await client.chat.completions.create({ model: "jeton-small", messages });
    expect(chat.choices[0]?.message.content).to.match(/1.*2.*3/s);
    expect(chat.usage?.total_tokens).to.be.greaterThan(0);

    let streamed = "";
    let pieces = 0;
    for await (const chunk of await client.chat.completions.create({ model: "jeton-small", messages, stream: true })) {
      streamed += chunk.choices[0]?.delta.content ?? "";
      pieces += 1;
    }
    expect(streamed).to.equal(chat.choices[0]?.message.content);
    expect(pieces).to.be.greaterThan(3);

    const completion = await client.completions.create({ model: "jeton-small", prompt: "echo: hello" });
    expect(completion.choices[0]?.text).to.contain("hello");
    const [a, b] = await Promise.all(
      ["one", "two"].map((input) => client.embeddings.create({ model: "jeton-embed", input })),
    );
    expect(a?.data[0]?.embedding.length).to.be.greaterThan(3);
    expect(a?.data[0]?.embedding).not.to.deep.equal(b?.data[0]?.embedding);
    expect((await client.models.list()).data.map(({ id }) => id)).to.deep.equal(["jeton-small", "jeton-embed"]);
  });

  it("tells where the wallet stands, from the proxy that has it open", async () => {
    const status = (await outcomeOf(["status"])) as unknown as Status;
    expect(status.tickets).to.include({ used: 5, awaitingRefund: 0 });
    expect(BigInt(status.balance.spent.units) > 0n).to.equal(true);
    expect(BigInt(status.balance.left.units) + BigInt(status.balance.spent.units)).to.equal(5_000_000n);
    expect(status.accounts.account0.onChain).to.equal("active");
  });

  it("lets no second process into the wallet, and says who has it", async () => {
    const { code, stderr } = await runHere(["fold", "--home", walletFolder()], SANDBOX_PASSWORD);
    expect(code).to.equal(1);
    expect(stderr).to.match(
      /error WALLET_LOCKED: the proxy at http:\/\/127\.0\.0\.1:\d+ \(process \d+\) has this wallet open/,
    );
  });

  it("keeps its files for their owner alone", () => {
    const mode = (path: string): number => statSync(path).mode & 0o777;
    expect(mode(walletFolder())).to.equal(0o700);
    for (const name of ["keystore.json", "config.json", "wallet.sqlite"]) {
      expect(mode(join(walletFolder(), name)), name).to.equal(0o600);
    }
  });

  it("finishes the call under way when it is interrupted, and ends", async () => {
    const client = await startOver();
    const messages = [{ role: "user" as const, content: "count to 150" }];
    for (let attempt = 0; attempt < 5; attempt++) {
      const chat = client.chat.completions.create({ model: "jeton-small", messages });
      if (!(await Promise.race([underWay(client), chat.then(() => false)]))) continue;
      const ended = proxy?.interrupt();
      expect((await chat).choices).to.have.lengthOf(1);
      expect((await ended)?.code).to.equal(0);
      proxy = undefined;
      return;
    }
    expect.fail("no call was seen while it was under way");
  });

  /** Resolves once the proxy is seen to pay. */
  async function underWay({ baseURL }: OpenAI): Promise<boolean> {
    for (let look = 0; look < 1_000; look++) {
      const status = await fetch(new URL("/jeton/status", baseURL)).catch(() => undefined);
      if (status === undefined) return false;
      const { calls } = (await status.json()) as { calls: { running: number } };
      if (calls.running > 0) return true;
      await pause(5);
    }
    return false;
  }

  async function startOver(): Promise<OpenAI> {
    expect((await proxy?.interrupt())?.code).to.equal(0);
    const client = await startProxy();
    // It has its deposit and its enrolment.
    expect(proxy?.told()).not.to.match(/deposit|enrolling/);
    return client;
  }

  it("says what is wrong with a password, a port, a folder without a sandbox", async () => {
    const wrong = await runHere(["fold", "--home", walletFolder()], { JETON_PASSWORD: "guess" });
    expect([wrong.code, wrong.stderr]).to.deep.equal([1, wrong.stderr]);
    expect(wrong.stderr).to.match(/error PASSWORD_WRONG/);
    const { port } = new URL(where["gateway"] ?? "");
    const taken = await runHere(["proxy", "--sandbox", folder, "--port", port], {});
    expect(taken.stderr).to.match(/error PORT_TAKEN: something listens on 127\.0\.0\.1:\d+ already/);
    const second = await run(["sandbox", "--dir", folder]);
    expect(second.stderr).to.match(/error SANDBOX_RUNNING/);
    const nothing = await runHere(["proxy", "--sandbox", join(folder, "nowhere")], {});
    expect(nothing.stderr).to.match(/error SANDBOX_MISSING: no sandbox runs .* "npx jeton sandbox"/);
    const ask = await runHere(["status", "--home", usual], {});
    expect(ask.stderr).to.match(/error WALLET_MISSING: .*jeton wallet create/);
  });

  it("makes a wallet of one's own, and says what to send where before it can deposit", async () => {
    const environment = { JETON_PASSWORD: "my own", JETON_HOME: usual };
    const { rpcUrl = "", pool = "", gateway = "" } = where;
    const at = ["--rpc-url", rpcUrl, "--pool", pool, "--gateway", gateway];
    const made = await runHere(["create", ...at, "--json"], environment);
    expect(made.stderr)
      .to.match(/It does not hide/)
      .and.not.to.match(/recovery phrase:\n/);
    const { fundingAddress } = JSON.parse(made.stdout) as { fundingAddress: string };
    const again = await runHere(["create", "--json"], environment);
    expect(again.stdout).to.contain(fundingAddress);
    const poor = await runHere(["deposit", "--amount", "2"], environment);
    expect([poor.code, poor.stderr]).to.deep.equal([1, poor.stderr]);
    expect(poor.stderr).to.match(
      /FUNDS_MISSING: 0x\w+ has 0 dUSD and 0\.0 ETH .*: send it 7\.02 dUSD \(token 0x\w+\) and about 0\.\d+ ETH for gas/,
    );
  });

  it("folds, closes with the provider's consent, and pays out at once", async () => {
    const folded = await outcomeOf(["fold"]);
    expect(folded["added"]).to.match(/dUSD$/);
    const closed = await outcomeOf(["close"]);
    const { used } = ((await outcomeOf(["status"])) as unknown as Status).tickets;
    expect(used).to.be.at.least(6);
    expect(closed).to.include({ isFinal: true, firstUnused: used });
    const status = (await outcomeOf(["status"])) as unknown as Status;
    expect(status.accounts.account0.onChain).to.equal("closed");
    const repeat = await runHere(["close", "--home", walletFolder()], SANDBOX_PASSWORD);
    expect(repeat.stderr).to.match(/the account is closed: it holds nothing any more/);
  });
});

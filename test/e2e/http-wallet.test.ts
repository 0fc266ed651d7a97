// SPDX-License-Identifier: GPL-3.0-or-later
/** A wallet of one's own, from its first word to a dispute and a second machine: the commands, a proxy in a process of its own, and a sandbox. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { HDNodeWallet, JsonRpcProvider, Mnemonic, parseEther } from "ethers";

import { DEVELOPMENT_MNEMONIC } from "../../deploy/index.ts";
import { createKeystore } from "../../src/wallet/index.ts";
import { PATHS } from "../../src/wire/index.ts";
import { runHere } from "./support/here.ts";
import { start } from "./support/program.ts";
import type { Running } from "./support/program.ts";

/** A gateway that serves, and gives no refund. */
function withholding(gateway: string): Server {
  const forward = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const path = incoming.url ?? "/";
    if (path.startsWith(PATHS.endSession) || path.startsWith(PATHS.refund)) {
      outgoing.writeHead(500).end();
      return;
    }
    const { host: _, ...headers } = incoming.headers;
    const onward = httpRequest(gateway + path, { method: incoming.method ?? "GET", headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => {
        const lines = Buffer.concat(chunks).toString("utf8").split("\n");
        const changed = path.startsWith(PATHS.call) ? lines.map(withoutRefund) : lines;
        outgoing.writeHead(answer.statusCode ?? 500, { "content-type": answer.headers["content-type"] ?? "" });
        outgoing.end(changed.join("\n"));
      });
    });
    onward.on("error", () => outgoing.destroy());
    incoming.pipe(onward);
  };
  return createServer(forward);
}

function withoutRefund(line: string): string {
  if (!line.includes('"answer"')) return line;
  const frame = JSON.parse(line) as { answer: object };
  return JSON.stringify({ ...frame, answer: { ...frame.answer, refund: null } });
}

describe("jeton wallet, from the first word to a dispute and a second machine", function () {
  this.timeout(300_000);

  const folder = mkdtempSync(join(tmpdir(), "jeton-wallet-"));
  const home = join(folder, "home");
  const phraseFile = join(folder, "phrase");
  const PASSWORD = { JETON_PASSWORD: "a password" };
  let sandbox: Running;
  let where: Record<string, string>;
  let bad: Server;

  const command = async (...args: readonly string[]): Promise<Record<string, unknown>> => {
    const { stdout, stderr, code } = await runHere([...args, "--json"], { JETON_HOME: home, ...PASSWORD });
    expect(code, stderr + stdout).to.equal(0);
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  const refusalOf = async (...args: readonly string[]): Promise<string> => {
    const { stderr, code } = await runHere([...args], { JETON_HOME: home, ...PASSWORD });
    expect(code).to.equal(1);
    return stderr;
  };
  /** Sends nothing: the funding address's transactions stay as many as they were. */
  const dryRun = async (...args: readonly string[]): Promise<Record<string, unknown>> => {
    const { fundingAddress } = await command("address");
    const rpc = new JsonRpcProvider(where["rpcUrl"], undefined, { cacheTimeout: -1 });
    try {
      const count = (): Promise<number> => rpc.getTransactionCount(String(fundingAddress), "pending");
      const before = await count();
      const shown = await command(...args, "--dry-run");
      expect(shown).to.include({ dryRun: "nothing was sent, nothing was signed" });
      expect(await count()).to.equal(before);
      return shown;
    } finally {
      rpc.destroy();
    }
  };
  const at = (gateway: string): string[] => {
    const { rpcUrl = "", pool = "" } = where;
    return ["--rpc-url", rpcUrl, "--pool", pool, "--gateway", gateway];
  };

  before(async () => {
    sandbox = start(["sandbox", "--json", "--port", "0", "--pause", "0", "--dir", join(folder, "sandbox")]);
    where = await sandbox.ready;
    bad = withholding(where["gateway"] ?? "");
    await new Promise<void>((resolve) => bad.listen(0, "127.0.0.1", resolve));
  });

  after(async () => {
    bad.close();
    bad.closeAllConnections();
    await sandbox.interrupt();
    rmSync(folder, { recursive: true, force: true });
  });

  it("is made, connected, funded, and opens an account once", async () => {
    expect(await refusalOf("deposit", "--amount", "1")).to.match(/error WALLET_MISSING/);
    // As `jeton wallet create` makes it; what a guess of this password costs does not matter.
    mkdirSync(home, { mode: 0o700 });
    await createKeystore(join(home, "keystore.json"), PASSWORD.JETON_PASSWORD, { scryptN: 1_024 });
    const { fundingAddress } = await command("address");
    expect(await refusalOf("deposit", "--amount", "1")).to.match(/error CONFIGURATION_MISSING: .*jeton wallet connect/);
    expect(await refusalOf("connect", "--gateway", "http://127.0.0.1:1")).to.match(/error OPTION_MISSING/);
    const { port } = bad.address() as AddressInfo;
    await command("connect", ...at(`http://127.0.0.1:${port}`));
    const rpc = new JsonRpcProvider(where["rpcUrl"], undefined, { pollingInterval: 50 });
    const faucet = HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(DEVELOPMENT_MNEMONIC), "m/44'/60'/0'/0/8");
    await faucet.connect(rpc).sendTransaction({ to: String(fundingAddress), value: parseEther("1") });
    rpc.destroy();
    expect(await refusalOf("deposit", "--amount", "0.0001")).to.match(/a deposit is 0\.011 dUSD \(one ticket\) to/);
    expect(await refusalOf("deposit", "--amount", "one")).to.match(/error OPTION_INVALID/);
    const dry = await dryRun("deposit", "--amount", "0.11", "--mint");
    const planned = dry["transactions"] as readonly { function: string; succeeds: boolean }[];
    expect(planned.map((step) => step.function.split("(")[0])).to.deep.equal(["mint", "approve", "deposit"]);
    expect(planned.every(({ succeeds }) => succeeds)).to.equal(true);
    // The demo dollars are made for it: who pays has as many as before.
    expect(dry["tokensMoved"]).to.deep.equal({ [`pool ${where["pool"]}`]: "5111100" });
    const made = await command("deposit", "--amount", "0.11", "--mint");
    expect(made).to.include({ account: 0, deposit: "0.11 dUSD", stake: "5.0011 dUSD" });
    const again = await command("deposit", "--amount", "0.11", "--mint");
    expect(again).to.include({ account: 0, status: "active" }).and.not.to.have.property("transactionHash");
  });

  it("enrols and proves when it is told to", async () => {
    expect(await refusalOf("prove")).to.match(/error NOT_ENROLLED/);
    expect(await command("enrol")).to.include({ tickets: 10 });
    expect(await command("enrol")).to.include({ tickets: 10 });
    expect(await command("prove", "--count", "1")).to.include({ inStock: 1 });
  });

  it("calls, gets no refund, uses no further ticket, and demands it on chain", async () => {
    const proxy = start(["wallet", "proxy", "--port", "0", "--stock", "1", "--json"], {
      JETON_HOME: home,
      ...PASSWORD,
    });
    const { baseUrl } = await proxy.ready;
    const ask = (): Promise<Response> =>
      fetch(`${baseUrl}/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: "jeton-small", messages: [{ role: "user", content: "count to 2" }] }),
      });
    const first = await ask();
    expect(first.status).to.equal(200);
    const second = await ask();
    expect(second.status).to.equal(503);
    expect(await second.text()).to.match(/owes the refund of ticket 0.*jeton wallet dispute/);
    await proxy.interrupt();

    expect(await refusalOf("dispute", "open", "--ticket", "1", "--dry-run")).to.match(/ticket 1 was not used/);
    const dry = await dryRun("dispute", "open", "--ticket", "0");
    expect(dry["function"]).to.match(/^openDispute\(/);
    expect(BigInt(String(dry["totalFee"])) > 0n).to.equal(true);
    expect(await command("dispute", "list")).to.not.have.property("ticket0");
    const opened = await command("dispute", "open", "--ticket", "0");
    expect(opened).to.have.property("resolvableAt");
    expect(opened["transactionHash"]).to.be.a("string");
    let listed: Record<string, { status: string; refund?: string }> = {};
    // The provider's desk answers: its gateway keeps a refund from nobody on chain.
    for (let attempt = 0; listed["ticket0"]?.status !== "answered" && attempt < 30; attempt++) {
      listed = (await command("dispute", "list")) as typeof listed;
    }
    expect(listed["ticket0"]).to.have.property("refund");
    expect(await command("dispute", "resolve")).to.deep.include({ transactions: [] });
  });

  it("folds the refund that came by way of the chain, and certifies nothing that was signed", async () => {
    expect(await command("fold"))
      .to.have.property("added")
      .that.matches(/^0\.0\d+ dUSD$/);
    const certified = await command("fold", "--certify");
    expect(certified).to.include({ pending: 0, final: 0 }).and.not.to.have.any.keys("certify", "finalize");
  });

  it("is found again from its phrase on a second machine, which closes with consent only", async () => {
    const { phrase } = await command("phrase");
    writeFileSync(phraseFile, `${String(phrase)}\n`);
    const second = { JETON_HOME: join(folder, "second"), JETON_PASSWORD: "another password" };
    const imported = await runHere(
      ["import", "--phrase-file", phraseFile, ...at(where["gateway"] ?? ""), "--json"],
      second,
    );
    expect(imported.code, imported.stderr).to.equal(0);
    const restored = await runHere(["restore", "--json"], second);
    expect(restored.code, restored.stderr).to.equal(0);
    expect(JSON.parse(restored.stdout)).to.deep.equal({
      account0: { status: "active", deposit: "0.11 dUSD", isEnrolled: true, usedTickets: 1, refunds: 1, folds: 1 },
    });
    const refused = await runHere(["close", "--no-consent"], second);
    expect(refused.stderr).to.match(/error CLOSE_AFTER_RESTORE/);
    const closed = await runHere(["close", "--json"], second);
    expect(closed.code, closed.stderr).to.equal(0);
    expect(JSON.parse(closed.stdout)).to.include({ isFinal: true, firstUnused: 1 });
  });

  it("starts a close without the provider, and says from when on it pays out", async () => {
    await command("connect", ...at(where["gateway"] ?? ""));
    await command("deposit", "--amount", "0.05", "--mint", "--account", "1");
    const wrong = ["close", "--account", "1", "--no-consent", "--dry-run"];
    expect(await refusalOf(...wrong, "--recipient", "nobody")).to.match(/error CLOSE_INVALID: recipient and relayer/);
    expect(await refusalOf(...wrong, "--first-unused", "65537")).to.match(/error CLOSE_INVALID: .*between 0 and 65536/);
    const dry = await dryRun("close", "--account", "1", "--no-consent");
    expect(dry).to.include({ firstUnused: 0 });
    expect(dry["function"]).to.match(/^startClose\(/);
    const started = await command("close", "--account", "1", "--no-consent");
    expect(started).to.include({ isFinal: false, firstUnused: 0 });
    expect(await refusalOf("finalize", "--account", "1")).to.match(/the window is open until 20/);
    expect(await refusalOf("close", "--account", "1")).to.match(/is closing already: "jeton wallet finalize"/);
  });
});

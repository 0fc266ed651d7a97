// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton watch` before a real gateway and a real chain, over HTTP: the gateway dies, a cheater closes, the watcher is killed, and claims. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { Wallet as EthersWallet } from "ethers";

import { Rogue } from "../../scripts/demo/rogue.ts";
import { serveChain } from "../../scripts/demo/endpoint.ts";
import type { Endpoint } from "../../scripts/demo/endpoint.ts";
import { watchCommand } from "../../src/cli/jeton/watch.ts";
import { PoolHistory, PoolSender, PoolView } from "../../src/chain/index.ts";
import { holdOf } from "../../src/protocol/index.ts";
import { httpProvider } from "../../src/wallet/index.ts";
import type { HttpProvider as ProviderClient } from "../../src/wallet/index.ts";
import { CHAIN_PRICE, startHttpProvider } from "../src/support/http-provider.ts";
import type { HttpProvider } from "../src/support/http-provider.ts";
import { runCommand } from "./support/here.ts";
import type { Ended } from "./support/program.ts";
import { start } from "./support/program.ts";

const SIGNER = new EthersWallet(`0x${"31".repeat(32)}`);
const RECIPIENT = "0x00000000000000000000000000000000000000dd";

describe("jeton watch over HTTP", function () {
  this.timeout(180_000);
  let shop: HttpProvider;
  let gateway: ProviderClient;
  let endpoint: Endpoint;
  let trudy: Rogue;
  let folder: string;
  const secret = 271_828n;

  const rpc = (method: string, params: unknown[] = []): Promise<unknown> =>
    shop.options.client.provider.send(method, params);
  const environment = (): Record<string, string> => ({
    WATCH_RPC: endpoint.url,
    WATCH_KEY: SIGNER.privateKey,
  });
  const settings = (): string => join(folder, "watcher.json");
  const watch = (...args: string[]): Promise<Ended> =>
    runCommand(watchCommand(), ["--config", settings(), "--json", ...args], environment());
  const outcome = ({ stdout }: Ended): Record<string, unknown> => JSON.parse(stdout) as Record<string, unknown>;
  const isSlashed = async (): Promise<boolean> =>
    (await shop.options.client.accountOf(trudy.identityCommitment)).status === "slashed";

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "jeton-watch-"));
    shop = await startHttpProvider();
    const { client, fromBlock, finality, prover } = shop.options;
    endpoint = await serveChain(client.provider);
    gateway = httpProvider(shop.running.url);
    const deposit = 4n * holdOf(client.parameters);
    const chain = new PoolView(new PoolHistory(client, { fromBlock, finality }), finality);
    trudy = new Rogue({ pool: client.pool, provider: gateway, prover, chain, identitySecret: secret, deposit });
    await shop.deposit([trudy.identityCommitment], deposit);
    await shop.running.look();
    await trudy.enroll();
    for (const index of [0, 2]) await trudy.send(await trudy.prepareCall(index, "hello", CHAIN_PRICE));
    await rpc("hardhat_setBalance", [SIGNER.address, "0xde0b6b3a7640000"]);
    const pool = {
      name: "shop",
      rpcUrl: { env: "WATCH_RPC" },
      pool: client.pool.address,
      fromBlock,
      feeds: [shop.running.url],
      claim: { signer: { env: "WATCH_KEY" }, recipient: RECIPIENT, price: "1" },
    };
    writeFileSync(settings(), JSON.stringify({ pauseSeconds: 0.2, pools: [pool] }));
  });
  after(async () => {
    endpoint.close();
    await shop.options.prover.close();
    await shop.store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("reads the gateway's feed and finds nothing wrong, and shows where it stands", async () => {
    const before = await watch("--status");
    expect(outcome(before)).to.have.nested.property("error.code", "FILE_UNREADABLE");
    const { code, stdout, stderr } = await watch("--once");
    expect([code, stderr]).to.deep.equal([0, ""]);
    expect(JSON.parse(stdout)).to.deep.equal({ failed: [], alarms: [] });
    expect(existsSync(join(folder, "watcher.sqlite"))).to.equal(true);
    const { pools } = outcome(await watch("--status")) as {
      pools: { feeds: { position: number }[]; claims: unknown[] }[];
    };
    // An enrolment, two tickets and their refunds.
    expect(pools[0]?.feeds[0]?.position).to.equal(5);
    expect(pools[0]?.claims).to.deep.equal([]);
  });

  it("slashes an understated close alone while the gateway is gone, killed in between, with one transaction", async () => {
    gateway.close();
    await shop.running.close();
    const block = await shop.options.client.provider.getBlock("latest");
    const close = await trudy.prepareClose(1, RECIPIENT, BigInt((block?.timestamp ?? 0) + 3_600));
    await new PoolSender(shop.options.client, shop.options.signer).startClose(close);

    await rpc("evm_setAutomine", [false]);
    const program = start(["watch", "--config", settings(), "--json"], environment());
    while (!program.told().includes("claim-sent")) await new Promise((resolve) => setTimeout(resolve, 50));
    program.process.kill("SIGKILL");
    await program.ended;
    expect(program.told()).not.to.contain(secret.toString());

    // The feed does not answer: an alarm for who looks once. The claim is on its way already.
    const again = await watch("--once");
    expect(again.code).to.equal(3);
    expect(again.stdout).to.contain("FEED_UNREACHABLE");
    expect(again.stderr).not.to.contain("claim-sent");
    expect(await isSlashed()).to.equal(false);
    await rpc("evm_setAutomine", [true]);
    await rpc("evm_mine");
    expect(await isSlashed()).to.equal(true);
    await watch("--once");
    const { pools } = outcome(await watch("--status")) as {
      pools: { claims: { state: string; bounty: string; transactions: string[] }[]; bountiesEarned: string }[];
    };
    const [claim] = pools[0]?.claims ?? [];
    expect(claim).to.include({ state: "won" });
    expect(claim?.transactions).to.have.length(1);
    expect(pools[0]?.bountiesEarned).to.equal(claim?.bounty);
    expect((await shop.options.client.token.balanceOf(RECIPIENT)).toString()).to.equal(claim?.bounty);
  });
});

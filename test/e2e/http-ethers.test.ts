// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * ethers' JsonRpcProvider, unmodified, pays for every call with a ticket: through proxy, wallet, HTTP and gateway to the very chain that the
 * pool is on. Nothing in between is a stand-in.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { HDNodeWallet, JsonRpcProvider, Mnemonic, Network, NonceManager } from "ethers";

import {
  DEVELOPMENT_MNEMONIC,
  DEVELOPMENT_PROVIDER_KEY,
  deploy,
  developmentPool,
  local,
  memoryRecord,
} from "../../deploy/index.ts";
import { FreshView, PoolClient, PoolHistory, PoolSender, PoolView } from "../../src/chain/index.ts";
import { startChain } from "../../src/cli/jeton/sandbox/chain.ts";
import { SqliteStore, startProvider, upstreamOf } from "../../src/gateway/index.ts";
import { providerKey } from "../../src/protocol/index.ts";
import { Prover } from "../../src/prover/index.ts";
import { startProxy } from "../../src/proxy/index.ts";
import type { RunningProxy } from "../../src/proxy/index.ts";
import { Purse, Wallet, WalletStore, httpProvider } from "../../src/wallet/index.ts";
import { parseTerms, termsHashOf } from "../../src/wire/index.ts";
import type { TermsJson } from "../../src/wire/index.ts";
import { DemoUSD__factory } from "../../typechain-types/index.js";

const PRICES: Record<string, string> = {
  eth_chainId: "10",
  eth_blockNumber: "100",
  eth_getBalance: "500",
  eth_getBlockByNumber: "500",
  eth_call: "1000",
};

const TERMS: TermsJson = {
  format: "jeton.terms.v1",
  service: "JSON-RPC calls to a local chain",
  pricing: { kind: "methods", prices: PRICES },
  policy: "None.",
  retention: { answersSeconds: 3_600, sessionSeconds: 600, statement: "Answers are kept for an hour." },
  endpoints: [],
};

const CLOCK = (): number => Math.floor(Date.now() / 1000);

describe("ethers' JsonRpcProvider through proxy, wallet, HTTP and gateway", function () {
  this.timeout(240_000);

  const folder = mkdtempSync(join(tmpdir(), "jeton-ethers-"));
  const cleanup: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  let direct: JsonRpcProvider;
  let client: PoolClient;
  let purse: Purse;
  let proxy: RunningProxy;

  const signerAt = (number: number): HDNodeWallet =>
    HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(DEVELOPMENT_MNEMONIC), `m/44'/60'/0'/0/${number}`).connect(direct);

  /** What a purse has paid so far, by its own receipts and refunds. */
  const spent = (): bigint => {
    const { ticketPrice, policyHold } = client.parameters;
    const { accounts, unfolded } = purse.status();
    return accounts.reduce((sum, { used }) => sum + BigInt(used) * (ticketPrice + policyHold), 0n) - unfolded;
  };

  before(async () => {
    const chain = await startChain(0);
    cleanup.push(() => chain.close());
    direct = new JsonRpcProvider(chain.rpcUrl, Network.from(local.chainId), {
      staticNetwork: true,
      pollingInterval: 50,
      cacheTimeout: -1,
    });
    cleanup.push(() => direct.destroy());
    const prover = await Prover.create();
    cleanup.push(() => prover.close());
    const described = developmentPool(local);
    const record = await deploy({
      provider: direct,
      deployer: new NonceManager(signerAt(0)),
      artifacts: chain.artifacts,
      network: local,
      isSimulated: true,
      manifest: prover.manifest,
      store: memoryRecord(),
      pool: { ...described, parameters: { ...described.parameters, termsHash: termsHashOf(TERMS) } },
    });
    const { address = "", fromBlock = 0 } = record.pools[described.name] ?? {};
    client = await PoolClient.connect(direct, address);

    const terms = parseTerms(TERMS);
    const gatewayStore = new SqliteStore({ path: join(folder, "gateway.sqlite"), poolHash: client.pool.poolHash });
    cleanup.push(() => gatewayStore.close());
    const provider = await startProvider({
      client,
      fromBlock,
      finality: local.finality,
      store: gatewayStore,
      terms,
      stateKey: providerKey(DEVELOPMENT_PROVIDER_KEY),
      signer: signerAt(1),
      upstream: upstreamOf(terms, { kind: "json-rpc", url: chain.rpcUrl }),
      prover,
    });
    cleanup.push(() => provider.close());

    const history = new PoolHistory(client, { fromBlock, finality: local.finality });
    const view = new FreshView(new PoolView(history, local.finality));
    cleanup.push(() => view.close());
    const store = WalletStore.open(join(folder, "wallet.sqlite"), new Uint8Array(64).fill(5));
    cleanup.push(() => store.close());
    const api = httpProvider(provider.url);
    cleanup.push(() => api.close());
    const wallet = new Wallet({
      store,
      pool: client.pool,
      provider: api,
      chain: view,
      prove: (statement, input, options) => prover.prove(statement, input, options),
      clock: CLOCK,
    });
    purse = new Purse(wallet, { accounts: [0] });
    const account = purse.add(0);
    const payer = new NonceManager(signerAt(2));
    const sender = new PoolSender(client, payer);
    const amount = 500_000n;
    await (
      await DemoUSD__factory.connect(client.token.address, payer).mint(await payer.getAddress(), client.priceOf(amount))
    ).wait();
    await sender.approve(client.priceOf(amount));
    await sender.deposit({ identityCommitment: account.identityCommitment, amount });
    await account.enroll();
    await account.proveTickets(8);
    proxy = await startProxy({ purse, terms, status: async () => ({}) });
    cleanup.push(() => proxy.close());
  });

  after(async () => {
    for (const step of cleanup.reverse()) await step();
  });

  it("finds the network, reads blocks and balances, and pays what each method costs", async () => {
    const paid = new JsonRpcProvider(proxy.url);
    try {
      const before = purse.status().accounts[0]?.used ?? 0;
      expect((await paid.getNetwork()).chainId).to.equal(local.chainId);
      const used = (purse.status().accounts[0]?.used ?? 0) - before;
      expect(spent()).to.equal(BigInt(used) * 10n);
      expect(await paid.getBlockNumber()).to.equal(await direct.getBlockNumber());
      expect(await paid.getBalance(signerAt(3).address)).to.equal(await direct.getBalance(signerAt(3).address));
      expect(spent()).to.be.oneOf([610n, 620n, 630n]);
    } finally {
      paid.destroy();
    }
  });

  it("sends what ethers batches as calls of their own, and calls contracts", async () => {
    const paid = new JsonRpcProvider(proxy.url, Network.from(local.chainId), { staticNetwork: true });
    try {
      const before = purse.status().accounts[0]?.used ?? 0;
      const addresses = [4, 5, 6].map((number) => signerAt(number).address);
      const balances = await Promise.all(addresses.map((address) => paid.getBalance(address)));
      expect(balances).to.deep.equal(await Promise.all(addresses.map((address) => direct.getBalance(address))));
      const token = DemoUSD__factory.connect(client.token.address, paid);
      expect(await token.balanceOf(client.pool.address)).to.equal(client.priceOf(500_000n));
      expect((purse.status().accounts[0]?.used ?? 0) - before).to.equal(4);
      expect(purse.status().unsettled).to.equal(0);
    } finally {
      paid.destroy();
    }
  });

  it("learns that a method is not sold, and pays nothing for it", async () => {
    const paid = new JsonRpcProvider(proxy.url, Network.from(local.chainId), { staticNetwork: true });
    try {
      const before = purse.status().accounts[0]?.used;
      const error: unknown = await paid.send("debug_traceTransaction", ["0x00"]).catch((reason: unknown) => reason);
      expect(String(error)).to.match(/does not sell debug_traceTransaction/);
      expect(purse.status().accounts[0]?.used).to.equal(before);
    } finally {
      paid.destroy();
    }
  });
});

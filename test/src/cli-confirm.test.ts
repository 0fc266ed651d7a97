// SPDX-License-Identifier: GPL-3.0-or-later
/** What stands between a command and a live chain: a chain with the id of Base Sepolia, and an account that is nobody's. G-14. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import type { TransactionReceipt } from "ethers";
import { Wallet, parseEther } from "ethers";
import { artifacts, network } from "hardhat";

import { describeNetwork, memoryRecord } from "../../deploy/index.ts";
import { createLocalPool } from "../../scripts/support/local-pool.ts";
import type { LocalPool } from "../../scripts/support/local-pool.ts";
import type { ChainProvider } from "../../src/chain/index.ts";
import { PoolClient, PoolSender } from "../../src/chain/index.ts";
import { deposit } from "../../src/cli/jeton/wallet/deposit.ts";
import type { WalletSession } from "../../src/cli/jeton/wallet/session.ts";
import { close } from "../../src/cli/close.ts";
import { postBond } from "../../src/cli/funds.ts";
import type { Outcome } from "../../src/cli/outcome.ts";
import type { OpenSession } from "../../src/cli/session.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import { inTurn, transact } from "../../src/cli/transact.ts";
import { deriveIdentitySecret, holdOf, identityCommitmentOf } from "../../src/protocol/index.ts";
import { CreditSettlement__factory } from "../../typechain-types/index.js";

const live = describeNetwork("base-sepolia");
const AMOUNT = 250_000n;

const connection = await network.create({
  network: "default",
  chainType: "op",
  override: { chainId: Number(live.chainId) },
});
const { ethers } = connection;

/** The code of a command that must refuse. */
const refusal = (command: Promise<Outcome>): Promise<unknown> =>
  command.then(
    () => {
      throw new Error("nothing was refused");
    },
    (error: { readonly code?: unknown }) => error.code,
  );

describe("confirming what is sent to a live chain", function () {
  this.timeout(60_000);
  let client: PoolClient;
  let sender: Wallet;
  let user: LocalPool["user"];
  let token: LocalPool["token"];
  let unlocked = 0;
  let said: string[];
  let asked: string[];
  /** What the endpoint is told, as text. */
  let told: string[];
  /** Whether the endpoint takes state overrides. */
  let hasOverrides = true;

  const listening = new Proxy<ChainProvider>(ethers.provider, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => {
        if (name === "send" && !hasOverrides && (args[1] as unknown[]).length > 2) return Promise.resolve("0x");
        told.push(JSON.stringify(args, (_, item: unknown) => (typeof item === "bigint" ? `${item}` : item)));
        return (value as (...all: unknown[]) => unknown).apply(target, args);
      };
    },
  });

  /** Answers what is asked; without an answer there is nobody to ask. */
  const terminal = (answer?: string): Terminal => {
    const ask = async (question: string): Promise<string> => {
      asked.push(question);
      return answer ?? "";
    };
    return { isInteractive: answer !== undefined, ask, askHidden: ask };
  };
  const sessions =
    (answer?: string): OpenSession =>
    async (say) => ({
      network: { ...live, confirmations: 1 },
      provider: listening,
      isSimulated: false,
      isLocal: live.isLocal,
      store: memoryRecord(),
      artifacts: async () => artifacts,
      address: async () => sender.address,
      signer: async () => {
        unlocked += 1;
        return sender;
      },
      terminal: terminal(answer),
      say,
      close: async () => undefined,
    });
  const post = (flags: { readonly yes: boolean; readonly dryRun?: boolean }, answer?: string): Promise<Outcome> =>
    postBond({ pool: client.pool.address, amount: AMOUNT.toString(), json: true, ...flags }, sessions(answer), (line) =>
      said.push(line),
    );
  /** What sending changes: nonce, coins, bond. */
  const standing = async (): Promise<readonly bigint[]> => [
    BigInt(await ethers.provider.getTransactionCount(sender.address, "pending")),
    await ethers.provider.getBalance(sender.address),
    (await client.ledger()).bond,
  ];

  before(async () => {
    told = [];
    // The demo dollar refuses to be on such a chain; this one is used as an ordinary token.
    const pool = await createLocalPool(connection, {
      tokenContract: "MoodyToken",
      provider: Wallet.createRandom().address,
    });
    ({ client, user, token } = pool);
    sender = new Wallet(Wallet.createRandom().privateKey, listening);
    await (await pool.user.sendTransaction({ to: sender.address, value: parseEther("1") })).wait();
    await (await pool.token.mint(sender.address, 10n * AMOUNT)).wait();
  });
  beforeEach(() => {
    said = [];
    asked = [];
    told = [];
  });

  it("refuses without --yes and without a terminal, after everything was shown and before anything is sent", async () => {
    const before = await standing();
    expect(await refusal(post({ yes: false }))).to.equal("NOT_CONFIRMED");
    expect(await standing()).to.deep.equal(before);
    expect(asked).to.deep.equal([]);
    expect(said.join("\n")).to.contain("postBond").and.contain(sender.address).and.contain(live.title);
    expect(said.filter((line) => line.startsWith("sent "))).to.deep.equal([]);
  });

  it("sends nothing unless the answer is yes", async () => {
    const before = await standing();
    for (const answer of ["", "no", "y", "yes please"]) {
      expect(await refusal(post({ yes: false }, answer)), answer).to.equal("NOT_CONFIRMED");
    }
    expect(asked).to.have.length(4);
    expect(asked[0]).to.contain(live.title).and.contain("to the provider's bond?");
    expect(await standing()).to.deep.equal(before);
  });

  it("unlocks no key for a dry run, whatever else is said", async () => {
    const [before, count] = [await standing(), unlocked];
    expect(await post({ yes: true, dryRun: true }, "yes")).to.have.property("dryRun");
    expect(unlocked).to.equal(count);
    expect(asked).to.deep.equal([]);
    expect(await standing()).to.deep.equal(before);
  });

  it("sends what was shown with --yes, and with a yes that was typed", async () => {
    for (const [yes, answer] of [
      [true, undefined],
      [false, "yes"],
    ] as const) {
      const [nonce = 0n, , bond = 0n] = await standing();
      const done = await post({ yes }, answer);
      const sent = await ethers.provider.getTransaction(done["transactionHash"] as string);
      expect(sent?.from).to.equal(sender.address);
      expect(sent?.chainId).to.equal(live.chainId);
      const shown = /transactions (\d+):/g;
      const count = BigInt([...said.join("\n").matchAll(shown)].length);
      const [after = 0n, , bonded] = await standing();
      expect(after - nonce, "transactions").to.equal(count);
      expect(bonded).to.equal(bond + AMOUNT);
      expect(asked).to.have.length(yes ? 0 : 1);
      said = [];
    }
  });

  it("asks all the same where the endpoint cannot rehearse, and says that the cost is not known", async () => {
    hasOverrides = false;
    try {
      const before = await standing();
      expect(await refusal(post({ yes: true, dryRun: true }))).to.equal("RPC_FAILED");
      expect(await refusal(post({ yes: false }, "no"))).to.equal("NOT_CONFIRMED");
      expect(asked).to.have.length(1);
      expect(said.join("\n")).to.match(/cost: not known before it is sent: .*state overrides/);
      expect(await standing()).to.deep.equal(before);
      expect(await post({ yes: false }, "yes")).to.have.property("transactionHash");
    } finally {
      hasOverrides = true;
    }
  });

  it("sends a row of transactions, and names them all", async () => {
    const session = {
      provider: listening,
      isLocal: false,
      network: live,
      terminal: terminal("yes"),
      say: () => undefined,
    };
    const work = { client, session, sender: new PoolSender(client, sender) };
    const undertaking = {
      question: "Approve three times?",
      send: (as: PoolSender) => inTurn([1n, 2n, 3n], (value) => as.approve(value)),
      tell: (receipts: readonly TransactionReceipt[]) => ({ count: receipts.length }),
    };
    const dry = await transact(work, { yes: false, json: true, dryRun: true }, undertaking);
    expect(dry["transactions"]).to.have.length(3);
    const [nonce = 0n] = await standing();
    const done = await transact(work, { yes: false, json: true }, undertaking);
    expect(done["count"]).to.equal(3);
    const sent = await Promise.all(
      (done["transactions"] as string[]).map((hash) => ethers.provider.getTransaction(hash)),
    );
    expect(sent.map((each) => BigInt(each?.nonce ?? -1))).to.deep.equal([nonce, nonce + 1n, nonce + 2n]);
    expect(await client.token.allowance(sender.address, client.pool.address)).to.equal(3n);
    await new PoolSender(client, sender).approve(0n);
  });

  describe("from a wallet", () => {
    let isBegun: boolean;
    const seed = Buffer.alloc(32, 0x77);
    const identityCommitment = (): bigint =>
      identityCommitmentOf(deriveIdentitySecret(seed, client.chainId, client.pool.address, 0));
    const open = (flags: { readonly yes: boolean; readonly dryRun: boolean }, answer?: string): Promise<Outcome> => {
      const session = {
        client,
        signer: sender,
        sender: new PoolSender(client, sender),
        network: { title: live.title, isLocal: live.isLocal, coin: "ETH", description: live },
        terminal: terminal(answer),
        say: (line: string) => said.push(line),
        view: { sync: async () => undefined },
        prover: { manifest: { purpose: "ceremony" } },
        keys: { seed },
        purse: { add: () => ({ beginDeposit: async () => void (isBegun = true) }) },
      } as unknown as WalletSession;
      const units = holdOf(client.parameters);
      return deposit(session, { units, account: 0, mint: false, json: true, ...flags });
    };
    const isOpen = async (): Promise<boolean> => (await client.accountOf(identityCommitment())).status === "active";

    beforeEach(async () => {
      isBegun = false;
      client = await PoolClient.connect(listening, client.pool.address, { chainId: client.chainId });
      await (await token.mint(sender.address, 2n * client.priceOf(holdOf(client.parameters)))).wait();
    });

    it("shows a deposit, and notes and sends nothing that was not confirmed", async () => {
      const before = await standing();
      expect(await refusal(open({ yes: false, dryRun: false }))).to.equal("NOT_CONFIRMED");
      expect(await refusal(open({ yes: false, dryRun: false }, "no"))).to.equal("NOT_CONFIRMED");
      expect(asked).to.have.length(1);
      expect(asked[0]).to.contain(live.title).and.contain(client.pool.address);
      expect(said.join("\n")).to.contain("function: deposit(").and.contain("l1 data fee from: GasPriceOracle.getL1Fee");
      expect(await open({ yes: true, dryRun: true }, "yes")).to.have.property("totalFee");
      expect(await standing()).to.deep.equal(before);
      expect([isBegun, await isOpen()]).to.deep.equal([false, false]);
    });

    it("sends it with a yes that was typed, once it is noted", async () => {
      const done = await open({ yes: false, dryRun: false }, "yes");
      expect(done).to.have.property("transactionHash");
      expect([isBegun, await isOpen()]).to.deep.equal([true, true]);
    });
  });

  it("shows a close to nobody before it is confirmed: whoever has seen it could send it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "jeton-confirm-"));
    try {
      const seed = join(folder, "seed.hex");
      writeFileSync(seed, "5e".repeat(32));
      const secret = deriveIdentitySecret(Buffer.from("5e".repeat(32), "hex"), client.chainId, client.pool.address, 0);
      const identityCommitment = identityCommitmentOf(secret);
      const depositor = new PoolSender(client, user);
      await depositor.ensureAllowance(client.priceOf(holdOf(client.parameters)));
      await depositor.deposit({ identityCommitment, amount: holdOf(client.parameters) });
      const selector = CreditSettlement__factory.createInterface().getFunction("startClose").selector.slice(2);
      // A transaction of the same size is priced, and is no close of this account.
      const start = `${selector}${identityCommitment.toString(16).padStart(64, "0")}`;
      const isTold = (): boolean => told.some((text) => text.includes(start));
      const run = (flags: { readonly yes: boolean; readonly dryRun?: boolean }, answer?: string): Promise<Outcome> =>
        close(
          {
            pool: client.pool.address,
            firstUnused: "0",
            recipient: sender.address,
            seed,
            account: 0,
            json: true,
            ...flags,
          },
          sessions(answer),
          (line) => said.push(line),
        );
      const dry = await run({ yes: true, dryRun: true });
      expect(dry).to.include({ firstUnused: 0, recipient: sender.address, l1DataFeeFrom: "GasPriceOracle.getL1Fee" });
      expect(await refusal(run({ yes: false }, "no"))).to.equal("NOT_CONFIRMED");
      expect(said.join("\n")).to.contain(`recipient: ${sender.address}`).and.contain("not rehearsed");
      expect(isTold()).to.equal(false);
      expect(await client.pendingCloseOf(identityCommitment)).to.equal(undefined);
      const done = await run({ yes: true });
      expect(isTold()).to.equal(true);
      const pending = await client.pendingCloseOf(identityCommitment);
      expect(pending?.recipient).to.equal(sender.address);
      expect(pending?.toRecipient).to.equal(done["toRecipient"]);
      expect(dry["toRecipient"]).to.equal(done["toRecipient"]);
      expect(Number(done["gasUsed"]) / Number(dry["gas"])).to.be.within(0.94, 1.06);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

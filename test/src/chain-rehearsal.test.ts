// SPDX-License-Identifier: GPL-3.0-or-later
/** Transactions that are tried and not sent: what they say is held against what the same transactions then do and cost. */
import { expect } from "chai";
import { AbiCoder, Interface, getAddress, toBeHex, toQuantity } from "ethers";
import { artifacts, network } from "hardhat";

import { deploy, developmentPool, local, memoryRecord } from "../../deploy/index.ts";
import { PoolClient, PoolSender, dataFeeOracle, rehearsalOn, sendTransaction } from "../../src/chain/index.ts";
import { createLocalPool } from "../../scripts/support/local-pool.ts";
import { manifest } from "./support/deployment.ts";

const connection = await network.create({ network: "default", chainType: "op" });
const { ethers } = connection;
const L1_BLOCK = "0x4200000000000000000000000000000000000015";
const token = new Interface(["function mint(address to, uint256 value)"]);

/** The OP Stack charges for data once its scalars are set: Base's, of its first blobs. */
async function chargeForData(): Promise<void> {
  // Slot 3: the blob base fee's scalar and the base fee's stand behind the sequence number.
  const packed = toBeHex(((2_269n << 32n) | 1_055_762n) << 64n, 32);
  await ethers.provider.send("hardhat_setStorageAt", [L1_BLOCK, toQuantity(3), packed]);
}

describe("a rehearsal", function () {
  this.timeout(60_000);

  it("says of transactions that build on each other what each would do, sends nothing, and is right about the cost", async () => {
    await chargeForData();
    const { client, others } = await createLocalPool(connection);
    const [sender] = others;
    if (sender === undefined) throw new Error("no account");
    const nonce = await sender.getNonce();
    const rehearsal = await rehearsalOn(ethers.provider, sender.address);
    const opening = { identityCommitment: 12345n, amount: 1_100_000n };
    const price = client.priceOf(opening.amount);
    const mint = { to: client.token.address, data: token.encodeFunctionData("mint", [sender.address, price]) };
    const play = async (as: PoolSender): Promise<bigint[]> => {
      const minted = await sendTransaction(as.signer, mint, "the mint");
      const approved = await as.approve(price);
      const deposited = await as.deposit(opening);
      return [minted, approved, deposited].map(({ gasUsed }) => gasUsed);
    };
    const overlay = await PoolClient.connect(rehearsal.provider, client.pool.address);
    await play(new PoolSender(overlay, rehearsal.signer));
    expect((await overlay.accountOf(12345n)).status).to.equal("active");
    expect((await client.accountOf(12345n)).status).to.equal("none");
    expect(await sender.getNonce()).to.equal(nonce);
    const { transactions } = rehearsal.signer;
    expect(transactions.map(({ nonce: each }) => each - nonce)).to.deep.equal([0, 1, 2]);

    const used = await play(new PoolSender(client, sender));
    for (const [index, gas] of used.entries()) {
      const said = transactions[index];
      expect(said !== undefined && said.gas >= gas, `${said?.action}: ${said?.gas} of ${gas}`).to.equal(true);
      expect(
        said !== undefined && said.gas < (gas * 14n) / 10n + 30_000n,
        `${said?.action}: ${said?.gas} of ${gas}`,
      ).to.equal(true);
    }
    rehearsal.close();
  });

  it("tells the L1 fee that the OP Stack then takes", async () => {
    const { client, others } = await createLocalPool(connection);
    const [sender] = others;
    if (sender === undefined) throw new Error("no account");
    const rehearsal = await rehearsalOn(ethers.provider, sender.address);
    const play = async (as: PoolSender) => as.approve(123_456_789n);
    await play(new PoolSender(client, rehearsal.signer));
    const { hash } = await play(new PoolSender(client, sender));
    const receipt = (await ethers.provider.send("eth_getTransactionReceipt", [hash])) as { readonly l1Fee: string };
    const [told] = rehearsal.signer.transactions;
    expect(told?.dataFee?.oracle).to.equal("GasPriceOracle.getL1Fee");
    const fee = BigInt(receipt.l1Fee);
    expect(fee > 0n).to.equal(true);
    const difference = (told?.dataFee?.fee ?? 0n) - fee;
    expect(difference * 100n <= fee * 5n && difference * 100n >= -fee * 5n, `${told?.dataFee?.fee} of ${fee}`).to.equal(
      true,
    );
    rehearsal.close();
  });

  it("tells why the chain would refuse, and what comes after is not tried", async () => {
    const { client, others } = await createLocalPool(connection);
    const [sender] = others;
    if (sender === undefined) throw new Error("no account");
    const rehearsal = await rehearsalOn(ethers.provider, sender.address);
    const as = new PoolSender(client, rehearsal.signer);
    const refused = await as.finalizeClose(99n).catch((error: unknown) => error as { code: string; message: string });
    expect(refused).to.have.property("code", "REVERTED");
    expect(rehearsal.signer.transactions.map(({ refusal }) => refusal?.revert?.name)).to.deep.equal(["NoPendingClose"]);
    // After another one, the reason comes out of the row.
    await as.approve(1n);
    await as.finalizeClose(99n).catch(() => undefined);
    expect(rehearsal.signer.transactions.map(({ refusal }) => refusal?.revert?.name)).to.deep.equal([
      "NoPendingClose",
      undefined,
      "NoPendingClose",
    ]);
    expect(await rehearsal.provider.getTransactionCount(sender.address)).to.equal((await sender.getNonce()) + 1);
    rehearsal.close();
  });

  it("goes through a whole deployment, whose steps find what the ones before them made", async () => {
    const [deployer] = await ethers.getSigners();
    if (deployer === undefined) throw new Error("no account");
    const rehearsal = await rehearsalOn(ethers.provider, deployer.address);
    const nonce = await deployer.getNonce();
    const common = { artifacts, network: local, isSimulated: true, manifest, pool: developmentPool(local) };
    const there = { ...common, provider: rehearsal.provider, deployer: rehearsal.signer, store: memoryRecord() };
    const planned = await deploy(there);
    expect(await deployer.getNonce()).to.equal(nonce);
    const done = await deploy({ ...common, provider: ethers.provider, deployer, store: memoryRecord() });
    expect(planned.pools["default"]?.address).to.equal(done.pools["default"]?.address);
    expect(rehearsal.signer.transactions).to.have.length((await deployer.getNonce()) - nonce);
    rehearsal.close();
  });
});

describe("the oracle of an L2's data fee", () => {
  const priced = { to: getAddress(`0x${"12".repeat(20)}`), data: "0x1234", unsigned: "0x02" };

  it("is Arbitrum's where there is one, and none where there is none", async () => {
    const other = await network.create({ network: "default", chainType: "generic" });
    const { provider } = other.ethers;
    expect(await (await dataFeeOracle(provider))(priced)).to.equal(undefined);
    // Answers as the node does: gas for L1, the base fee, L1's base fee.
    const words = AbiCoder.defaultAbiCoder().encode(["uint64", "uint256", "uint256"], [700n, 100_000_000n, 9n]);
    const code = `0x6060600c60003960606000f3${words.slice(2)}`;
    await provider.send("hardhat_setCode", ["0x00000000000000000000000000000000000000C8", code]);
    const told = await (await dataFeeOracle(provider))(priced);
    expect(told).to.deep.equal({ fee: 70_000_000_000n, gas: 700n, oracle: "NodeInterface.gasEstimateL1Component" });
    await other.close();
  });
});

// SPDX-License-Identifier: GPL-3.0-or-later
/** The commands of disputes, violations, certified folds, bond and revenue, on a node, with real proofs and the files that parties write. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { expect } from "chai";
import { JsonRpcProvider, Wallet, ZeroHash, getAddress, id } from "ethers";
import { network } from "hardhat";
import { createHardhatRuntimeEnvironment, importUserConfig } from "hardhat/hre";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import type { Command } from "../../src/cli/command.ts";
import { deployPools } from "../../src/cli/deploy.ts";
import { answerDispute, openDispute, payAward, reportViolation, resolveDispute } from "../../src/cli/disputes.ts";
import { certifyFold, challengeFold, finalizeFold } from "../../src/cli/folds.ts";
import { announceBondWithdrawal, postBond, withdrawBond, withdrawRevenue } from "../../src/cli/funds.ts";
import { poolInfo } from "../../src/cli/pool-info.ts";
import { hardhatSessions } from "../../src/cli/hardhat-session.ts";
import type { Outcome } from "../../src/cli/outcome.ts";
import { PoolClient } from "../../src/chain/index.ts";
import {
  CALL_TYPES,
  DISPUTE_TYPES,
  FOLD_SLOTS,
  domainOf,
  foldClaim,
  holdOf,
  identityCommitmentOf,
  initialState,
  providerKey,
  refundClaim,
  refundMessage,
  requestClaim,
  stateHash,
} from "../../src/protocol/index.ts";
import type { Claim, Pool, SignedState, Statement } from "../../src/protocol/index.ts";
import { Prover } from "../../src/prover/index.ts";
import { disputeAnswerFile, disputeFile, foldFile, violationFile } from "../../src/wire/index.ts";
import type { FoldFile } from "../../src/wire/index.ts";
import { DemoUSD__factory } from "../../typechain-types/index.js";
import { freePort } from "./support/nodes.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const KEY = providerKey(new Uint8Array(32).fill(9));
const SECRET = 987_654_321_987_654_321n;
const RECIPIENT = getAddress("0x00000000000000000000000000000000000a3a2d");
const DEPOSIT = 1_100_000n;
const quiet = (): void => undefined;

describe("commands of disputes, folds, bond and violations", function () {
  this.timeout(300_000);
  let folder: string;
  let node: Awaited<ReturnType<typeof network.createServer>>;
  let provider: JsonRpcProvider;
  let hre: HardhatRuntimeEnvironment;
  let prover: Prover;
  let client: PoolClient;
  let pool: Pool;
  let signed: SignedState;
  const environment = { ...process.env };

  const run = <A>(command: Command<A>, args: A): Promise<Outcome> => command(args, hardhatSessions(hre), quiet);
  const refused = async <A>(command: Command<A>, args: A): Promise<{ code: string; message: string }> =>
    run(command, args).then(
      () => ({ code: "nothing", message: "nothing was refused" }),
      ({ code, message }: { code: string; message: string }) => ({ code, message }),
    );
  const flags = { yes: false, json: true };
  const onPool = { pool: "default", ...flags };
  const onState = { ...onPool, fromBlock: -1 };

  async function file(name: string, text: string): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  }
  const prove = async (statement: Statement, { input }: Claim) => (await prover.prove(statement, input)).proof;
  const session = (index: number): Wallet => new Wallet(id(`session of ticket ${index}`));
  const where = (): { chainId: bigint; pool: string } => ({ chainId: pool.chainId, pool: pool.address });
  const passSeconds = async (seconds: bigint): Promise<void> => {
    await provider.send("evm_increaseTime", [Number(seconds)]);
    await provider.send("evm_mine", []);
  };

  /** The file of a dispute over ticket `index`. */
  async function disputeOver(index: number): Promise<{ readonly nullifier: bigint; readonly path: string }> {
    const key = session(index);
    const claim = requestClaim(pool, signed, index, key.address);
    const [nullifier, y] = claim.publicSignals as [bigint, bigint];
    const signature = await key.signTypedData(domainOf(pool), DISPUTE_TYPES, { nullifier, recipient: RECIPIENT });
    const proof = await prove("request", claim);
    const text = disputeFile.toJson({
      ...where(),
      nullifier,
      y,
      sessionAddress: key.address,
      recipient: RECIPIENT,
      signature,
      proof,
    });
    return { nullifier, path: await file(`dispute-${index}.json`, text) };
  }

  const nullifierOf = (index: number): bigint =>
    requestClaim(pool, signed, index, session(index).address).publicSignals[0] as bigint;
  function refundOf(index: number, charge: bigint) {
    const { ticketPrice, policyHold } = pool.parameters;
    const refund = { nullifier: nullifierOf(index), refundedCharge: ticketPrice - charge, refundedHold: policyHold };
    return { ...refund, index, signature: KEY.sign(refundMessage(pool.poolHash, refund)) };
  }
  async function voucherOf(index: number, cap: bigint) {
    const call = { nullifier: nullifierOf(index), sequence: 1n, cap, requestHash: id("a request") };
    const { nullifier: _, ...voucher } = call;
    return { ...voucher, signature: await session(index).signTypedData(domainOf(pool), CALL_TYPES, call) };
  }

  async function foldOf(indices: readonly number[]): Promise<FoldFile> {
    const claim = foldClaim(
      pool,
      signed,
      indices.map((index) => refundOf(index, 10n)),
    );
    const [newState, ...rest] = claim.publicSignals as [bigint, ...bigint[]];
    return {
      ...where(),
      newState,
      foldNullifiers: rest.slice(0, FOLD_SLOTS),
      certified: 0n,
      proof: await prove("fold", claim),
    };
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "jeton-disputes-"));
    node = await network.createServer("node", "127.0.0.1", await freePort());
    const { port } = await node.listen();
    const url = `http://127.0.0.1:${port}`;
    process.env["JETON_DEPLOYMENTS"] = join(folder, "deployments");
    process.env["LOCALHOST_RPC_URL"] = url;
    provider = new JsonRpcProvider(url, undefined, { cacheTimeout: -1, pollingInterval: 50 });
    const config = await importUserConfig(join(ROOT, "hardhat.config.ts"));
    hre = await createHardhatRuntimeEnvironment(config, { network: "localhost" }, ROOT);
    prover = await Prover.create();

    // The node's first account deploys, and is the provider: it is the one that commands send from.
    const operator = await provider.getSigner(0);
    const poolConfig = await file(
      "pool.json",
      JSON.stringify({
        provider: operator.address,
        providerKey: KEY.publicKey.map(String),
        providerKeyEighth: KEY.eighth.map(String),
        termsHash: id("terms"),
      }),
    );
    const record = (await deployPools({ poolConfig, ...flags }, hardhatSessions(hre), quiet)) as unknown as {
      pools: Record<string, { address: string }>;
    };
    client = await PoolClient.connect(provider, record.pools["default"]?.address ?? "");
    pool = client.pool;
    const token = DemoUSD__factory.connect(pool.parameters.token, operator);
    await (await token.mint(operator.address, 100_000_000n)).wait();
    await (await token.approve(pool.address, 100_000_000n)).wait();
    await (await client.contracts.pool.connect(operator).deposit(identityCommitmentOf(SECRET), DEPOSIT)).wait();
    const state = initialState(pool.poolHash, SECRET, DEPOSIT);
    signed = { state, signature: KEY.sign(stateHash(pool.poolHash, state)) };
  });
  after(async () => {
    for (const name of ["JETON_DEPLOYMENTS", "LOCALHOST_RPC_URL"]) {
      if (environment[name] === undefined) delete process.env[name];
      else process.env[name] = environment[name];
    }
    await prover.close();
    provider.destroy();
    await node.close();
    await rm(folder, { recursive: true });
  });

  it("open a dispute, refuse a wrong answer before it is sent, and take the right one", async () => {
    const { nullifier, path } = await disputeOver(0);
    expect((await refused(openDispute, { file: undefined, ...flags })).message).to.contain("--file");
    const opened = await run(openDispute, { file: path, ...flags });
    expect(opened).to.include({ nullifier, recipient: RECIPIENT, award: holdOf(pool.parameters) });
    expect((await refused(openDispute, { file: path, ...flags })).code).to.equal("REVERTED");

    const { index: _, ...refund } = refundOf(0, 10n);
    const proof = await prove("refund", refundClaim(pool, refund));
    const answer = async (voucher: Awaited<ReturnType<typeof voucherOf>> | null): Promise<string> =>
      file("answer.json", disputeAnswerFile.toJson({ ...where(), refund, proof, voucher }));
    const early = await refused(resolveDispute, { ...onPool, nullifier: nullifier.toString() });
    expect(early.code).to.equal("REVERTED");
    const uncovered = await refused(answerDispute, { file: await answer(null), ...flags });
    expect(uncovered.message).to.contain("no voucher covers the charge");
    const done = await run(answerDispute, { file: await answer(await voucherOf(0, 10n)), ...flags });
    expect(done).to.include({ nullifier, refundedCharge: refund.refundedCharge });
    expect((await client.disputesOf([nullifier]))[0]?.status).to.equal("answered");
  });

  it("resolve a dispute that nobody answers, and pay the rest of an award when money is there", async () => {
    const { nullifier, path } = await disputeOver(1);
    await run(openDispute, { file: path, ...flags });
    await passSeconds(pool.parameters.disputeWindow);
    const named = { ...onPool, nullifier: nullifier.toString() };
    const hold = holdOf(pool.parameters);
    expect(await run(resolveDispute, named)).to.include({ award: 0n, unpaid: hold, recipient: RECIPIENT });
    expect((await refused(payAward, named)).code).to.equal("REVERTED");

    const posted = await run(postBond, { ...onPool, amount: (3n * hold).toString() });
    expect(posted).to.include({ bond: 3n * hold, encumbered: 2n * hold, free: hold });
    expect(await run(payAward, named)).to.include({ unpaid: 0n });
    expect(await client.token.balanceOf(RECIPIENT)).to.equal(hold);
    const info = await run(poolInfo, { ...onState });
    expect(info["provider"]).to.include({ openDisputes: 0, unpaidAwards: 0n });
    expect(info["ledger"]).to.include({ bond: hold, awaitingBurn: hold });
  });

  it("withdraw from the bond after its notice, and no revenue that is not there", async () => {
    const amount = "1000";
    expect((await refused(withdrawBond, { ...onPool, amount })).message).to.match(/announce/i);
    expect(await run(announceBondWithdrawal, { ...onPool, amount })).to.include({ announcedWithdrawal: 1_000n });
    expect((await refused(withdrawBond, { ...onPool, amount })).code).to.equal("REVERTED");
    await passSeconds(2n * pool.parameters.disputeWindow);
    expect(await run(withdrawBond, { ...onPool, amount, recipient: RECIPIENT })).to.include({
      announcedWithdrawal: 0n,
    });
    expect((await refused(withdrawRevenue, { ...onPool, amount: "1000000000" })).code).to.equal("REVERTED");
    expect((await refused(postBond, { ...onPool, amount: "-1" })).code).to.equal("OPTION_INVALID");
  });

  it("certify a fold and make it final; challenge another fold of one of its tickets", async () => {
    const first = await foldOf([0, 2]);
    const second = await foldOf([2]);
    const path = await file("fold.json", foldFile.toJson(first));
    const state = { ...onState, newState: second.newState.toString() };
    expect((await refused(finalizeFold, state)).message).to.contain("was ever certified");

    expect(await run(certifyFold, { file: await file("other.json", foldFile.toJson(second)), ...flags })).to.include({
      newState: second.newState,
      status: "pending",
    });
    expect((await refused(finalizeFold, state)).code).to.equal("REVERTED");
    const challenge = await run(challengeFold, { ...state, conflicting: path });
    expect(challenge).to.include({ status: "fallen", conflicting: first.newState, conflictingStatus: "pending" });
    const stray = await file("stray.json", foldFile.toJson({ ...first, foldNullifiers: [1n, 2n, 3n, 4n] }));
    expect((await refused(challengeFold, { ...state, conflicting: stray })).message).to.contain("share no ticket");

    await passSeconds(pool.parameters.challengeWindow);
    expect(await run(finalizeFold, { ...onState, newState: first.newState.toString() })).to.include({
      status: "final",
    });
  });

  it("report a violation with the hash of its evidence", async () => {
    const evidence = violationFile.toJson({
      ...where(),
      termsHash: pool.parameters.termsHash,
      nullifier: nullifierOf(3),
      rule: "no call against other users",
      statement: "a call against another user",
      requestHash: id("a request"),
      sessionAddress: session(3).address,
      voucher: await voucherOf(3, 10n),
      opening: null,
      request: null,
    });
    const path = await file("violation.json", evidence);
    const reported = await run(reportViolation, { file: path, ...flags });
    expect((await client.violationsOf([nullifierOf(3)]))[0]).to.equal(reported["evidenceHash"]);
    expect(reported["evidenceHash"]).to.not.equal(ZeroHash);
    expect((await refused(reportViolation, { file: path, ...flags })).code).to.equal("REVERTED");
    const broken = await file("broken.json", evidence.replace("jeton.violation.v1", "jeton.fold.v1"));
    expect((await refused(reportViolation, { file: broken, ...flags })).message).to.contain("jeton.violation.v1");
  });
});

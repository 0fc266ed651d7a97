// SPDX-License-Identifier: GPL-3.0-or-later
/** An audit of a history that is as it should be, and of histories that somebody changed. */
import { readFile } from "node:fs/promises";

import { expect } from "chai";

import { runAudit } from "../../src/audit/index.ts";
import type { AuditReport } from "../../src/audit/index.ts";
import { PoolClient } from "../../src/chain/index.ts";
import type { ChainProvider } from "../../src/chain/index.ts";
import { identityCommitmentOf } from "../../src/protocol/index.ts";
import { Prover } from "../../src/prover/index.ts";
import { BOB, WATCHER, ethers, stopProving } from "../contracts/support/dispute-world.ts";
import { callsChanged, eventAdded, eventsChanged, viewChanged } from "./support/audit-lies.ts";
import { LyingProvider, auditScene } from "./support/audit-scene.ts";
import type { AuditScene, Lie } from "./support/audit-scene.ts";

describe("An audit from an endpoint alone", function () {
  this.timeout(300_000);
  let scene: AuditScene;
  let prover: Prover;

  before(async () => {
    prover = await Prover.create();
    scene = await auditScene();
  });

  after(async () => {
    await prover.close();
    await stopProving();
  });

  const auditAt = async (provider: ChainProvider): Promise<AuditReport> =>
    runAudit({
      client: await PoolClient.connect(provider, scene.world.client.pool.address),
      verify: (statement, signals, proof) => prover.verify(statement, signals, proof),
      manifest: prover.manifest,
      fromBlock: scene.fromBlock,
    });

  /** The codes that an audit finds when the endpoint tells this lie, each once, without those of the truth. */
  async function codesOf(lie: Lie): Promise<string[]> {
    const report = await auditAt(new LyingProvider(ethers.provider, scene.world.description.chainId, lie));
    expect(report.result.isClean).to.equal(false);
    return Object.keys(report.counts).filter((code) => code !== "TOKENS_GIVEN");
  }

  it("finds nothing wrong with a history that has everything in it, and says what it looked at", async () => {
    const report = await auditAt(ethers.provider);
    expect(report.result).to.deep.equal({ isClean: true, violations: 0, warnings: 0, notes: 1 });
    expect(report.counts).to.deep.equal({ TOKENS_GIVEN: 1 });
    const { checked, accounts, disputes, folds, money, closing } = report;
    expect(checked.proofs).to.deep.equal({ request: 2, refund: 1, fold: 1, close: 2, slash: 1 });
    // Two openings, a voucher, a refund, a consent.
    expect(checked.signatures).to.equal(5);
    expect(checked.throughContracts).to.deep.equal({ seen: 1, unseen: 0 });
    expect(checked.verifiers.every(({ holdsKey, isOfBuild }) => holdsKey && isOfBuild)).to.equal(true);
    expect(checked.states.every(({ isRead }) => isRead) && checked.states.length > 0).to.equal(true);
    expect(accounts).to.include({ opened: 5, active: 2, closed: 2, slashed: 1, closing: 0 });
    expect(disputes).to.include({ opened: 2, answered: 1, lost: 1, open: 0, violations: 1 });
    expect(folds).to.include({ certified: 1, final: 1 });
    expect(closing).to.include({ closes: 2, consented: 1, slashes: 1, expiries: 1 });
    expect(money.surplus).to.equal(5n);
    expect(money.balance).to.equal(await scene.world.token.balanceOf(await scene.world.pool.getAddress()));
  });

  it("finds a deposit whose amount was changed", async () => {
    const lie = eventsChanged("AccountOpened", ([key, deposit, stake, index], _, at) => [
      key,
      at === 1 ? (deposit as bigint) + 100n : deposit,
      stake,
      index,
    ]);
    expect(await codesOf(lie)).to.include.members([
      "ROOT_MISMATCH",
      "STAKE_MISMATCH",
      "TOKENS_MISSING",
      "STATE_ACCOUNT",
      "STATE_TREE",
    ]);
  });

  it("finds an account that was kept silent, and revenue that was", async () => {
    const opened = eventsChanged("AccountOpened", (args, _, at) => (at === 4 ? undefined : args));
    expect(await codesOf(opened)).to.include.members(["ROOT_MISMATCH", "STATE_TREE", "STATE_LEDGER"]);
    const paid = eventsChanged("RevenuePaid", () => undefined);
    expect(await codesOf(paid)).to.include.members(["TOKENS_TAKEN", "STATE_LEDGER", "FUNDS_ENCUMBERED"]);
  });

  it("finds a root that was swapped, and nothing else", async () => {
    const lie = eventsChanged("RootUpdated", ([root, leaves], _, at) => [
      at === 1 ? (root as bigint) + 1n : root,
      leaves,
    ]);
    expect(await codesOf(lie)).to.deep.equal(["ROOT_MISMATCH"]);
  });

  it("finds a close that never was", async () => {
    const stranger = identityCommitmentOf(BOB + 100n);
    const lie = eventAdded("CloseStarted", ([, ...rest]) => [stranger, ...rest]);
    expect(await codesOf(lie)).to.deep.equal(["CALL_MISMATCH", "STATE_CLOSE"]);
  });

  it("finds a payout that differs by one unit", async () => {
    const lie = eventsChanged("AccountReleased", (args, _, at) =>
      at === 0 ? [...args.slice(0, 3), (args[3] as bigint) - 1n, ...args.slice(4)] : args,
    );
    expect(await codesOf(lie)).to.deep.equal(["PAYOUT_MISMATCH", "TOKENS_TAKEN", "TOKENS_MISSING"]);
  });

  it("finds a proof, a signature and an argument that were changed in a transaction", async () => {
    const proof = callsChanged("slash", ([key, nullifier, recipient, proof]) => {
      const [a, b] = proof as unknown[];
      return [key, nullifier, recipient, [a, b, a]];
    });
    expect(await codesOf(proof)).to.deep.equal(["PROOF_INVALID"]);
    const signature = callsChanged("closeWithConsent", ([request, deadline, signed]) => [
      request,
      (deadline as bigint) + 1n,
      signed,
    ]);
    expect(await codesOf(signature)).to.deep.equal(["SIGNATURE_INVALID"]);
    const argument = callsChanged("openDispute", ([nullifier, y, session, , ...rest]) => [
      nullifier,
      y,
      session,
      WATCHER,
      ...rest,
    ]);
    expect(await codesOf(argument)).to.deep.equal(["CALL_MISMATCH"]);
  });

  it("finds a balance, a ledger and a tree that are told wrongly", async () => {
    const { token, pool } = scene.world;
    const less = viewChanged(token.interface, "balanceOf", ([balance]) => [(balance as bigint) - 1n]);
    expect(await codesOf(less)).to.deep.equal(["STATE_BALANCE"]);
    const more = viewChanged(pool.interface, "ledger", ([ledger]) => {
      const [escrowed, ...rest] = ledger as bigint[];
      return [[(escrowed ?? 0n) + 1n, ...rest]];
    });
    expect(await codesOf(more)).to.deep.equal(["STATE_LEDGER"]);
    const other = viewChanged(pool.interface, "root", () => [7n]);
    expect(await codesOf(other)).to.deep.equal(["STATE_TREE"]);
  });

  it("finds tokens that moved otherwise than the pool says", async () => {
    const topic = ethers.id("Transfer(address,address,uint256)");
    const lie: Lie = (method, _, answer) => {
      if (method !== "eth_getLogs") return undefined;
      const logs = answer as { topics: string[]; data: string }[];
      return logs.filter(({ topics, data }) => topics[0] !== topic || BigInt(data) !== 1_000n);
    };
    expect(await codesOf(lie)).to.deep.equal(["TOKENS_MISSING", "STATE_BALANCE"]);
  });

  it("finds a window that was shorter, an answer that came late, and a violation that came after the dispute", async () => {
    const early = eventsChanged("DisputeOpened", ([a, b, c, d, at]) => [a, b, c, d, (at as bigint) - 3_600n]);
    expect(await codesOf(early)).to.include.members(["DISPUTE_WINDOW_MISMATCH", "ANSWER_TOO_LATE", "STATE_DISPUTE"]);
    const after = eventsChanged("ViolationReported", ([, hash]) => [scene.tickets[0].nullifier, hash]);
    expect(await codesOf(after)).to.include.members(["CALL_MISMATCH", "STATE_DISPUTE"]);
  });

  it("finds a verifier that holds another key", async () => {
    const key = JSON.parse(await readFile("circuits/keys/close.vkey.json", "utf8")) as { vk_alpha_1: string[] };
    const verifier = await scene.world.client.contracts.settlement.closeVerifier();
    const changed =
      (from: RegExp | string, to: string): Lie =>
      (method, [address], answer) =>
        method === "eth_getCode" && (address as string).toLowerCase() === verifier.toLowerCase()
          ? (answer as string).replace(from, to)
          : undefined;
    const alpha = BigInt(key.vk_alpha_1[0] ?? 0).toString(16);
    expect(await codesOf(changed(alpha, "1".repeat(alpha.length)))).to.deep.equal(["VERIFIER_KEY_MISMATCH"]);
    const built = changed(/00[0-9a-f]{2}$/, "ffff");
    const report = await auditAt(new LyingProvider(ethers.provider, scene.world.description.chainId, built));
    expect(report.result).to.include({ isClean: true, warnings: 1 });
    expect(report.counts).to.include({ VERIFIER_BUILD_DIFFERS: 1 });
  });

  it("lists a call that it cannot see, and finds an event of another block", async () => {
    const hidden: Lie = (method, _, answer) => {
      const transaction = answer as { to?: string; input?: string } | null;
      if (method === "debug_traceTransaction") return {};
      if (method !== "eth_getTransactionByHash" || (transaction?.input?.length ?? 0) < 2_000) return undefined;
      return { ...transaction, to: WATCHER, input: "0x" };
    };
    const report = await auditAt(new LyingProvider(ethers.provider, scene.world.description.chainId, hidden));
    expect(report.result.isClean).to.equal(true);
    expect(report.counts["CALL_NOT_SEEN"]).to.be.greaterThan(1);
    const moved: Lie = (method, _, answer) =>
      method === "eth_getTransactionByHash" ? { ...(answer as object), blockHash: ethers.ZeroHash } : undefined;
    expect(await codesOf(moved)).to.deep.equal(["TRANSACTION_MISMATCH"]);
  });
});

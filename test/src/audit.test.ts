// SPDX-License-Identifier: GPL-3.0-or-later
/** An audit of a history that is as it should be, and of histories that somebody changed. */
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { expect } from "chai";

import { documentOf, summaryOf } from "../../src/audit/index.ts";
import type { AuditOptions, AuditReport, FeedSource } from "../../src/audit/index.ts";
import type { ChainProvider } from "../../src/chain/index.ts";
import { ProjectBuild } from "../../src/cli/build.ts";
import { StoreReader, openStore } from "../../src/gateway/index.ts";
import { identityCommitmentOf } from "../../src/protocol/index.ts";
import { Prover } from "../../src/prover/index.ts";
import { renderReport } from "../../src/report/index.ts";
import { ALIAS, BOB, WATCHER, ethers, networkHelpers, stopProving } from "../contracts/support/dispute-world.ts";
import { postgresOrSkip } from "../support/postgres.ts";
import { feedOf, ticketKey, writeBooks } from "./support/audit-books.ts";
import { callsChanged, eventAdded, eventsChanged, viewChanged } from "./support/audit-lies.ts";
import { LyingProvider, auditScene } from "./support/audit-scene.ts";
import type { AuditScene, Lie } from "./support/audit-scene.ts";
import { Auditing } from "./support/auditing.ts";

describe("An audit from an endpoint alone", function () {
  this.timeout(300_000);
  let scene: AuditScene;
  let prover: Prover;
  let auditing: Auditing;

  before(async () => {
    prover = await Prover.create();
    scene = await auditScene();
    auditing = new Auditing(prover, scene);
  });

  after(async () => {
    await prover.close();
    await stopProving();
  });

  const auditAt = (provider: ChainProvider, more?: Partial<AuditOptions>): Promise<AuditReport> =>
    auditing.at(provider, more);
  const codesOf = (lie: Lie): Promise<string[]> => auditing.codesOf(lie);

  it("finds nothing wrong with a history that has everything in it, and says what it looked at", async () => {
    const report = await auditAt(ethers.provider);
    expect(report.result).to.deep.equal({ isClean: true, violations: 0, warnings: 0, notes: 1 });
    expect(report.counts).to.deep.equal({ TOKENS_GIVEN: 1 });
    const { checked, accounts, disputes, folds, money, closing } = report;
    expect(checked.proofs).to.deep.equal({ request: 2, refund: 1, fold: 1, close: 2, slash: 1 });
    // Two openings, a voucher, a refund, a consent.
    expect(checked.signatures).to.equal(5);
    expect(checked.throughContracts).to.deep.equal({ seen: 1, unseen: 0 });
    expect(checked.verifiers.every(({ holdsKey }) => holdsKey)).to.equal(true);
    const { notCompared, contracts } = checked.code;
    expect(notCompared).to.equal(undefined);
    expect(contracts.map(({ contract, match }) => `${contract} ${match}`)).to.have.members(
      [
        "CreditPool",
        "CreditSettlement",
        "CreditDisputes",
        "LeanIMT",
        "PoseidonT3",
        "CloseVerifier",
        "SlashVerifier",
        "FoldVerifier",
        "RequestVerifier",
        "RefundVerifier",
      ].map((contract) => `${contract} same`),
    );
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

  it("accuses nobody of tokens that came before the pool did, where the endpoint has no old states", async () => {
    const { token, description } = scene.world;
    const dust = viewChanged(token.interface, "balanceOf", ([balance]) => [(balance as bigint) + 7n]);
    const last = await ethers.provider.getBlockNumber();
    const forgetful: Lie = (method, params, answer) => {
      const isState = method === "eth_call" || method === "eth_getCode";
      if (isState && /^0x/.test(String(params[1])) && Number(params[1]) < last) throw new Error("missing trie node");
      return dust(method, params, answer);
    };
    const report = await auditAt(new LyingProvider(ethers.provider, description.chainId, forgetful));
    expect(report.result).to.include({ isClean: true, warnings: 1 });
    expect(report.counts).to.include({ BALANCE_NOT_KNOWN: 1 });
    // Dust adds: what is missing is missing all the same.
    const less = viewChanged(token.interface, "balanceOf", ([balance]) => [(balance as bigint) - 1n]);
    const missing: Lie = (method, params, answer) => less(method, params, answer) ?? forgetful(method, params, answer);
    expect(await codesOf(missing)).to.deep.equal(["STATE_UNREADABLE", "STATE_BALANCE"]);
    // With old states what it held is known, and compared.
    const known = await auditAt(new LyingProvider(ethers.provider, description.chainId, dust));
    expect(known.counts).to.deep.equal({ TOKENS_GIVEN: 1 });
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
    expect(await codesOf(changed(alpha, "1".repeat(alpha.length)))).to.deep.equal([
      "VERIFIER_KEY_MISMATCH",
      "CODE_DIFFERS",
    ]);
  });

  /** What an audit finds while an address has other code. */
  async function foundWith(address: string, edit: (code: string) => string): Promise<AuditReport> {
    const code = await ethers.provider.getCode(address);
    await networkHelpers.setCode(address, edit(code));
    try {
      return await auditAt(ethers.provider);
    } finally {
      await networkHelpers.setCode(address, code);
    }
  }

  it("finds a verifier that agrees with everything, and keeps the right constants where they are never used", async () => {
    const { settlement } = scene.world.client.contracts;
    const verifier = await settlement.slashVerifier();
    // It returns 1, whatever it is asked; what follows is never reached.
    const report = await foundWith(verifier, (code) => `0x60015f5260205ff3${code.slice(2)}`);
    expect(report.checked.verifiers.every(({ holdsKey }) => holdsKey)).to.equal(true);
    expect(report.result).to.include({ isClean: false, violations: 1 });
    expect(report.findings[0]).to.include({ code: "CODE_DIFFERS", subject: `SlashVerifier at ${verifier}` });
    const summary = JSON.stringify(summaryOf(report));
    expect(summary).to.contain("SlashVerifier: OTHER THAN THIS BUILD'S");
    expect(summary).to.match(/First: SlashVerifier at 0x[0-9A-Fa-f]{40}; found \d+ bytes/);
  });

  it("finds rules with another parameter in them, and another library under the pool", async () => {
    const { client, description } = scene.world;
    const window = ethers.toBeHex(description.parameters.challengeWindow, 32).slice(2);
    const settlement = await foundWith(client.settlementAddress, (code) =>
      code.replace(window, ethers.toBeHex(description.parameters.challengeWindow - 1n, 32).slice(2)),
    );
    expect(settlement.counts).to.include({ CODE_DIFFERS: 1 });
    const { checked } = await auditAt(ethers.provider);
    const library = checked.code.contracts.find(({ contract }) => contract === "PoseidonT3")?.address ?? "";
    // The same length, and one instruction that is another one.
    const poseidon = await foundWith(library, (code) => code.replace(/fea2646970667358/, "00a2646970667358"));
    expect(poseidon.findings.map(({ code, subject }) => `${code} ${subject}`)).to.include(
      `CODE_DIFFERS PoseidonT3 at ${library}`,
    );
    // A pool that is linked to other places than its build says is compared with what stands there.
    const moved = await foundWith(client.pool.address, (code) =>
      code.replaceAll(library.slice(2).toLowerCase(), "11".repeat(20)),
    );
    expect(moved.findings.map(({ code, subject }) => `${code} ${subject}`)).to.include(
      `CODE_DIFFERS PoseidonT3 at 0x${"11".repeat(20)}`,
    );
  });

  it("says that code has another hash of its sources, or was not compared, and accuses nobody of it", async () => {
    const address = scene.world.client.disputesAddress;
    const hash = /[0-9a-f]{64}(?=64736f6c6343[0-9a-f]{6}0033$)/;
    const renamed = await foundWith(address, (code) => code.replace(hash, "5".repeat(64)));
    expect(renamed.counts).to.deep.equal({ CODE_SOURCES_DIFFER: 1, TOKENS_GIVEN: 1 });
    for (const [without, why] of [
      [{ build: new ProjectBuild(tmpdir()) }, 'there is no build of CreditPool: run "npx hardhat build"'],
      [{ build: undefined }, "no build was given"],
    ] as const) {
      const report = await auditAt(ethers.provider, without);
      expect(report.result).to.deep.equal({ isClean: true, violations: 0, warnings: 0, notes: 2 });
      expect(report.counts).to.include({ CODE_NOT_COMPARED: 1 });
      expect(report.checked.code).to.deep.equal({ notCompared: why, contracts: [] });
      expect(JSON.stringify(summaryOf(report))).to.contain(`code was not compared: ${why.split('"')[0]}`);
      expect(renderReport(documentOf(report))).to.contain("Code was not compared: ");
    }
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

  describe("with the provider's books", () => {
    let folder: string;
    let path: string;
    let position = 0;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "jeton-audit-"));
      path = join(folder, "store.sqlite");
      await writeBooks(scene, path);
    });

    after(() => rm(folder, { recursive: true, force: true }));

    async function auditBooks(store: string, feed?: FeedSource): Promise<AuditReport> {
      const reader = await StoreReader.open(store, scene.world.description.poolHash);
      try {
        return await auditAt(ethers.provider, { store: reader, ...(feed === undefined ? {} : { feed }) });
      } finally {
        await reader.close();
      }
    }

    /** The codes that are found in a copy of the store that was changed by hand. */
    async function codesOfEdit(...edits: string[]): Promise<string[]> {
      const copy = join(folder, `${(position += 1)}.sqlite`);
      await copyFile(path, copy);
      const database = new DatabaseSync(copy);
      for (const sql of edits) database.exec(sql);
      database.close();
      const { counts } = await auditBooks(copy);
      return Object.keys(counts).filter((code) => code !== "TOKENS_GIVEN");
    }

    /** A ticket of Alias, which was refunded whole. */
    const refunded = (): string => `x'${ethers.toBeHex(ticketKey(scene, ALIAS, 2).nullifier, 32).slice(2)}'`;

    it("reconciles store and feed with the chain, and leaves the store as it was", async () => {
      const before = await readFile(path);
      const report = await auditBooks(path, await feedOf(scene, path));
      expect(report.counts).to.deep.equal({ TOKENS_GIVEN: 1 });
      expect(report.books.store?.tickets).to.deep.equal({ open: 1, ended: 5, closed: 200 });
      expect(report.books.store).to.include({ charged: 50n, enrolments: 1, folds: 1, closes: 2 });
      expect(report.books.feed).to.include({ tickets: 6, refunds: 5, enrolments: 1, folds: 1, charged: 50n });
      expect(report.books.enrolled?.map(([, accounts]) => accounts)).to.deep.equal([1]);
      expect(report.checked.proofs["enroll"]).to.equal(2);
      expect(await readFile(path)).to.deep.equal(before);
      await StoreReader.open(path, 5n).then(
        () => expect.fail("opened"),
        (error: unknown) => expect(error).to.have.property("code", "OTHER_POOL"),
      );
    });

    it("reads a store on PostgreSQL as one on SQLite, beside a gateway, and finds there what was changed", async function () {
      const server = await postgresOrSkip(this);
      this.timeout(120_000);
      const url = await server.newDatabase();
      await writeBooks(scene, url);
      const [there, here] = [await auditBooks(url, await feedOf(scene, url)), await auditBooks(path)];
      expect(there.counts).to.deep.equal({ TOKENS_GIVEN: 1 });
      expect(there.books.store).to.deep.equal(here.books.store);
      const gateway = await openStore(url, scene.world.description.poolHash);
      const database = new URL(url).pathname.slice(1);
      const nullifier = ethers.toBeHex(ticketKey(scene, ALIAS, 2).nullifier, 32).slice(2);
      await server.query(
        database,
        `UPDATE tickets SET refunded_charge = '9000' WHERE nullifier = '\\x${nullifier}'; DELETE FROM disputes`,
      );
      const { counts } = await auditBooks(url);
      expect(counts).to.include.keys("DISPUTE_NOT_RECORDED", "REFUND_OUT_OF_RANGE", "REFUND_SIGNATURE_INVALID");
      await gateway.close();
      const denied = url.replace(/:[^:@]+@/, ":another-password@");
      const error: unknown = await auditBooks(denied).catch((reason: unknown) => reason);
      expect(error).to.have.property("code", "UNREACHABLE");
      expect(String((error as Error).stack)).to.not.contain("another-password");
    });

    it("finds a refund whose amount or signature was changed", async () => {
      const amount = `UPDATE tickets SET refunded_charge = '9990', charged = '10' WHERE nullifier = ${refunded()}`;
      expect(await codesOfEdit(amount)).to.deep.equal(["CHARGE_NOT_COVERED", "REFUND_SIGNATURE_INVALID"]);
      const sum = `UPDATE tickets SET refunded_charge = '9995' WHERE nullifier = ${refunded()}`;
      expect(await codesOfEdit(sum)).to.deep.equal(["REFUND_OUT_OF_RANGE", "REFUND_SIGNATURE_INVALID"]);
      const hold = `UPDATE tickets SET refunded_hold = '0' WHERE nullifier = ${refunded()}`;
      expect(await codesOfEdit(hold)).to.deep.equal(["REFUND_HOLD_KEPT", "REFUND_SIGNATURE_INVALID"]);
      const signature = `UPDATE tickets SET refund_signature = replace(refund_signature, '"s":"', '"s":"1') WHERE nullifier = ${refunded()}`;
      expect(await codesOfEdit(signature)).to.deep.equal(["REFUND_SIGNATURE_INVALID"]);
      const garbage = `UPDATE tickets SET refund_signature = 'none' WHERE nullifier = ${refunded()}`;
      expect(await codesOfEdit(garbage)).to.include("RECORD_MALFORMED");
    });

    it("finds rows that were removed", async () => {
      expect(await codesOfEdit(`DELETE FROM tickets WHERE nullifier = ${refunded()}`)).to.deep.equal([
        "RECORD_MISSING",
      ]);
      expect(await codesOfEdit(`DELETE FROM feed WHERE key = ${refunded()}`)).to.deep.equal([
        "FEED_GAP",
        "RECORD_MISSING",
      ]);
      const closed =
        "DELETE FROM tickets WHERE nullifier = (SELECT nullifier FROM tickets WHERE status = 'closed' LIMIT 1)";
      expect(await codesOfEdit(closed)).to.deep.equal(["CLOSED_TICKET_MISSING"]);
      expect(await codesOfEdit("DELETE FROM disputes")).to.deep.equal(["DISPUTE_NOT_RECORDED"]);
      expect(await codesOfEdit("DELETE FROM fold_nullifiers")).to.deep.equal(["RECORD_MISSING"]);
    });

    it("finds a ticket that was entered twice, and one that a close contradicts", async () => {
      const twice = [
        "CREATE TABLE copy AS SELECT * FROM tickets",
        "DROP TABLE tickets",
        "ALTER TABLE copy RENAME TO tickets",
        `INSERT INTO tickets SELECT * FROM tickets WHERE nullifier = ${refunded()}`,
      ];
      expect(await codesOfEdit(...twice)).to.include("TICKET_REPEATED");
      const shown = `INSERT INTO feed (kind, key) VALUES ('refund', ${refunded()})`;
      expect(await codesOfEdit(shown)).to.deep.equal(["REFUND_REPEATED"]);
      const { nullifier, share, sessionAddress } = ticketKey(scene, BOB, 7);
      const hex = (value: bigint): string => `x'${ethers.toBeHex(value, 32).slice(2)}'`;
      const spent = `UPDATE tickets SET status = 'open', active_at = 1, x = ${hex(share.x)}, y = ${hex(share.y)},
        session_address = '${sessionAddress}' WHERE nullifier = ${hex(nullifier)}`;
      const entered = `INSERT INTO feed (kind, key) VALUES ('ticket', ${hex(nullifier)})`;
      expect(await codesOfEdit(spent, entered)).to.deep.equal(["CLOSE_UNCHALLENGED"]);
    });

    it("finds states that nobody signed, proofs of nothing, and roots that never were", async () => {
      const root = "UPDATE enrolments SET root = x'0000000000000000000000000000000000000000000000000000000000000005'";
      expect(await codesOfEdit(root)).to.deep.equal(["ENROLMENT_ROOT_UNKNOWN", "RECORD_PROOF_INVALID"]);
      const state = "UPDATE folds SET state = x'0000000000000000000000000000000000000000000000000000000000000005'";
      expect(await codesOfEdit(state)).to.deep.equal(["STATE_SIGNATURE_INVALID", "RECORD_PROOF_INVALID"]);
    });

    it("finds a feed that leaves out, repeats, or shows another refund than the store", async () => {
      const whole = await feedOf(scene, path);
      const told =
        (edit: (entries: Record<string, unknown>[]) => Record<string, unknown>[]): FeedSource =>
        async () => {
          const entries: Record<string, unknown>[] = [];
          for (let after = 0; ;) {
            const page = (await whole({ after, limit: 1_000 })) as {
              entries: Record<string, unknown>[];
              next: number;
              isEnd: boolean;
            };
            entries.push(...page.entries);
            after = page.next;
            if (page.isEnd) break;
          }
          const shown = edit(entries);
          return { entries: shown, next: shown.length, isEnd: true };
        };
      const codes = async (feed: FeedSource): Promise<string[]> => {
        const { counts } = await auditBooks(path, feed);
        return Object.keys(counts).filter((code) => code !== "TOKENS_GIVEN");
      };
      expect(await codes(told((all) => all.filter(({ kind }) => kind !== "enrolment")))).to.include.members([
        "FEED_GAP",
        "FEED_DIFFERS",
      ]);
      const twice = told((all) => [
        ...all,
        { ...all.findLast(({ kind }) => kind === "refund"), position: all.length + 1 },
      ]);
      expect(await codes(twice)).to.deep.equal(["REFUND_REPEATED"]);
      const other = told((all) =>
        all.map((entry) => (entry["kind"] === "refund" ? { ...entry, refundedCharge: "9000" } : entry)),
      );
      expect(await codes(other)).to.include.members(["REFUND_SIGNATURE_INVALID", "FEED_DIFFERS"]);
      const none = await codes(async () => ({ nothing: true })).catch((error: unknown) => error);
      expect(none).to.have.property("code", "FEED_UNREADABLE");
    });
  });
});

// SPDX-License-Identifier: GPL-3.0-or-later
/** The parts of an audit by themselves, and what comes out of it: the document's table, the page in a real browser. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { LeanIMT } from "@zk-kit/lean-imt";
import { expect } from "chai";
import fc from "fast-check";

import { AccountTable } from "../../src/audit/accounts.ts";
import { CallReader } from "../../src/audit/calls.ts";
import { FINDINGS, documentOf, splitOfClose, splitOfSlash } from "../../src/audit/index.ts";
import { compareAll } from "../../src/audit/end-state.ts";
import { Findings } from "../../src/audit/findings.ts";
import { Frontier } from "../../src/audit/frontier.ts";
import { KeyTable } from "../../src/audit/key-table.ts";
import { Progress } from "../../src/audit/progress.ts";
import { Timeline } from "../../src/audit/timeline.ts";
import { FIELD_MODULUS, closePayout, poseidon, slashPayout } from "../../src/protocol/index.ts";
import { renderReport } from "../../src/report/index.ts";
import { CreditSettlement__factory } from "../../typechain-types/index.js";
import { exampleReport } from "./support/audit-example.ts";

const run = promisify(execFile);

describe("The parts of an audit", () => {
  it("warn where the contracts' own books cannot be read at the last block", async () => {
    const findings = new Findings();
    const refuse = (): Promise<never> => Promise.reject(new Error("missing trie node"));
    const client = { obligations: refuse };
    await compareAll(
      { client, findings } as unknown as Parameters<typeof compareAll>[0],
      { blockTag: 9 },
      new Progress(
        () => undefined,
        () => 0,
      ),
    );
    expect(findings.countOf("warning")).to.equal(5);
    expect(findings.all.map(({ code }) => code)).to.deep.equal(new Array(5).fill("END_UNREADABLE"));
  });

  it("look for calls at so many places of a transaction at most", async () => {
    const rules = CreditSettlement__factory.createInterface();
    const [pool, settlement, disputes] = ["1", "2", "3"].map((digit) => `0x${digit.repeat(40)}`) as [
      string,
      string,
      string,
    ];
    const source = { send: () => Promise.reject(new Error("no traces here")) };
    const reader = new CallReader(source, { pool, settlement, disputes });
    const point: [bigint, bigint] = [1n, 2n];
    const proof = { a: point, b: [point, point] as [[bigint, bigint], [bigint, bigint]], c: point };
    const call = rules.encodeFunctionData("slash", [7n, 8n, pool, proof]).slice(2);
    const carried = async (input: string): Promise<number> => {
      const transaction = { from: pool, to: undefined, input, blockHash: "" };
      return (await reader.callsOf("0x", transaction, ["slash"])).length;
    };
    expect(await carried(`0xabcd${call}00${call}`)).to.equal(2);
    const selector = call.slice(0, 8);
    expect(await carried(`0x${call}${selector.repeat(30_000)}`)).to.be.within(1, 400);
    expect(await carried(`0x${selector.repeat(32_769)}`)).to.equal(0);
  });

  it("split an account's money as the library does, whatever the sums", () => {
    const amount = (bits: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });
    const pool = fc.record({
      ticketPrice: amount(40),
      policyHold: amount(40),
      bountyBps: fc.bigInt({ min: 1n, max: 9_999n }),
    });
    const account = fc.record({ deposit: amount(60), stake: amount(60), isExpired: fc.boolean() });
    const shares = fc.record({
      j: fc.bigInt({ min: 0n, max: 65_536n }),
      rc: fc.nat(100),
      rp: fc.nat(100),
      fee: amount(62),
    });
    fc.assert(
      fc.property(pool, account, shares, (terms, of, { j, rc, rp, fee }) => {
        const sums = {
          firstUnused: j,
          refundedCharges: (j * terms.ticketPrice * BigInt(rc)) / 100n,
          refundedHolds: (j * terms.policyHold * BigInt(rp)) / 100n,
          fee,
        };
        const parameters = terms as unknown as Parameters<typeof closePayout>[0];
        expect(splitOfClose(terms, of, sums)).to.deep.equal(closePayout(parameters, { ...of, ...sums }));
        const slashed = slashPayout(parameters, of.deposit, of.stake, of.isExpired);
        expect(splitOfSlash(terms, of)).to.deep.equal(slashed);
      }),
    );
  });

  it("give the root of a LeanIMT at every size, from its right edge alone", () => {
    const frontier = new Frontier();
    const tree = new LeanIMT<bigint>((left, right) => poseidon([left, right]));
    expect(frontier.root).to.equal(0n);
    for (let leaf = 1n; leaf <= 70n; leaf++) {
      frontier.add(leaf);
      tree.insert(leaf);
      expect(frontier.root).to.equal(tree.root);
      expect([frontier.count, frontier.depth]).to.deep.equal([tree.size, tree.depth]);
    }
  });

  it("find every key again, and no other one, however many there are", () => {
    const table = new KeyTable();
    const keyOf = (index: number): bigint =>
      (BigInt(index) * 0x1234567890abcdef1234567890abcdef1234567890abcdefn) % FIELD_MODULUS;
    for (let index = 0; index < 20_000; index++) expect(table.add(keyOf(index))).to.equal(index);
    expect(table.add(keyOf(77))).to.equal(77);
    for (let index = 0; index < 20_000; index++) expect(table.indexOf(keyOf(index))).to.equal(index);
    expect(table.keyAt(19_999)).to.equal(keyOf(19_999));
    expect([table.has(keyOf(20_000)), table.indexOf(5n), table.size]).to.deep.equal([false, -1, 20_000]);
  });

  it("keep accounts with amounts of every size, and count what stands", () => {
    const table = new AccountTable();
    for (let index = 0; index < 5_000; index++)
      table.open(BigInt(index + 1), (1n << 96n) - BigInt(index + 1), (1n << 104n) - 1n, index);
    table.setStatus(3, "expired");
    table.setStatus(3, "slashed");
    table.setStatus(4_999, "closed");
    expect(table.depositAt(4_999)).to.equal((1n << 96n) - 5_000n);
    expect([table.statusAt(3), table.statusAt(4_999), table.statusAt(5)]).to.deep.equal([
      "slashed",
      "closed",
      "active",
    ]);
    expect([table.heldAt(3), table.heldAt(5)]).to.deep.equal([0n, table.depositAt(5) + table.stakeAt(5)]);
    expect(table.countOf("active")).to.equal(4_998);
    expect([table.indexOf(5_000n), table.openedAt(7)]).to.deep.equal([4_999, 7]);
  });

  it("keep the end of every span of time, and no more than fit on a chart", () => {
    const timeline = new Timeline();
    const [sample] = exampleReport().timeline;
    if (sample === undefined) throw new Error("the example has no time");
    for (let time = 0; time < 100_000; time += 7) timeline.add({ ...sample, time, opened: time });
    const { samples } = timeline;
    expect(samples.length).to.be.within(150, 400);
    expect(samples.at(-1)?.opened).to.equal(99_995);
    expect(samples.every(({ time }, index) => index === 0 || time > (samples[index - 1]?.time ?? 0))).to.equal(true);
  });
});

describe("What comes out of an audit", function () {
  this.timeout(120_000);

  it("can find what docs/audit-report.md says, and nothing else", async () => {
    const text = await readFile("docs/audit-report.md", "utf8");
    const rows = [...text.matchAll(/^\| `(\w+)` +\| (\w+) +\| (.*?) +\|$/gm)].map(([, ...cells]) => cells);
    expect(rows).to.deep.equal(Object.entries(FINDINGS).map(([code, of]) => [code, of.severity, of.meaning]));
  });

  it("is a page that runs nothing and loads nothing, whatever the chain calls its token", () => {
    const hostile = `</td><script>alert(1)</script><img src=x onerror=alert(2)>`;
    const report = exampleReport();
    const page = renderReport(
      documentOf({ ...report, pool: { ...report.pool, token: { ...report.pool.token, symbol: hostile } } }),
    );
    expect(page).to.contain("&lt;script&gt;alert(1)");
    expect(page).to.not.match(/<script|<img|onerror=alert\(2\)>/);
    expect(page).to.contain("default-src 'none'");
    expect(page).to.not.match(/(src|href)="(?!#)/);
  });

  it("is drawn by a real browser, in light and dark, on a desk and on a telephone", async function () {
    const browser = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
    if (browser === undefined) {
      console.warn("      SKIPPED: no Chromium here, so nobody looked at the page (apt-get install chromium)");
      this.skip();
    }
    const folder = await mkdtemp(join(tmpdir(), "jeton-audit-"));
    try {
      const file = join(folder, "audit.html");
      await writeFile(file, renderReport(documentOf(exampleReport())));
      const ask = (...more: string[]): Promise<{ stdout: string; stderr: string }> =>
        run(browser, [...BROWSER_FLAGS, `--user-data-dir=${join(folder, "profile")}`, ...more, `file://${file}`], {
          maxBuffer: 64 * 1024 * 1024,
          timeout: 60_000,
        });
      const { stdout: dom, stderr } = await ask("--dump-dom", "--enable-logging=stderr");
      expect(stderr).to.not.match(/CONSOLE|Refused to|Content Security Policy/);
      expect(dom).to.contain("What was looked at").and.to.contain("<svg").and.to.contain("CALL_NOT_SEEN");
      const shots = { "light 1000,1400": [], "dark 1000,1400": ["--force-dark-mode"], "light 400,900": [] };
      for (const [name, flags] of Object.entries(shots)) {
        const [kind = "", size = ""] = name.split(" ");
        const shot = join(folder, `${kind}-${size}.png`);
        await ask(
          `--screenshot=${shot}`,
          `--window-size=${size}`,
          "--blink-settings=preferredColorScheme=" + (kind === "dark" ? "0" : "1"),
          ...flags,
        );
        // A blank page of this size takes some 5 kB.
        expect((await stat(shot)).size, name).to.be.greaterThan(25_000);
      }
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  });
});

const BROWSER_FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--hide-scrollbars",
];

// SPDX-License-Identifier: GPL-3.0-or-later
/** Verification, calls, store, scale and audit as Markdown. */
import type { AuditScaleReport } from "./audit/measure.ts";
import { LATENCY_BUDGETS, latencies } from "./calls/budgets.ts";
import type { CallsReport } from "./calls/measure.ts";
import { number, table } from "./markdown.ts";
import type { ScaleReport } from "./scale/measure.ts";
import type { Spread } from "./statistics.ts";
import { rounded } from "./statistics.ts";
import type { StoreReport } from "./store/measure.ts";
import type { VerificationReport } from "./verification.ts";

const cells = (spread: { readonly p50: number; readonly p99: number } | undefined): (string | number)[] =>
  spread === undefined ? ["", ""] : [spread.p50, spread.p99];

const within = ({ p50, p99, count }: Spread): string =>
  `${number(p50)} ms at the median, ${number(p99)} ms at the 99th percentile of ${number(count)}`;

export function verificationTable({ alone, rates, invalid, peers }: VerificationReport): string[] {
  const own = rates.map(({ threads, perSecond, perCoreSecond }) => [
    `prover.verify, ${threads} thread${threads === 1 ? "" : "s"}`,
    perSecond,
    perCoreSecond,
    "",
  ]);
  const refused = Object.entries(invalid).map(([name, perCoreSecond]) => [
    `prover.verify, refused: ${name}`,
    "",
    perCoreSecond,
    "",
  ]);
  const others = Object.entries(peers).map(([name, { perCoreSecond, ratio }]) => [name, "", perCoreSecond, ratio]);
  return [
    table(
      ["proofs of tickets", "a second, by the clock", "a second of one core", "ours / peer"],
      [...own, ...refused, ...others],
    ),
    `One proof alone, by the clock: ${within(alone)}.`,
  ];
}

export function callsTable(report: CallsReport): string[] {
  const { series, verification, firstCallOverVerification, snarkjsVerification, memory } = report;
  const head = ["call", "p50", "p99", "first byte p50", "added p50", "added p99", "wallet p50", "wallet p99"];
  const rows = Object.entries(series).map(([name, of]) => [
    name,
    ...cells(of.client),
    of.firstByte.p50,
    ...cells(of.added),
    ...cells(of.walletShare),
    ...cells(of.gatewayShare),
    of.walletProcessor ?? "",
    of.gatewayProcessor ?? "",
    of.client.count,
  ]);
  const all = [...head, "gateway p50", "gateway p99", "wallet cpu", "gateway cpu", "calls"];
  const budgets = Object.entries(latencies(report)).map(([name, value]) => {
    const budget = LATENCY_BUDGETS[name as keyof typeof LATENCY_BUDGETS];
    return [name, value, budget, value <= budget ? "kept" : "broken"];
  });
  return [
    table(all, rows),
    `Milliseconds. One verification in the first calls: ${number(verification)} ms by the clock, of which the gateway's share of such a call is ${number(firstCallOverVerification)}; by snarkjs on one thread ${number(snarkjsVerification)} ms. Memory: gateway ${memory.gateway} MiB, wallet ${memory.wallet} MiB before it proves and at most ${memory.walletProving} MiB while it does.`,
    table(["latency", "measured", "budget", "in this run"], budgets),
  ];
}

export function storeTable({ fsync, databases }: StoreReport): string[] {
  const rows = Object.entries(databases).flatMap(([name, states]) =>
    states.flatMap(({ spentTickets, paces }) =>
      paces.map(({ callers, callOverPlain, call, retry, unseen, plain }) => [
        name,
        spentTickets,
        callers,
        ...[call, retry, unseen].flatMap(({ perSecond, time }) => [perSecond, time.p50, time.p99]),
        plain.perSecond,
        callOverPlain,
      ]),
    ),
  );
  const head = ["database", "spent tickets", "callers", "calls / s", "p50", "p99", "retries / s", "p50", "p99"];
  const sizes = Object.entries(databases).flatMap(([name, states]) =>
    states.map(({ spentTickets, size, resident }) => [name, spentTickets, size, resident]),
  );
  return [
    table([...head, "unseen / s", "p50", "p99", "plain inserts / s", "calls / plain"], rows),
    table(["database", "spent tickets", "on disk, MiB", "process, MiB"], sizes),
    `Times in milliseconds. Writing 4 KiB to this disk for good: ${within(fsync)}.`,
  ];
}

export function scaleTable({ accounts, chunk, tree, leaves }: ScaleReport): string[] {
  const row = (name: string, { ours, peer, ratio }: ScaleReport["tree"]["sync"], unit: number): (string | number)[] => [
    name,
    rounded(ours / unit),
    rounded(peer / unit),
    ratio,
  ];
  const rows = [
    row("from events to the tree, s", tree.sync, 1_000),
    row("memory of its nodes, MiB", tree.nodes, 2 ** 20),
    row("root, µs", tree.root, 1e-3),
    row("path of an account, µs", tree.path, 1e-3),
    row("two chunks undone, ms", tree.rollBack, 1),
  ];
  return [
    table([`tree of ${number(accounts)} accounts`, "ours", "zk-kit's LeanIMT", "ours / peer"], rows),
    `Events in chunks of ${number(chunk)}. With the accounts by identity commitment, their deposits and blocks, and the roots, ours holds ${number(rounded(tree.held.ours / 2 ** 20))} MiB. The leaves from a gateway: ${number(leaves.pages)} pages, ${number(rounded(leaves.bytes / 2 ** 20))} MiB of JSON, written in ${number(leaves.write)} ms and read in ${number(leaves.read)} ms of processor time.`,
  ];
}

export function auditTable({ histories }: AuditScaleReport): string[] {
  const seconds = (milliseconds: number): number => rounded(milliseconds / 1_000);
  const mebibytes = (bytes: number): number => Math.round(bytes / 2 ** 20);
  const rows = histories.map(({ deposits, batch, closes, proofs, events, clock, processor, ...memory }) => [
    deposits,
    batch,
    closes,
    proofs,
    events,
    ...[seconds(clock.ours), seconds(clock.peer), clock.ratio],
    ...[seconds(processor.ours), seconds(processor.peer), processor.ratio],
    rounded(processor.ours / deposits),
    ...[mebibytes(memory.mostResident.ours), mebibytes(memory.mostResident.peer)],
    memory.heldPerAccount,
  ]);
  const times = ["audit, s", "ethers, s", "ratio", "audit cpu, s", "ethers cpu, s", "ratio", "cpu ms a deposit"];
  const head = ["deposits", "a transaction", "closes", "proved", "events", ...times];
  return [
    table([...head, "audit, MiB", "ethers, MiB", "bytes kept an account"], rows),
    "ethers: the pool's events read and decoded by ethers alone, and nothing done with them.",
  ];
}

// SPDX-License-Identifier: GPL-3.0-or-later
/** A process with a large tree of accounts, ours or the peer's; or with the pages from which a wallet builds one. */
import { setTimeout } from "node:timers/promises";
import { runInNewContext } from "node:vm";
import { setFlagsFromString } from "node:v8";

import { LeanIMT } from "@zk-kit/lean-imt";
import { id } from "ethers";

import { AccountTree } from "../../../src/chain/index.ts";
import { FinalLeaves } from "../../../src/gateway/http/index.ts";
import { FIELD_MODULUS, leafOf, poseidon } from "../../../src/protocol/index.ts";
import { leavesPage } from "../../../src/wire/index.ts";
import type { Opening } from "../../../test/support/tree-events.ts";
import { openingEvents } from "../../../test/support/tree-events.ts";
import { DEPOSIT } from "../accounts.ts";
import { answerParent } from "../child.ts";
import { median, processorTime } from "../statistics.ts";
import { CHUNK } from "./measure.ts";

const PATHS = 100;
const ROLLED_BACK = 2;

export interface TreeFigures {
  /** Milliseconds of processor time from events to the tree, all leaves' hashes included. */
  readonly sync: number;
  /** Bytes after garbage was collected: of the nodes, and of all that is kept to answer from them. */
  readonly nodes: number;
  readonly held: number;
  /** Milliseconds by the clock, medians of 100. */
  readonly root: number;
  readonly path: number;
  /** Milliseconds of processor time to undo two chunks. */
  readonly rollBack: number;
}

export interface LeavesFigures {
  readonly pages: number;
  readonly bytes: number;
  /** Milliseconds of processor time: at the gateway from events to JSON, at the wallet from JSON to checked leaves. */
  readonly write: number;
  readonly read: number;
}

/** The contract's roots after each chunk, as the peer computed them, are what our tree is held to. */
export interface Growth {
  readonly chunks: number;
  readonly roots?: readonly bigint[];
}

interface Subject {
  /** Where its nodes are, among what a process has. */
  readonly nodesIn: "arrayBuffers" | "held";
  /** What is done with a chunk; events are made beforehand. */
  readonly add: (openings: readonly Opening[], chunk: number) => () => void;
  readonly root: () => bigint;
  readonly path: (leafIndex: number) => unknown;
  readonly keep: (chunks: number) => void;
}

const openingAt = (index: number): Opening => ({
  identityCommitment: BigInt(id(`account ${index}`)) % FIELD_MODULUS,
  deposit: DEPOSIT,
});
const openingsOf = (chunk: number): Opening[] =>
  Array.from({ length: CHUNK }, (_, position) => openingAt(chunk * CHUNK + position));

function ourTree(roots: readonly bigint[]): Subject {
  const tree = new AccountTree();
  return {
    nodesIn: "arrayBuffers",
    add: (openings, chunk) => {
      const events = openingEvents(openings, chunk * CHUNK, roots[chunk] ?? 0n, chunk);
      return () => tree.apply(events);
    },
    root: () => tree.root,
    path: (leafIndex) => tree.pathOf(openingAt(leafIndex).identityCommitment),
    keep: (chunks) => tree.rollBack(chunks - 1),
  };
}

/** It cannot be cut off: what it keeps it builds anew. */
function peerTree(): Subject {
  const newTree = (leaves: bigint[]): LeanIMT<bigint> => new LeanIMT((left, right) => poseidon([left, right]), leaves);
  let tree = newTree([]);
  return {
    nodesIn: "held",
    add: (openings) => () =>
      tree.insertMany(openings.map(({ identityCommitment, deposit }) => leafOf(identityCommitment, deposit))),
    root: () => tree.root,
    path: (leafIndex) => tree.generateProof(leafIndex),
    keep: (chunks) => void (tree = newTree(tree.leaves.slice(0, chunks * CHUNK))),
  };
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** What one collection sets free, such as what a finished start of the program held, the next one collects. */
async function memory(): Promise<Readonly<Record<Subject["nodesIn"], number>>> {
  for (let collection = 0; collection < 4; collection++) {
    await setTimeout(100);
    collectGarbage();
  }
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return { arrayBuffers, held: heapUsed + external };
}

const medianOf = (work: (round: number) => unknown): number =>
  median(
    Array.from({ length: PATHS }, (_, round) => {
      const start = performance.now();
      work(round);
      return performance.now() - start;
    }),
  );

function processorTimeOf(work: () => void): number {
  const start = processorTime();
  work();
  return processorTime() - start;
}

export interface Measured {
  readonly figures: TreeFigures;
  /** After each chunk. */
  readonly roots: readonly bigint[];
}

async function measure(newTree: () => Subject, chunks: number): Promise<Measured> {
  const other = newTree();
  other.add(openingsOf(0), 0)();
  other.path(0);
  const tree = newTree();
  const before = await memory();
  const roots: bigint[] = [];
  let sync = 0;
  for (let chunk = 0; chunk < chunks; chunk++) {
    sync += processorTimeOf(tree.add(openingsOf(chunk), chunk));
    roots.push(tree.root());
  }
  const after = await memory();
  const [nodes, held] = [after[tree.nodesIn] - before[tree.nodesIn], after.held - before.held];
  const root = medianOf(() => tree.root());
  const path = medianOf((round) => tree.path(Math.floor((round * chunks * CHUNK) / PATHS)));
  const kept = chunks - ROLLED_BACK;
  const rollBack = processorTimeOf(() => tree.keep(kept));
  if (tree.root() !== roots[kept - 1]) throw new Error("a tree that was rolled back has another root than it had");
  return { figures: { sync, nodes, held, root, path, rollBack }, roots };
}

async function measureLeaves(chunks: number): Promise<LeavesFigures> {
  const events = Array.from({ length: chunks }, (_, chunk) =>
    openingEvents(openingsOf(chunk), chunk * CHUNK, 0n, chunk),
  ).flat();
  const source = new FinalLeaves({ events });
  let write = processorTimeOf(() => source.advance(chunks));
  let [read, bytes, pages, count] = [0, 0, 0, 0];
  for (let isEnd = false; !isEnd; pages++) {
    const start = processorTime();
    const body = JSON.stringify(await source.page({ after: count }));
    const written = processorTime();
    const page = leavesPage.parse(JSON.parse(body));
    read += processorTime() - written;
    write += written - start;
    bytes += Buffer.byteLength(body);
    count = page.next;
    isEnd = page.isEnd;
  }
  if (count !== chunks * CHUNK) throw new Error(`the pages hold ${count} leaves`);
  return { pages, bytes, write, read };
}

answerParent({
  ours: ({ chunks, roots = [] }: Growth) => measure(() => ourTree(roots), chunks),
  peer: ({ chunks }: Growth) => measure(peerTree, chunks),
  leaves: ({ chunks }: Growth) => measureLeaves(chunks),
});

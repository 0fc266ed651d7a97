// SPDX-License-Identifier: GPL-3.0-or-later
/** What a tree of many accounts takes in time and memory, beside zk-kit's tree with the same hash; and its leaves as a gateway gives them. */
import { Child } from "../child.ts";
import type { Compared } from "../rates.ts";
import { compared } from "../rates.ts";
import { rounded } from "../statistics.ts";
import type { Growth, LeavesFigures, Measured, TreeFigures } from "./tree-process.ts";

/** Of how many accounts the events come together. */
export const CHUNK = 1_000;

export interface ScaleOptions {
  /** A multiple of the chunk, three at least. */
  readonly accounts: number;
  readonly log: (step: string) => void;
}

export interface ScaleReport {
  readonly accounts: number;
  readonly chunk: number;
  /** Ours, zk-kit's, and ours over zk-kit's. */
  readonly tree: Readonly<Record<keyof TreeFigures, Compared>>;
  readonly leaves: LeavesFigures;
}

/** Each in a process of its own: the memory is its alone. */
async function askNew<T>(name: "ours" | "peer" | "leaves", growth: Growth): Promise<T> {
  const child = new Child(new URL("./tree-process.ts", import.meta.url));
  try {
    return await child.ask<T>(name, growth);
  } finally {
    await child.close();
  }
}

export async function measureScale({ accounts, log }: ScaleOptions): Promise<ScaleReport> {
  const chunks = accounts / CHUNK;
  const size = `${accounts.toLocaleString("en-US")} accounts`;
  log(`scale: zk-kit's tree of ${size}`);
  const peer = await askNew<Measured>("peer", { chunks });
  log(`scale: our tree of ${size}, held to the other's roots`);
  const ours = await askNew<Measured>("ours", { chunks, roots: peer.roots });
  log(`scale: the leaves of ${size}`);
  const { pages, bytes, write, read } = await askNew<LeavesFigures>("leaves", { chunks });
  const figure = (name: keyof TreeFigures): Compared => compared(ours.figures[name], peer.figures[name]);
  return {
    accounts,
    chunk: CHUNK,
    tree: {
      sync: figure("sync"),
      nodes: figure("nodes"),
      held: figure("held"),
      root: figure("root"),
      path: figure("path"),
      rollBack: figure("rollBack"),
    },
    leaves: { pages, bytes, write: rounded(write), read: rounded(read) },
  };
}

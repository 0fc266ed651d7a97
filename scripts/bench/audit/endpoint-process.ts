// SPDX-License-Identifier: GPL-3.0-or-later
/** A process that makes a synthetic history and serves it. */
import { Prover } from "../../../src/prover/index.ts";
import { answerParent } from "../child.ts";
import { serve } from "./endpoint.ts";
import { History } from "./history.ts";
import type { HistorySize } from "./history.ts";

export interface Served {
  readonly url: string;
  readonly pool: string;
  readonly lastBlock: number;
  /** The accounts whose closes have a real proof. */
  readonly proved: readonly bigint[];
}

async function make(size: HistorySize): Promise<Served> {
  const prover = await Prover.create();
  try {
    const history = await History.make(size, async (input) => (await prover.prove("close", input)).proof);
    const { lastBlock, provedCommitments: proved } = history;
    return { url: await serve(history), pool: history.pool.address, lastBlock, proved };
  } finally {
    await prover.close();
  }
}

answerParent({ make });

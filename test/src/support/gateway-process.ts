// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A gateway in a process of its own, for the test of several on one file. Takes the store's path and the log of what was served; reads
 * call requests, one JSON list, from standard input; sends each until it is answered; writes the answers. Proofs count as valid here.
 */
import { appendFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { Gateway, SqliteStore } from "../../../src/gateway/index.ts";
import { describePool, providerKey } from "../../../src/protocol/index.ts";
import type { PoolParameters } from "../../../src/protocol/index.ts";
import { GatewayError, parseTerms } from "../../../src/wire/index.ts";
import type { TermsJson } from "../../../src/wire/index.ts";
import { Wallet } from "ethers";

interface Task {
  readonly address: string;
  readonly parameters: PoolParameters & { readonly [name: string]: unknown };
  readonly terms: TermsJson;
  readonly requests: readonly unknown[];
}

async function main(): Promise<void> {
  const [path, log] = process.argv.slice(2) as [string, string];
  const task = JSON.parse(await text(process.stdin), (_, value: unknown) =>
    typeof value === "string" && /^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
  ) as Task;
  const pool = describePool(31337n, task.address, task.parameters);
  const gateway = new Gateway({
    pool,
    terms: parseTerms(task.terms),
    store: new SqliteStore({ path, poolHash: pool.poolHash, busyMilliseconds: 20_000 }),
    upstream: {
      quote: () => 10n,
      serve: async (payload) => {
        appendFileSync(log, `${payload}\n`);
        await setTimeout(5);
        return { response: `${payload} by ${process.pid}`, charge: 10n };
      },
    },
    stateKey: providerKey(new Uint8Array(32).fill(11)),
    signer: new Wallet(`0x${"42".repeat(32)}`),
    verify: async () => true,
    chain: {
      account: async () => undefined,
      isFinalRoot: async () => true,
      dispute: async () => undefined,
      violation: async () => undefined,
      fold: async () => undefined,
      finalFold: async () => false,
    },
    clock: () => Math.floor(Date.now() / 1_000),
    onDoubleSpend: async () => undefined,
    onUnderstatedClose: async () => undefined,
    onFoldConflict: async () => undefined,
    answerDispute: async () => undefined,
    onViolation: async () => undefined,
  });

  async function send(request: unknown): Promise<unknown> {
    for (;;) {
      try {
        return await gateway.call(request);
      } catch (error) {
        if (!(error instanceof GatewayError) || error.code !== "CALL_IN_PROGRESS") throw error;
        await setTimeout(10);
      }
    }
  }

  process.stdout.write(JSON.stringify(await Promise.all(task.requests.map(send))));
}

// Test runners load every file of this folder.
if (process.argv[1] === fileURLToPath(import.meta.url)) await main();

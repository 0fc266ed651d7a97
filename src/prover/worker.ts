// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * One thread of the prover: takes one task at a time and answers it.
 *
 * snarkjs reaches `web-worker`, which takes every thread for one of its own: it listens to the thread's messages as soon as it is
 * loaded, and imports the module that `workerData` names. So this file listens first and loads snarkjs after that, and `workerData`
 * names a module that does nothing (`WEB_WORKER`).
 */
import { parentPort } from "node:worker_threads";

import { ProverError } from "./errors.ts";
import type { Answer, Task } from "./messages.ts";

if (parentPort === null) throw new Error("this file runs in a worker thread");
const port = parentPort;
const post = (answer: Answer): void => port.postMessage(answer);

async function run(task: Task): Promise<unknown> {
  if (task.kind === "verify") return (await import("./verifying.ts")).verify(task);
  const { prove } = await import("./proving.ts");
  return prove(task, (stage) => post({ kind: "stage", stage }));
}

port.on("message", (task: Task) => {
  run(task).then(
    (result) => post({ kind: "done", result }),
    (error: unknown) =>
      post({
        kind: "failed",
        code: error instanceof ProverError ? error.code : undefined,
        message: error instanceof Error ? error.message : String(error),
      }),
  );
});

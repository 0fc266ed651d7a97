// SPDX-License-Identifier: GPL-3.0-or-later
/** The prover on tiny circuits: proofs, forgeries, tampered files, order of work, threads that die. */
import { copyFile, cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { expect } from "chai";

import { withDevelopmentKeys, withThreads, writeKeySet } from "../../src/circuits/index.ts";
import { FIELD_MODULUS } from "../../src/protocol/index.ts";
import type { CircuitInput, Proof } from "../../src/protocol/index.ts";
import { Prover, ProverError } from "../../src/prover/index.ts";
import type { ProofResult, ProverErrorCode, ProvingStage } from "../../src/prover/index.ts";
import { WorkerPool } from "../../src/prover/pool.ts";
import { makeTiny } from "../circuits/support/tiny.ts";
import type { Tiny } from "../circuits/support/tiny.ts";

const Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;
const INPUT = { context: 3n, poolHash: 5n, secret: 7n };
const SIGNALS = [49n, 35n, 3n, 5n];

async function expectCode(promise: Promise<unknown>, code: ProverErrorCode): Promise<string> {
  let error: unknown;
  await promise.catch((reason: unknown) => (error = reason));
  expect(error).to.be.instanceOf(ProverError);
  expect((error as ProverError).code).to.equal(code);
  return (error as ProverError).message;
}

describe("src/prover", function () {
  this.timeout(60_000);

  let tiny: Tiny;
  let prover: Prover;
  let good: ProofResult;

  before(async () => {
    tiny = await makeTiny();
    await withThreads(() =>
      withDevelopmentKeys(
        tiny.set,
        tiny.phase1,
        () => undefined,
        (keys) => writeKeySet(tiny.set, "development", tiny.phase1, keys),
      ),
    );
    prover = await Prover.create({ keys: tiny.keys, workers: 2 });
    good = await prover.prove("slash", INPUT);
  });

  after(async () => {
    await prover.close();
    await tiny.remove();
  });

  describe("proving", () => {
    it("gives a proof that verifies, with the public signals in order", async () => {
      expect(good.publicSignals).to.deep.equal(SIGNALS);
      expect(await prover.verify("slash", good.publicSignals, good.proof)).to.equal(true);
    });

    it("gives another proof of the same statement each time", async () => {
      const again = await prover.prove("slash", INPUT);
      expect(again.proof.a).to.not.deep.equal(good.proof.a);
      expect(await prover.verify("slash", SIGNALS, again.proof)).to.equal(true);
    });

    it("reports how far it has come", async () => {
      const stages: ProvingStage[] = [];
      await prover.prove("slash", INPUT, { onStage: (stage) => stages.push(stage) });
      expect(stages).to.deep.equal(["started", "witness", "proved"]);
    });

    const refused: Record<string, CircuitInput> = {
      "a missing input": { context: 3n, poolHash: 5n },
      "an unknown input": { ...INPUT, other: 1n },
      "an array for a single value": { ...INPUT, secret: [7n, 7n] },
      "a value at the field modulus": { ...INPUT, secret: FIELD_MODULUS },
      "a negative value": { ...INPUT, secret: -1n },
    };
    for (const [what, input] of Object.entries(refused)) {
      it(`refuses ${what}`, () => expectCode(prover.prove("slash", input), "INPUT_REJECTED"));
    }

    it("refuses an input that breaks a constraint without showing its values, and goes on to prove", async () => {
      const input = { x: 1n, poolHash: 2n, secret: [123_456_789n, 987_654_321n] };
      const message = await expectCode(prover.prove("request", input), "INPUT_REJECTED");
      expect(message).to.include("a constraint does not hold").and.to.include("Tiny");
      expect(message).to.not.match(/123456789|987654321/);
      const result = await prover.prove("request", { ...input, secret: [4n, 1n] });
      expect(result.publicSignals).to.deep.equal([8n, 5n, 1n, 2n]);
    });

    it("knows only the statements of its key set", async () => {
      await expectCode(prover.prove("fold", {}), "ARTIFACT_MISSING");
      await expectCode(prover.verify("fold", SIGNALS, good.proof), "ARTIFACT_MISSING");
    });
  });

  describe("verifying", () => {
    const verify = (signals: readonly bigint[], proof: unknown): Promise<boolean> =>
      prover.verify("slash", signals, proof as Proof);

    it("refuses other public signals, too few, too many, and ones that are no field elements", async () => {
      expect(await verify([49n, 35n, 3n, 6n], good.proof)).to.equal(false);
      expect(await verify(SIGNALS.slice(1), good.proof)).to.equal(false);
      expect(await verify([...SIGNALS, 0n], good.proof)).to.equal(false);
      expect(await verify([49n + FIELD_MODULUS, 35n, 3n, 5n], good.proof)).to.equal(false);
      expect(await verify([-1n, 35n, 3n, 5n], good.proof)).to.equal(false);
      expect(await verify([49, 35, 3, 5] as unknown as bigint[], good.proof)).to.equal(false);
    });

    it("refuses a proof of another statement", async () => {
      const other = await prover.prove("request", { x: 1n, poolHash: 2n, secret: [4n, 1n] });
      expect(await verify(other.publicSignals, other.proof)).to.equal(false);
    });

    it("refuses every coordinate that is changed or has the modulus added to it", async () => {
      const { a, b, c } = good.proof;
      const flat = [...a, ...b[0], ...b[1], ...c];
      const rebuilt = (f: readonly bigint[]): unknown => ({
        a: f.slice(0, 2),
        b: [f.slice(2, 4), f.slice(4, 6)],
        c: f.slice(6, 8),
      });
      expect(await verify(SIGNALS, rebuilt(flat))).to.equal(true);
      for (const position of flat.keys()) {
        for (const change of [1n, Q, -flat[position]!]) {
          const values = flat.with(position, flat[position]! + change);
          expect(await verify(SIGNALS, rebuilt(values)), `coordinate ${position} + ${change}`).to.equal(false);
        }
      }
    });

    it("refuses the points at infinity, and a point of the twist that is not in the group", async () => {
      const zero = [0n, 0n] as const;
      expect(await verify(SIGNALS, { a: zero, b: [zero, zero], c: zero })).to.equal(false);
      expect(await verify(SIGNALS, { ...good.proof, b: [zero, zero] })).to.equal(false);
      // (1, y) with y² = 1 + 3/(9 + u), of another order than r. Imaginary parts come first.
      const stray = [
        [0n, 1n],
        [
          5912654199736721486680175016176231956195085055698687135131307249486702594212n,
          18278151005453108793778860132295291098363647455926340152056652516292830556603n,
        ],
      ];
      expect(await verify(SIGNALS, { ...good.proof, b: stray })).to.equal(false);
    });

    it("refuses what has no shape of a proof, and never throws", async () => {
      const { a, b, c } = good.proof;
      for (const proof of [undefined, null, 7, "proof", {}, [], { a, b }, { a: [a[0]], b, c }, { a, b: [b[0]], c }]) {
        expect(await verify(SIGNALS, proof)).to.equal(false);
      }
      expect(await verify(SIGNALS, { a: a.map(String), b, c })).to.equal(false);
      expect(await verify(undefined as unknown as bigint[], good.proof)).to.equal(false);
    });
  });

  describe("key files", () => {
    const tampered = async (name: string, change: (folder: string) => Promise<unknown>): Promise<URL> => {
      const folder = tiny.path(name);
      await cp(tiny.set.keys, folder, { recursive: true });
      await change(folder);
      return pathToFileURL(`${folder}/`);
    };
    const flip = async (file: string): Promise<void> => {
      const bytes = await readFile(file);
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
      await writeFile(file, bytes);
    };
    const using = async (keys: URL, use: (prover: Prover) => Promise<void>): Promise<void> => {
      const other = await Prover.create({ keys, workers: 1 });
      try {
        await use(other);
      } finally {
        await other.close();
      }
    };

    for (const file of ["slash.zkey", "slash.wasm"]) {
      it(`does not prove with a changed ${file}, and says which file it is`, async () => {
        const keys = await tampered(`changed-${file}`, (folder) => flip(join(folder, file)));
        await using(keys, async (other) => {
          expect(await expectCode(other.prove("slash", INPUT), "ARTIFACT_MISMATCH")).to.include(file);
          expect((await other.prove("request", { x: 1n, poolHash: 2n, secret: [4n, 1n] })).publicSignals[0]).to.equal(
            8n,
          );
        });
      });
    }

    it("does not verify with a changed verification key, nor with one of another statement", async () => {
      const changed = await tampered("changed-vkey", (folder) => flip(join(folder, "slash.vkey.json")));
      const swapped = await tampered("swapped-vkey", (folder) =>
        copyFile(join(folder, "request.vkey.json"), join(folder, "slash.vkey.json")),
      );
      for (const keys of [changed, swapped]) {
        await using(keys, async (other) => {
          await expectCode(other.verify("slash", SIGNALS, good.proof), "ARTIFACT_MISMATCH");
        });
      }
    });

    it("says that a file or the manifest is missing", async () => {
      const keys = await tampered("missing", (folder) => rm(join(folder, "slash.zkey")));
      await using(keys, async (other) => {
        expect(await expectCode(other.prove("slash", INPUT), "ARTIFACT_MISSING")).to.include("slash.zkey");
      });
      await expectCode(Prover.create({ keys: pathToFileURL(`${tiny.path("nothing")}/`) }), "ARTIFACT_MISSING");
    });

    it("refuses a manifest that is no manifest, and says where", async () => {
      const text = await readFile(join(tiny.set.keys, "manifest.json"), "utf8");
      const bad = { "{": "no JSON", "{}": "purpose", [text.replace('"development"', '"live"')]: "purpose" };
      for (const [content, where] of Object.entries(bad)) {
        const keys = await tampered("manifest", (folder) => writeFile(join(folder, "manifest.json"), content));
        expect(await expectCode(Prover.create({ keys }), "MANIFEST_INVALID")).to.include(where);
      }
    });
  });

  describe("threads", () => {
    /** Answers with the task's statement; "crash" ends the thread, "hang" never answers. */
    const SCRIPT = `import { parentPort } from "node:worker_threads";
parentPort.on("message", ({ statement }) => {
  if (statement === "crash") process.exit(3);
  if (statement === "throw") throw new Error("out of luck");
  if (statement !== "hang") setTimeout(() => parentPort.postMessage({ kind: "done", result: statement }), 20);
});`;
    let script: URL;
    const task = (statement: string) => ({ kind: "prove", statement, input: {} }) as const;

    before(async () => {
      script = pathToFileURL(tiny.path("echo.mjs"));
      await writeFile(script, SCRIPT);
    });

    it("takes tasks in order, those of a higher priority first", async () => {
      const pool = new WorkerPool(script, {}, 1);
      const done: unknown[] = [];
      const run = (name: string, priority?: number): Promise<unknown> =>
        pool.run(task(name), priority === undefined ? {} : { priority }).then((result) => done.push(result));
      await Promise.all([run("first"), run("second"), run("third"), run("urgent", 2), run("soon", 1), run("late", -1)]);
      expect(done).to.deep.equal(["first", "urgent", "soon", "second", "third", "late"]);
      await pool.close();
    });

    it("rejects the task of a thread that died, and works on with a new thread", async () => {
      const pool = new WorkerPool(script, {}, 1);
      const crashed = expectCode(pool.run(task("crash")), "WORKER_CRASHED");
      const thrown = expectCode(pool.run(task("throw")), "WORKER_CRASHED");
      const after = pool.run(task("after"));
      await crashed;
      expect(await thrown).to.include("out of luck");
      expect(await after).to.equal("after");
      await pool.close();
    });

    it("rejects what is queued or running when it is closed, and everything after that", async () => {
      const pool = new WorkerPool(script, {}, 1);
      const jobs = ["hang", "queued"].map((name) => expectCode(pool.run(task(name)), "PROVER_CLOSED"));
      await pool.close();
      await Promise.all(jobs);
      await expectCode(pool.run(task("late")), "PROVER_CLOSED");
    });

    it("starts and ends threads again and again in one process", async () => {
      for (let round = 0; round < 5; round++) {
        const other = await Prover.create({ keys: tiny.keys, workers: 1 });
        expect(await other.verify("slash", SIGNALS, good.proof)).to.equal(true);
        await other.close();
      }
    });

    it("closes twice, refuses work after that, and refuses to have no workers", async () => {
      const other = await Prover.create({ keys: tiny.keys });
      await other.close();
      await other.close();
      await expectCode(other.prove("slash", INPUT), "PROVER_CLOSED");
      await expectCode(other.verify("slash", SIGNALS, good.proof), "PROVER_CLOSED");
      for (const workers of [0, -1, 1.5]) {
        let error: unknown;
        await Prover.create({ keys: tiny.keys, workers }).catch((reason: unknown) => (error = reason));
        expect(error).to.be.instanceOf(RangeError);
      }
    });
  });
});

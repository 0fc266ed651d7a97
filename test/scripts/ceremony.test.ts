// SPDX-License-Identifier: GPL-3.0-or-later
/** A ceremony of three parties on tiny circuits, from the first file to a proof; and files that somebody has tampered with. */
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect } from "chai";

import { contribute, finalize, startCeremony, verifyRound } from "../../scripts/ceremony/ceremony.ts";
import { fullProblems, keyProblems } from "../../scripts/circuits/check.ts";
import { DEVELOPMENT_PHASE2 } from "../../scripts/circuits/development.ts";
import { ceremonyPhase1 } from "../../scripts/circuits/phase1.ts";
import { applyBeacon, makePhase1, withThreads } from "../../scripts/circuits/snarkjs.ts";
import { Prover, readManifest } from "../../src/prover/index.ts";
import { makeTiny } from "../circuits/support/tiny.ts";
import type { Tiny } from "../circuits/support/tiny.ts";
import { rejection } from "../circuits/support/rejection.ts";

const quiet = (): void => undefined;
const BEACON = { name: "public", value: "5e".repeat(32), iterationsExponent: 10 };

describe("scripts/ceremony", function () {
  this.timeout(120_000);

  let tiny: Tiny;
  let published: Record<string, string>[];

  const verify = (round: string): Promise<unknown> => verifyRound(tiny.set, tiny.path(round), tiny.phase1, quiet);
  const copyOf = async (round: string, name: string): Promise<string> => {
    await cp(tiny.path(round), tiny.path(name), { recursive: true });
    return tiny.path(name);
  };

  before(async () => {
    tiny = await makeTiny();
    const { set, phase1, path } = tiny;
    await startCeremony(set, phase1, path("0"), quiet);
    published = [];
    for (const [index, name] of ["Alice", "Bob"].entries()) {
      published.push(await contribute(set, path(`${index}`), path(`${index + 1}`), name, quiet));
    }
  });

  after(() => withThreads(() => tiny.remove()));

  it("verifies every round and lists the hashes that the parties published", async () => {
    expect(await verify("0")).to.deep.equal({ request: [], slash: [] });
    const transcript = await verifyRound(tiny.set, tiny.path("2"), tiny.phase1, quiet);
    for (const [statement, contributions] of Object.entries(transcript)) {
      expect(contributions.map(({ name }) => name)).to.deep.equal(["Alice", "Bob"]);
      expect(contributions.map(({ hash }) => hash)).to.deep.equal(published.map((hashes) => hashes[statement]));
    }
  });

  it("gives other keys each time, because the secrets come from the system", async () => {
    const again = await contribute(tiny.set, tiny.path("0"), tiny.path("1-again"), "Alice", quiet);
    expect(again["slash"]).to.not.equal(published[0]?.["slash"]);
  });

  it("finalizes into a key set that proves, verifies and passes all checks", async () => {
    const manifest = await finalize(tiny.set, tiny.path("2"), tiny.phase1, BEACON, quiet);
    expect(manifest.purpose).to.equal("ceremony");
    expect(manifest.statements["slash"]?.contributions.map(({ name }) => name)).to.deep.equal([
      "Alice",
      "Bob",
      "public",
    ]);
    expect(await readManifest(tiny.keys)).to.deep.equal(manifest);
    expect(await keyProblems(tiny.set)).to.deep.equal([]);
    expect(await fullProblems(tiny.set, tiny.phase1.path, tiny.phase1.sha256, quiet)).to.deep.equal([]);

    const prover = await Prover.create({ keys: tiny.keys, workers: 1 });
    try {
      const { proof, publicSignals } = await prover.prove("slash", { context: 3n, poolHash: 5n, secret: 7n });
      expect(publicSignals).to.deep.equal([49n, 35n, 3n, 5n]);
      expect(await prover.verify("slash", publicSignals, proof)).to.equal(true);
    } finally {
      await prover.close();
    }
    const verifier = await readFile(join(tiny.set.verifiers, "SlashVerifier.sol"), "utf8");
    expect(verifier).to.include("contract SlashVerifier {").and.to.include("pragma solidity 0.8.30;");
  });

  it("refuses a round in which one byte of a key was changed, wherever it is", async () => {
    const round = await copyOf("2", "changed");
    const file = join(round, "slash.zkey");
    const good = await readFile(file);
    const places = 16;
    for (let place = 1; place < places; place++) {
      const bytes = Buffer.from(good);
      const at = Math.floor((good.length * place) / places);
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      await writeFile(file, bytes);
      await rejection(verify("changed"));
    }
  });

  it("refuses a round that took out a contribution, or took one statement from another round", async () => {
    const round = await copyOf("2", "mixed");
    await cp(join(tiny.path("1"), "slash.zkey"), join(round, "slash.zkey"));
    expect(await rejection(verify("mixed"))).to.include("contributions of different parties");
  });

  it("refuses a round with the key of another circuit", async () => {
    const round = await copyOf("2", "swapped");
    await cp(join(round, "request.zkey"), join(round, "slash.zkey"));
    expect(await rejection(verify("swapped"))).to.include("does not verify");
  });

  it("refuses a round of other circuits, of another phase 1, or without its files", async () => {
    const round = await copyOf("1", "renamed");
    const file = join(round, "ceremony.json");
    const description = await readFile(file, "utf8");
    await writeFile(file, description.replace(/"slash": "./, '"slash": "x'));
    expect(await rejection(verify("renamed"))).to.include('differs in "circuits"');
    await writeFile(file, "{}");
    expect(await rejection(verify("renamed"))).to.include("is not in the format");
    await rm(file);
    expect(await rejection(verify("renamed"))).to.include("is no round of a ceremony");

    const other = tiny.path("other.ptau");
    await makePhase1(8, { ...BEACON, name: "other" }, other, quiet);
    const phase1 = await ceremonyPhase1(other, undefined).catch((error: Error) => error.message);
    expect(phase1).to.include("is none of powersOfTau28_hez_final_15.ptau");
    const vouched = { ...tiny.phase1, path: other, sha256: "00".repeat(32) };
    expect(await rejection(verifyRound(tiny.set, tiny.path("1"), vouched, quiet))).to.include("another phase 1");
    await rm(join(await copyOf("1", "incomplete"), "slash.zkey"));
    expect(await rejection(verify("incomplete"))).to.include("has no slash.zkey");
  });

  it("takes another phase 1 only by the hash that the operator names", async () => {
    const { path, sha256 } = tiny.phase1;
    expect((await ceremonyPhase1(path, sha256.toUpperCase())).sha256).to.equal(sha256);
    expect(await rejection(ceremonyPhase1(path, "00".repeat(32)))).to.include(`has SHA-256 ${sha256}`);
    expect(await rejection(ceremonyPhase1(tiny.path("nothing"), undefined))).to.include("there is no phase-1 file");
  });

  it("refuses to end with one party, with a known or malformed beacon, or twice", async () => {
    const { set, phase1, path } = tiny;
    const end = (round: string, beacon: Partial<typeof BEACON>): Promise<string> =>
      rejection(finalize({ ...set, keys: path("no-keys") }, path(round), phase1, { ...BEACON, ...beacon }, quiet));
    expect(await end("1", {})).to.include("fewer than 2 parties");
    expect(await end("2", { value: DEVELOPMENT_PHASE2.value })).to.include("development keys");
    expect(await end("2", { value: "0x1234" })).to.include("hexadecimal");
    expect(await end("2", { iterationsExponent: 9 })).to.include("2^10 to 2^63");

    await mkdir(path("ended"));
    await cp(join(path("2"), "ceremony.json"), join(path("ended"), "ceremony.json"));
    for (const statement of Object.keys(set.statements)) {
      await applyBeacon(join(path("2"), `${statement}.zkey`), join(path("ended"), `${statement}.zkey`), BEACON);
    }
    expect(await end("ended", {})).to.include("has a beacon already");
    expect(await rejection(contribute(set, path("ended"), path("after"), "Carol", quiet))).to.include("is over");
  });

  it("refuses a folder that is in use and a name that cannot be stored", async () => {
    const { set, path } = tiny;
    expect(await rejection(contribute(set, path("1"), path("2"), "Carol", quiet))).to.include("is not empty");
    for (const name of ["", " Carol", "Carol\n", "C".repeat(65), "Çarol"]) {
      expect(await rejection(contribute(set, path("1"), path("new"), name, quiet))).to.include("ASCII");
    }
  });
});

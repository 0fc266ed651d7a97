// SPDX-License-Identifier: GPL-3.0-or-later
/** A ceremony of three parties on tiny circuits, from the first file to installed keys that prove; and whoever tries to cheat in one. */
import { mkdirSync, writeFileSync } from "node:fs";
import { cp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect } from "chai";
import { Wallet } from "ethers";

import {
  attestationText,
  completeInstallation,
  contribute,
  finalize,
  headOf,
  install,
  installationProblems,
  readRound,
  signAttestation,
  startCeremony,
  transcriptProblems,
  unfinished,
  verifyRound,
  verifyTranscript,
} from "../../src/ceremony/index.ts";
import type { Attestation, Published, Surroundings, Transcript } from "../../src/ceremony/index.ts";
import {
  applyBeacon,
  ceremonyPhase1,
  contributionsOf,
  keyProblems,
  makePhase1,
  withThreads,
} from "../../src/circuits/index.ts";
import { Prover, readManifest } from "../../src/prover/index.ts";
import { rejection } from "../circuits/support/rejection.ts";
import { makeTiny } from "../circuits/support/tiny.ts";
import type { Tiny } from "../circuits/support/tiny.ts";
import { BEFORE, ROUND, ROUND_1000, surroundingsAt } from "./support/ceremony.ts";

const AFTER = ROUND.seconds;
const signer = new Wallet(`0x${"17".repeat(32)}`);

describe("src/ceremony", function () {
  this.timeout(180_000);

  let tiny: Tiny;
  let published: Attestation[];
  const path = (name: string): string => tiny.path(name);
  const around = (seconds = BEFORE): Surroundings => surroundingsAt(seconds);
  const party = (from: string, to: string, name: string, on?: string): Promise<Attestation> =>
    contribute(tiny.set, { from: path(from), to: path(to), name, on }, around());
  const verify = (round: string, against: Published = {}): Promise<unknown> =>
    verifyRound(tiny.set, path(round), tiny.phase1, around(), against);
  const end = (from: string, to: string, evidence: string = ROUND_1000, seconds = AFTER): Promise<Transcript> =>
    finalize(tiny.set, { from: path(from), to: path(to), evidence }, tiny.phase1, around(seconds));
  const copyOf = async (round: string, name: string): Promise<string> => {
    await cp(path(round), path(name), { recursive: true });
    return path(name);
  };
  const edit = async (file: string, change: (text: string) => string): Promise<void> =>
    writeFile(file, change(await readFile(file, "utf8")));

  before(async () => {
    tiny = await makeTiny(5);
    await startCeremony(tiny.set, tiny.phase1, ROUND.source, path("0"), around());
    published = [];
    for (const [index, name] of ["Alice", "Bob"].entries()) {
      published.push(await party(`${index}`, `${index + 1}`, name));
    }
    const [, bob] = published as [Attestation, Attestation];
    await signAttestation(path("2"), signer.address, await signer.signMessage(attestationText(bob)));
    await end("2", "final");
  });

  after(() => withThreads(() => tiny.remove()));

  describe("an honest one", () => {
    it("verifies every round, and lists the hashes that the parties published", async () => {
      expect(await verify("0")).to.deep.include({ attestations: [] });
      const standing = await verifyRound(tiny.set, path("2"), tiny.phase1, around(), {
        head: headOf(published[1] as Attestation),
        after: path("1"),
        attestations: [join(path("1"), "attestation.json")],
      });
      expect(standing.attestations.map(headOf)).to.deep.equal(published.map(headOf));
      expect(standing.attestations[1]?.signature?.signer).to.equal(signer.address);
      expect(await readFile(join(path("1"), "attestation.txt"), "utf8"))
        .to.equal(attestationText(published[0] as Attestation))
        .and.include(published[0]?.contributions["slash"]);
    });

    it("ends in a transcript that anybody verifies with one command, and that people can read", async () => {
      const file = join(path("final"), "keys", "transcript.json");
      const { transcript } = await verifyTranscript(tiny.set, file, tiny.phase1, around());
      expect(transcript.beacon.value).to.equal(ROUND.randomness);
      expect(transcript.attestations.map(({ name }) => name)).to.deep.equal(["Alice", "Bob"]);
      const text = await readFile(join(path("final"), "keys", "transcript.md"), "utf8");
      for (const said of ["Alice", signer.address, ROUND.randomness, headOf(published[1] as Attestation), "round 1000"])
        expect(text).to.include(said);
    });

    it("installs keys that prove, verify and pass all checks", async () => {
      const { standing } = await install(tiny.set, path("final"), tiny.phase1, around(AFTER));
      expect(standing.attestations).to.have.length(2);
      expect((await readManifest(tiny.keys)).purpose).to.equal("ceremony");
      expect(await keyProblems(tiny.set)).to.deep.equal([]);
      expect(await transcriptProblems(tiny.set)).to.deep.equal([]);
      expect(await installationProblems(tiny.set)).to.deep.equal([]);
      const prover = await Prover.create({ keys: tiny.keys, workers: 1 });
      try {
        const { proof, publicSignals } = await prover.prove("slash", { context: 3n, poolHash: 5n, secret: 7n });
        expect(publicSignals).to.deep.equal([49n, 35n, 3n, 5n]);
        expect(await prover.verify("slash", publicSignals, proof)).to.equal(true);
      } finally {
        await prover.close();
      }
    });

    it("replaces keys and verifiers whole, and ends an installation that was interrupted", async () => {
      const interrupted = around(AFTER);
      const stop = (step: string): void => {
        if (step.startsWith("replacing") && step.endsWith("keys")) throw new Error("power failure");
      };
      const failed = install(tiny.set, path("final"), tiny.phase1, { ...interrupted, log: stop });
      expect(await rejection(failed)).to.equal("power failure");
      expect((await installationProblems(tiny.set)).join()).to.include("was interrupted");
      expect(await completeInstallation(tiny.set, () => undefined)).to.equal(true);
      expect(await completeInstallation(tiny.set, () => undefined)).to.equal(false);
      expect(await keyProblems(tiny.set)).to.deep.equal([]);
      expect(await installationProblems(tiny.set)).to.deep.equal([]);
    });

    it("installs nothing of a folder in which one file was changed", async () => {
      const before = await readFile(join(tiny.set.keys, "manifest.json"), "utf8");
      for (const file of ["verifiers/SlashVerifier.sol", "keys/slash.vkey.json", "keys/transcript.md"]) {
        const folder = await copyOf("final", "altered");
        await edit(join(folder, file), (text) => `${text} `);
        await rejection(install(tiny.set, folder, tiny.phase1, around(AFTER)));
        await rm(folder, { recursive: true });
      }
      expect(await readFile(join(tiny.set.keys, "manifest.json"), "utf8")).to.equal(before);
      expect(await installationProblems(tiny.set)).to.deep.equal([]);
    });
  });

  describe("a party's secret", () => {
    it("is neither shown nor written, and no two runs give the same keys", async () => {
      const lines: string[] = [];
      const given: string[] = [];
      const random = (length: number): Uint8Array => {
        const bytes = Buffer.alloc(length, 0xa7);
        given.push(bytes.toString("hex"));
        return bytes;
      };
      const watched = { ...around(), random, log: (line: string) => void lines.push(line) };
      const [write, error] = [process.stdout.write.bind(process.stdout), process.stderr.write.bind(process.stderr)];
      process.stdout.write = process.stderr.write = (text: string | Uint8Array) => lines.push(String(text)) > 0;
      let twice: Attestation[];
      try {
        twice = [
          await contribute(tiny.set, { from: path("0"), to: path("s1"), name: "Sam" }, watched),
          await contribute(tiny.set, { from: path("0"), to: path("s2"), name: "Sam" }, watched),
        ];
      } finally {
        process.stdout.write = write;
        process.stderr.write = error;
      }
      expect(given).to.have.length(4);
      expect(twice[0]?.contributions["slash"]).to.not.equal(twice[1]?.contributions["slash"]);
      const secret = given[0] as string;
      expect(lines.join("\n")).to.not.include(secret);
      for (const name of await readdir(path("s1"))) {
        const bytes = await readFile(join(path("s1"), name));
        expect(bytes.includes(secret), name).to.equal(false);
        expect(bytes.includes(Buffer.from(secret, "hex")), name).to.equal(false);
      }
    });

    it("survives no crash: what was done is kept, the rest is made, and nothing half done is shown", async () => {
      const stop = (step: string): void => {
        if (step.startsWith("slash")) throw new Error("power failure");
      };
      const carol = { from: path("2"), to: path("3"), name: "Carol" };
      expect(await rejection(contribute(tiny.set, carol, { ...around(), log: stop }))).to.equal("power failure");
      expect(await readdir(tiny.path("."))).to.not.include("3");
      const kept = join(unfinished(path("3")), "request.zkey");
      const done = await readFile(kept);
      // A half-written key of the one that was interrupted is no key.
      await writeFile(join(unfinished(path("3")), "slash.zkey.new"), "half");

      await contribute(tiny.set, carol, around());
      expect(await readFile(join(path("3"), "request.zkey"))).to.deep.equal(done);
      expect((await readdir(path("3"))).filter((name) => /new|purpose/.test(name))).to.deep.equal([]);
      expect(await readdir(tiny.path("."))).to.not.include(".3.unfinished");
      await verify("3", { after: path("2") });
    });
  });

  describe("somebody who cheats", () => {
    it("cannot put a contribution on another round than the one that was announced", async () => {
      const head = headOf(published[1] as Attestation);
      expect(await rejection(party("1", "off", "Carol", head))).to.include("which was announced");
      await party("1", "off", "Carol");
      expect(await rejection(verify("off", { after: path("2") }))).to.include("is not");
      expect(await rejection(verify("off", { head }))).to.include("which was announced");
    });

    it("cannot drop or rename a contribution that its party published", async () => {
      await party("1", "dropped", "Dave");
      const bob = join(path("2"), "attestation.json");
      expect(await rejection(verify("dropped", { attestations: [bob] }))).to.include("Bob published a contribution");

      const list = join(await copyOf("2", "shorter"), "attestations.json");
      await edit(list, (text) => JSON.stringify((JSON.parse(text) as Attestation[]).slice(1)));
      expect(await rejection(verify("shorter"))).to.include("was dropped or changed");
      await edit(join(await copyOf("2", "renamed"), "attestations.json"), (text) =>
        text.replace('"Alice"', '"Mallory"'),
      );
      expect(await rejection(verify("renamed"))).to.include("was dropped or changed");
      await cp(join(path("1"), "slash.zkey"), join(await copyOf("2", "mixed"), "slash.zkey"));
      expect(await rejection(verify("mixed"))).to.include("carries 1 contributions, and 2 are attested to");
    });

    it("cannot bring keys of another circuit, or of another phase 1, under the announcement", async () => {
      const round = await copyOf("0", "swapped");
      await cp(join(round, "request.zkey"), join(round, "slash.zkey"));
      expect(await rejection(verify("swapped"))).to.include("does not verify");

      const other = path("other.ptau");
      await makePhase1(5, { name: "other", value: "5e".repeat(32), iterationsExponent: 10 }, other, () => undefined);
      const sha256 = (await rejection(ceremonyPhase1(other, "00".repeat(32)))).match(/SHA-256 (\w+)/)?.[1] ?? "";
      const vouched = await ceremonyPhase1(other, sha256.toUpperCase());
      await startCeremony(tiny.set, vouched, ROUND.source, path("other"), around());
      expect(await rejection(verify("other"))).to.include("started from another phase 1");
      // Keys of the other phase 1 behind the true announcement, with an honest contribution on top.
      await cp(join(path("0"), "ceremony.json"), join(path("other"), "ceremony.json"));
      await party("other", "other-1", "Alice");
      expect(await rejection(verify("other-1"))).to.match(/does not verify: .*(alpha|beta|Circuit|section)/i);

      await edit(join(await copyOf("0", "lying"), "ceremony.json"), (text) => text.replace(/("slash": )"./, '$1"0'));
      expect(await rejection(verify("lying"))).to.match(/other circuits|another initial key/);
    });

    it("cannot announce another file's name for phase 1, nor write it into the transcript or the manifest", async () => {
      const famous = "powersOfTau28_hez_final_15.ptau";
      const posing = { ...tiny.phase1, name: famous };
      await startCeremony(tiny.set, posing, ROUND.source, path("posed"), around());
      expect(await rejection(verify("posed"))).to.include(`is "a test", and "${famous}" was announced`);
      await edit(join(await copyOf("0", "renamed-phase"), "ceremony.json"), (text) => text.replace("a test", famous));
      expect(await rejection(verify("renamed-phase"))).to.include(`"${famous}" was announced`);

      // The manifest beside the transcript; and the transcript itself, whose attestations are of the true announcement.
      const keys = join(await copyOf("final", "renamed-final"), "keys");
      const file = join(keys, "transcript.json");
      const why = (): Promise<string> => rejection(verifyTranscript(tiny.set, file, tiny.phase1, around(AFTER)));
      await edit(join(keys, "manifest.json"), (text) => text.replace("a test", famous));
      expect(await why()).to.include("manifest.json names another phase 1");
      await edit(file, (text) => text.replace("a test", famous));
      expect(await why()).to.include("is of ceremony");
    });

    it("cannot change one byte of a key, wherever it is", async () => {
      const file = join(await copyOf("2", "changed"), "slash.zkey");
      const good = await readFile(file);
      for (let place = 1; place < 12; place++) {
        const bytes = Buffer.from(good);
        const at = Math.floor((good.length * place) / 12);
        bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
        await writeFile(file, bytes);
        await rejection(verify("changed"));
      }
    });

    it("cannot use a phase 1 whose hash is not the public one, or the one that was named", async () => {
      const { path: ptau, sha256 } = tiny.phase1;
      expect(await rejection(ceremonyPhase1(ptau, undefined))).to.include("is none of powersOfTau28_hez_final_15.ptau");
      expect(await rejection(ceremonyPhase1(ptau, "00".repeat(32)))).to.include(`has SHA-256 ${sha256}`);
      expect(await rejection(ceremonyPhase1(path("nothing"), undefined))).to.include("there is no phase-1 file");
    });

    it("cannot contribute once the beacon is out, nor say so afterwards", async () => {
      const late = contribute(tiny.set, { from: path("2"), to: path("late"), name: "Late" }, around(AFTER));
      expect(await rejection(late)).to.include("the beacon is out");
      const list = join(await copyOf("2", "backdated"), "attestations.json");
      await edit(list, (text) => text.replace(published[1]?.contributedAt ?? "", "2023-08-23T15:59:24Z"));
      expect(await rejection(verify("backdated"))).to.include("contributions count until 2023-08-23T15:59:24Z");
      const known = startCeremony(tiny.set, tiny.phase1, ROUND.source, path("known"), around(AFTER));
      expect(await rejection(known)).to.include("a beacon of the future");
    });

    it("cannot end it early, with another beacon, alone, or twice", async () => {
      expect(await rejection(end("2", "bad", ROUND_1000, AFTER - 1))).to.include("the beacon is out at");
      const forged = `${ROUND_1000.slice(0, -1)}8`;
      for (const evidence of [forged, ROUND.randomness, "", `${ROUND_1000}00`])
        expect(await rejection(end("2", "bad", evidence))).to.include("this is not the beacon of drand");
      expect(await rejection(end("1", "bad"))).to.include("has 1 parties");

      const over = await copyOf("2", "over");
      const chosen = { name: "jeton final beacon", value: "77".repeat(32), iterationsExponent: 10 };
      for (const statement of Object.keys(tiny.set.statements))
        await applyBeacon(join(path("2"), `${statement}.zkey`), join(over, `${statement}.zkey`), chosen);
      expect(await rejection(end("over", "bad"))).to.include("this ceremony is over");
      expect(await rejection(party("over", "bad", "Eve"))).to.include("this ceremony is over");
    });

    it("cannot end it with a secret of his own that only looks like the beacon", async () => {
      // snarkjs compares a beacon's secret for contributions of type 1 alone: this one names the beacon, and is of type 0.
      const keys = join(await copyOf("final", "posing"), "keys");
      const file = join(keys, "slash.zkey");
      const bytes = await readFile(file);
      const marks = Buffer.concat([Buffer.from([3, 32]), Buffer.from(ROUND.randomness, "hex")]);
      const [name, iterations] = [2 + "jeton final beacon".length, 2];
      const type = bytes.lastIndexOf(marks) - name - iterations - 8;
      expect(bytes.readUInt32LE(type)).to.equal(1);
      bytes.writeUInt32LE(0, type);
      await writeFile(file, bytes);
      expect(await rejection(contributionsOf(file))).to.include("of type 0 names a beacon");
      const verified = verifyTranscript(tiny.set, join(keys, "transcript.json"), tiny.phase1, around(AFTER));
      expect(await rejection(verified)).to.include("is not the key of this ceremony");
    });

    it("cannot write a transcript that says another thing than keys, parties and beacon", async () => {
      const check = async (change: (text: string) => string): Promise<string> => {
        const keys = join(await copyOf("final", "told"), "keys");
        await edit(join(keys, "transcript.json"), change);
        const file = join(keys, "transcript.json");
        const why = await rejection(verifyTranscript(tiny.set, file, tiny.phase1, around(AFTER)));
        await rm(path("told"), { recursive: true });
        return why;
      };
      expect(await check((text) => text.replace(ROUND.randomness, "77".repeat(32)))).to.include("the transcript says");
      expect(await check((text) => text.replace(ROUND_1000, ROUND_1000.replace("b4", "b5")))).to.include(
        "not the beacon",
      );
      expect(await check((text) => text.replace('"round": 1000', '"round": 1001'))).to.include("is of ceremony");
      expect(
        await check((text) => {
          const { attestations, ...rest } = JSON.parse(text) as Transcript;
          return JSON.stringify({ ...rest, attestations: attestations.slice(0, 1) });
        }),
      ).to.include("1 parties");
      expect(await check((text) => text.replace(/"value": "0x..../, '"value": "0x0000'))).to.include("signature");
      expect(await check((text) => text.replace("{", '{"extra":1,'))).to.include("malformed");
    });
  });

  it("writes over nothing that came into its folder meanwhile, and keeps what it made", async () => {
    const note = join(path("busy"), "note.txt");
    const dora = { from: path("2"), to: path("busy"), name: "Dora" };
    const meddle = (step: string): void => {
      if (!step.startsWith("slash")) return;
      mkdirSync(path("busy"));
      writeFileSync(note, "mine");
    };
    expect(await rejection(contribute(tiny.set, dora, { ...around(), log: meddle }))).to.include("is not empty");
    expect(await readFile(note, "utf8")).to.equal("mine");
    const done = await readFile(join(unfinished(path("busy")), "slash.zkey"));
    await rm(note);
    await contribute(tiny.set, dora, around());
    expect(await readFile(join(path("busy"), "slash.zkey"))).to.deep.equal(done);
  });

  it("refuses a folder that is in use, and a name that is taken or cannot be stored", async () => {
    expect(await rejection(party("1", "2", "Carol"))).to.include("is not empty");
    for (const name of ["", " Carol", "Carol\n", "C".repeat(65), "Çarol", "a|b", "`c`"])
      expect(await rejection(party("1", "new", name))).to.include("letters");
    expect(await rejection(party("2", "new", "Alice"))).to.include("a party called Alice already");
    const signed = signAttestation(path("1"), signer.address, await signer.signMessage("another text"));
    expect(await rejection(signed)).to.include("is not one of");
    expect((await readRound(tiny.set, path("1"))).attestations[0]?.signature).to.equal(undefined);
  });
});

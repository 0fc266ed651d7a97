// SPDX-License-Identifier: GPL-3.0-or-later
/** Keys that are made twice are the same, and the check finds every file that does not fit. */
import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect } from "chai";

import {
  compileCircuit,
  keyProblems,
  sha256File,
  withDevelopmentKeys,
  withThreads,
  writeKeySet,
} from "../../src/circuits/index.ts";
import { rejection } from "../circuits/support/rejection.ts";
import { makeTiny } from "../circuits/support/tiny.ts";
import type { Tiny } from "../circuits/support/tiny.ts";

const quiet = (): void => undefined;

describe("scripts/circuits", function () {
  this.timeout(60_000);

  let tiny: Tiny;
  const make = (keys: string): Promise<unknown> =>
    withDevelopmentKeys(tiny.set, tiny.phase1, quiet, (finals) =>
      writeKeySet({ ...tiny.set, keys }, "development", tiny.phase1, finals),
    );

  before(async () => {
    tiny = await makeTiny();
    await make(tiny.set.keys);
  });

  after(() => withThreads(() => tiny.remove()));

  /** Runs the check with one file changed, and puts the file back. */
  async function problemsWith(file: string, change: (text: Buffer) => Buffer | string): Promise<string> {
    const good = await readFile(file);
    await writeFile(file, change(Buffer.from(good)));
    try {
      return (await keyProblems(tiny.set)).join("\n");
    } finally {
      await writeFile(file, good);
    }
  }
  const flip = (bytes: Buffer): Buffer => {
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    return bytes;
  };
  const inKeys = (name: string): string => join(tiny.set.keys, name);

  it("makes the same keys to the bit when they are made again", async () => {
    const again = tiny.path("again");
    await make(again);
    for (const name of ["manifest.json", "slash.zkey", "slash.vkey.json", "slash.wasm", "request.zkey"]) {
      expect(await sha256File(join(again, name)), name).to.equal(await sha256File(inKeys(name)));
    }
    expect(await keyProblems(tiny.set)).to.deep.equal([]);
  });

  it("compiles anew only when a source or an output has changed", async () => {
    const { sym } = await compileCircuit(tiny.set, "slash");
    const original = await readFile(sym, "utf8");
    await writeFile(sym, "");
    await compileCircuit(tiny.set, "slash");
    expect(await readFile(sym, "utf8")).to.equal(original);
  });

  for (const name of ["slash.zkey", "slash.wasm", "request.vkey.json"]) {
    it(`finds a changed ${name}`, async () => {
      expect(await problemsWith(inKeys(name), flip)).to.include(`SHA-256 of ${name}`);
    });
  }

  it("finds an edited verifier", async () => {
    const file = join(tiny.set.verifiers, "SlashVerifier.sol");
    expect(await problemsWith(file, (text) => `${text.toString()}\n`)).to.include("SlashVerifier.sol");
  });

  it("finds a circuit that was changed after its keys were made", async () => {
    const file = join(tiny.set.circuits, "slash.circom");
    const problems = await problemsWith(file, (text) =>
      text.toString().replace("secret * poolHash", "context * poolHash"),
    );
    expect(problems).to.include("keys were made for another circuits/slash.circom");
  });

  it("finds a verification key and a verifier that were replaced together with their hashes", async () => {
    const manifest = await readFile(inKeys("manifest.json"), "utf8");
    const statements = (JSON.parse(manifest) as { statements: Record<string, { sha256: Record<string, string> }> })
      .statements;
    const [slash, request] = [statements["slash"]!.sha256["vkey"]!, statements["request"]!.sha256["vkey"]!];
    await copyFile(inKeys("slash.vkey.json"), tiny.path("vkey"));
    await copyFile(inKeys("request.vkey.json"), inKeys("slash.vkey.json"));
    const problems = await problemsWith(inKeys("manifest.json"), (text) => text.toString().replace(slash, request));
    await copyFile(tiny.path("vkey"), inKeys("slash.vkey.json"));
    expect(problems).to.include("verification key from slash.zkey");
  });

  it("finds a manifest of other contributions, other tools, other or missing statements, and stray files", async () => {
    const file = inKeys("manifest.json");
    const with_ = (from: string | RegExp, to: string) =>
      problemsWith(file, (text) => text.toString().replace(from, to));
    expect(await with_("jeton development phase 2", "somebody else")).to.include("lists other contributions");
    expect(await with_("circom2@", "circom2@9")).to.include("is installed");
    expect(await with_('"development"', '"ceremony"')).to.include("says ceremony, and slash has 0 parties");
    expect(await with_('"slash": {', '"slush": {'))
      .to.include("has no statement slash")
      .and.to.include("no circuit");
    await writeFile(inKeys("old.zkey"), "");
    expect((await keyProblems(tiny.set)).join()).to.include("old.zkey belongs to no statement");
    await rm(inKeys("old.zkey"));
  });

  it("says what to do when there are no keys", async () => {
    const problem = await rejection(keyProblems({ ...tiny.set, keys: tiny.path("nothing") }));
    expect(problem).to.include("there are no keys yet").and.to.include("npm run circuits -- keys");
  });

  const compileText = async (text: string): Promise<unknown> => {
    const file = join(tiny.set.circuits, "other.circom");
    await writeFile(file, text);
    return compileCircuit(tiny.set, "other");
  };
  const main = "component main = Other();";

  it("takes compiler warnings for errors, and shows the compiler's errors", async () => {
    const unused = `pragma circom 2.2.2;\ntemplate Other() { signal input a, b; signal output c <== a * a; }\n${main}`;
    expect(await rejection(compileText(unused))).to.include("compiles with warnings");
    expect(await rejection(compileText(`pragma circom 2.2.2;\ntemplate Other() { signal`))).to.include("circom failed");
    expect(await rejection(compileText(`include "nowhere.circom";\n${main}`))).to.include("is in no include folder");
  });
});

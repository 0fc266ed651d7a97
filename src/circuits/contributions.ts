// SPDX-License-Identifier: GPL-3.0-or-later
/** Lists the contributions that a proving key carries, with the hashes that contributors publish. Format: snarkjs, section 10 of a zkey. */
import { readFile } from "node:fs/promises";

import { blake2b } from "@noble/hashes/blake2.js";
import type { Group } from "snarkjs";

import type { Contribution } from "../prover/index.ts";
import { CircuitError } from "./errors.ts";
import { bn128 } from "./snarkjs.ts";

const SECTION = 10;
const HASH_BYTES = 64;
const [NAME, ITERATIONS, BEACON] = [1, 2, 3];
/** Types of contributions. snarkjs makes a beacon's secret again, and compares, for this type alone. */
const [OF_PARTY, OF_BEACON] = [0, 1];

class Reader {
  readonly #bytes: Buffer;
  position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(length: number): Buffer {
    if (this.position + length > this.#bytes.length) throw new Error("it ends too early");
    return this.#bytes.subarray(this.position, (this.position += length));
  }

  number(): number {
    return this.take(4).readUInt32LE();
  }

  byte(): number {
    return this.take(1).readUInt8();
  }
}

function sectionOf(file: Buffer): Buffer {
  const reader = new Reader(file);
  if (reader.take(4).toString("latin1") !== "zkey") throw new Error("it is no zkey file");
  reader.number();
  for (let count = reader.number(); count > 0; count--) {
    const id = reader.number();
    const bytes = reader.take(8);
    const section = reader.take(Number(bytes.readBigUInt64LE()));
    if (id === SECTION) return section;
  }
  throw new Error("it has no contributions section");
}

type Parameters = Pick<Contribution, "name" | "beacon">;

function readParameters(reader: Reader, length: number): Parameters {
  const end = reader.position + length;
  let name = "";
  let value: string | undefined;
  let iterationsExponent = 0;
  while (reader.position < end) {
    const kind = reader.byte();
    if (kind === NAME) name = reader.take(reader.byte()).toString("utf8");
    else if (kind === ITERATIONS) iterationsExponent = reader.byte();
    else if (kind === BEACON) value = reader.take(reader.byte()).toString("hex");
    else throw new Error(`a contribution has an unknown parameter ${kind}`);
  }
  return value === undefined ? { name } : { name, beacon: { value, iterationsExponent } };
}

/** @throws CircuitError when the file is no proving key. Whether the contributions are valid is for `assertChain` to say. */
export async function contributionsOf(zkey: string): Promise<Contribution[]> {
  const { G1, G2 } = await bn128();
  try {
    const reader = new Reader(sectionOf(await readFile(zkey)));
    reader.take(HASH_BYTES);
    return Array.from({ length: reader.number() }, () => {
      const hash = blake2b.create({ dkLen: HASH_BYTES });
      // deltaAfter, g1_s, g1_sx in G1; g2_spx in G2; the transcript
      for (const group of [G1, G1, G1, G2]) hash.update(uncompressed(group, reader.take(2 * group.F.n8)));
      hash.update(reader.take(HASH_BYTES));
      const type = reader.number();
      const parameters = readParameters(reader, reader.number());
      if (type !== (parameters.beacon === undefined ? OF_PARTY : OF_BEACON))
        throw new Error(
          `a contribution of type ${type} ${parameters.beacon === undefined ? "has no" : "names a"} beacon`,
        );
      return { ...parameters, hash: Buffer.from(hash.digest()).toString("hex") };
    });
  } catch (error) {
    throw new CircuitError("KEY_UNREADABLE", `cannot read the contributions of ${zkey}: ${(error as Error).message}`);
  }
}

function uncompressed(group: Group, stored: Buffer): Uint8Array {
  const bytes = new Uint8Array(stored.length);
  group.toRprUncompressed(bytes, 0, group.fromRprLEM(new Uint8Array(stored), 0));
  return bytes;
}

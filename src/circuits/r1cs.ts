// SPDX-License-Identifier: GPL-3.0-or-later
/** Reads what a compiled circuit says of itself. Format: https://github.com/iden3/r1csfile/blob/master/doc/r1cs_bin_format.md */
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";

export interface R1csHeader {
  readonly prime: bigint;
  readonly wires: number;
  readonly publicSignals: number;
  readonly privateInputs: number;
  readonly constraints: number;
}

const HEADER_SECTION = 1;
const MAGIC = "r1cs";

/** The bytes of each section, by its number. @throws Error when the file is no r1cs file. */
export function sectionsOf(file: Buffer, name: string): ReadonlyMap<number, Buffer> {
  if (file.toString("latin1", 0, 4) !== MAGIC || file.readUInt32LE(4) !== 1) throw new Error(`${name} is no r1cs file`);
  const sections = new Map<number, Buffer>();
  let position = 12;
  for (let count = file.readUInt32LE(8); count > 0; count--) {
    const length = Number(file.readBigUInt64LE(position + 4));
    sections.set(file.readUInt32LE(position), file.subarray(position + 12, position + 12 + length));
    position += 12 + length;
  }
  return sections;
}

/** A field element of 32 bytes, little-endian. */
export function elementAt(bytes: Buffer, offset: number): bigint {
  const low = bytes.readBigUInt64LE(offset) | (bytes.readBigUInt64LE(offset + 8) << 64n);
  const high = bytes.readBigUInt64LE(offset + 16) | (bytes.readBigUInt64LE(offset + 24) << 64n);
  return low | (high << 128n);
}

export function headerOf(sections: ReadonlyMap<number, Buffer>, name: string): R1csHeader {
  const header = sections.get(HEADER_SECTION);
  if (header?.readUInt32LE(0) !== 32) throw new Error(`${name} is not over a field of 32 bytes`);
  const word = (index: number): number => header.readUInt32LE(36 + 4 * index);
  return {
    prime: elementAt(header, 4),
    wires: word(0),
    publicSignals: word(1) + word(2),
    privateInputs: word(3),
    constraints: word(6),
  };
}

export async function readHeader(file: string): Promise<R1csHeader> {
  return headerOf(sectionsOf(await readFile(file), file), file);
}

/** The names of the public signals in the order of the witness, without the `main.` of the main component. */
export async function readPublicSignals(sym: string, count: number): Promise<string[]> {
  const names = new Array<string>(count);
  for await (const line of createInterface({ input: createReadStream(sym) })) {
    const [, wire, , name] = line.split(",");
    const position = Number(wire);
    // A signal of a component may share a wire with one of the main component, which comes first.
    if (position >= 1 && position <= count) names[position - 1] ??= (name as string).replace(/^main\./, "");
  }
  return names;
}

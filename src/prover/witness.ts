// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Runs the witness program that circom 2 compiles a circuit to. One instance serves any number of inputs.
 * The program's interface: https://docs.circom.io/getting-started/computing-the-witness/ (its generated witness_calculator.js).
 */
import type { CircuitInput } from "../protocol/index.ts";
import { ProverError } from "./errors.ts";

interface Program {
  init(sanityCheck: number): void;
  getFieldNumLen32(): number;
  getRawPrime(): void;
  getWitnessSize(): number;
  getInputSize(): number;
  getInputSignalSize(hashHigh: number, hashLow: number): number;
  setInputSignal(hashHigh: number, hashLow: number, position: number): void;
  getWitness(position: number): void;
  readSharedRWMemory(word: number): number;
  writeSharedRWMemory(word: number, value: number): void;
  getMessageChar(): number;
}

const REASONS: Readonly<Record<number, string>> = {
  1: "unknown signal",
  2: "too many signals set",
  3: "signal set twice",
  4: "a constraint does not hold",
  5: "not enough memory",
  6: "an array is longer than its signal",
};

const WORD = 32n;
const LOW = 0xffffffffn;

/** FNV-1a, 64 bits: how the program names its signals. */
function fnv(name: string): [number, number] {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(name, "utf8")) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return [Number(hash >> WORD), Number(hash & LOW)];
}

const flat = (value: CircuitInput[string]): readonly bigint[] => (typeof value === "bigint" ? [value] : value.flat());

export class WitnessCalculator {
  readonly #module: WebAssembly.Module;
  readonly #words: number;
  readonly #prime: bigint;
  /** Undefined after a failure, which leaves the program's memory in an unknown state. */
  #program: Program | undefined;
  /** Where the program says that something is wrong: template and line, no values. */
  #trace: string[] = [];

  private constructor(module: WebAssembly.Module) {
    this.#module = module;
    const program = this.#ready();
    this.#words = program.getFieldNumLen32();
    program.getRawPrime();
    this.#prime = this.#readElement(program);
  }

  static async load(wasm: Uint8Array): Promise<WitnessCalculator> {
    return new WitnessCalculator(await WebAssembly.compile(new Uint8Array(wasm)));
  }

  #ready(): Program {
    if (this.#program !== undefined) return this.#program;
    const message = (): string => {
      let text = "";
      for (let code = program.getMessageChar(); code !== 0; code = program.getMessageChar()) {
        text += String.fromCharCode(code);
      }
      return text;
    };
    const instance = new WebAssembly.Instance(this.#module, {
      runtime: {
        exceptionHandler(code: number): never {
          throw new ProverError("INPUT_REJECTED", REASONS[code] ?? `the witness program failed with code ${code}`);
        },
        printErrorMessage: () => this.#trace.push(message().trim()),
        writeBufferMessage: message,
        showSharedRWMemory: () => undefined,
      },
    });
    const program = instance.exports as unknown as Program;
    this.#program = program;
    return program;
  }

  #readElement(program: Program): bigint {
    let value = 0n;
    for (let word = this.#words - 1; word >= 0; word--) {
      value = (value << WORD) | BigInt(program.readSharedRWMemory(word) >>> 0);
    }
    return value;
  }

  #setInput(program: Program, name: string, values: readonly bigint[]): void {
    const [high, low] = fnv(name);
    const size = program.getInputSignalSize(high, low);
    if (size < 0) throw new ProverError("INPUT_REJECTED", `the circuit has no input ${name}`);
    if (size !== values.length) {
      throw new ProverError("INPUT_REJECTED", `input ${name} takes ${size} values, and got ${values.length}`);
    }
    for (const [position, value] of values.entries()) {
      if (value < 0n || value >= this.#prime) {
        throw new ProverError("INPUT_REJECTED", `input ${name} is not below the field modulus`);
      }
      for (let word = 0, rest = value; word < this.#words; word++, rest >>= WORD) {
        program.writeSharedRWMemory(word, Number(rest & LOW));
      }
      program.setInputSignal(high, low, position);
    }
  }

  #run(input: CircuitInput): Program {
    const program = this.#ready();
    this.#trace = [];
    try {
      program.init(0);
      let count = 0;
      for (const [name, value] of Object.entries(input)) {
        const values = flat(value);
        this.#setInput(program, name, values);
        count += values.length;
      }
      const expected = program.getInputSize();
      if (count !== expected) {
        throw new ProverError("INPUT_REJECTED", `the circuit takes ${expected} input values, and got ${count}`);
      }
      return program;
    } catch (error) {
      this.#program = undefined;
      if (!(error instanceof ProverError)) throw error;
      throw new ProverError(error.code, [error.message, ...this.#trace].join("; "));
    }
  }

  /**
   * The witness as bytes of a `.wtns` file, version 2.
   * @throws ProverError INPUT_REJECTED when the input has no valid witness; the message names templates and lines, no values.
   */
  calculateFile(input: CircuitInput): Uint8Array {
    const program = this.#run(input);
    const words = this.#words;
    const size = program.getWitnessSize();
    const file = new Uint32Array(11 + words + size * words);
    const bytes = new Uint8Array(file.buffer);
    const copy = (offset: number): void => {
      for (let word = 0; word < words; word++) file[offset + word] = program.readSharedRWMemory(word);
    };
    bytes.set(Buffer.from("wtns"));
    // Version, number of sections. Section 1: id, length (64 bits), bytes per element, prime, count.
    file.set([2, 2, 1, 8 + 4 * words, 0, 4 * words], 1);
    program.getRawPrime();
    copy(7);
    // Section 2: id, length (64 bits), elements.
    file.set([size, 2, 4 * words * size, 0], 7 + words);
    for (let position = 0; position < size; position++) {
      program.getWitness(position);
      copy(11 + words * (1 + position));
    }
    return bytes;
  }

  /** The witness as numbers: 1, then the public signals, then the rest. @throws ProverError INPUT_REJECTED */
  calculate(input: CircuitInput): bigint[] {
    const program = this.#run(input);
    return Array.from({ length: program.getWitnessSize() }, (_, position) => {
      program.getWitness(position);
      return this.#readElement(program);
    });
  }
}

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A set of 32-byte numbers that keeps each one's position: 32 bytes for a number and some 8 for finding it, where a Map of bigints takes
 * several times that. Open addressing; the hash is keyed anew in every process, so that nobody can choose numbers that collide.
 */
import { randomBytes } from "node:crypto";

const WORDS = 4;
const EMPTY = 0xffffffff;

export class KeyTable {
  #words = new BigUint64Array(WORDS * 1_024);
  #slots = new Uint32Array(2_048).fill(EMPTY);
  #size = 0;
  readonly #seeds = Array.from({ length: 2 * WORDS }, () => randomBytes(4).readUInt32LE() | 1);

  get size(): number {
    return this.#size;
  }

  /** -1 where it is not. */
  indexOf(key: bigint): number {
    return this.#slots[this.#slotOf(key)] === EMPTY ? -1 : (this.#slots[this.#slotOf(key)] as number);
  }

  has(key: bigint): boolean {
    return this.#slots[this.#slotOf(key)] !== EMPTY;
  }

  /** Its position: a new one at the end, or where it was before. */
  add(key: bigint): number {
    const slot = this.#slotOf(key);
    const known = this.#slots[slot] as number;
    if (known !== EMPTY) return known;
    const index = this.#size;
    if (WORDS * (index + 1) > this.#words.length) {
      const larger = new BigUint64Array(2 * this.#words.length);
      larger.set(this.#words);
      this.#words = larger;
    }
    for (let word = 0; word < WORDS; word++) {
      this.#words[WORDS * index + word] = BigInt.asUintN(64, key >> BigInt(64 * word));
    }
    this.#slots[slot] = index;
    this.#size += 1;
    if (2 * this.#size > this.#slots.length) this.#rehash();
    return index;
  }

  keyAt(index: number): bigint {
    let key = 0n;
    for (let word = WORDS - 1; word >= 0; word--) key = (key << 64n) | (this.#words[WORDS * index + word] ?? 0n);
    return key;
  }

  /** Where the key is, or would be. */
  #slotOf(key: bigint): number {
    const mask = this.#slots.length - 1;
    for (let slot = this.#hashOf(key) & mask; ; slot = (slot + 1) & mask) {
      const index = this.#slots[slot] as number;
      if (index === EMPTY || this.#isAt(index, key)) return slot;
    }
  }

  #isAt(index: number, key: bigint): boolean {
    for (let word = 0; word < WORDS; word++) {
      if (this.#words[WORDS * index + word] !== BigInt.asUintN(64, key >> BigInt(64 * word))) return false;
    }
    return true;
  }

  #hashOf(key: bigint): number {
    let hash = 0;
    for (let part = 0; part < 2 * WORDS; part++) {
      const word = Number(BigInt.asUintN(32, key >> BigInt(32 * part)));
      hash = Math.imul(hash ^ word, this.#seeds[part] as number);
      hash ^= hash >>> 15;
    }
    return hash >>> 0;
  }

  #rehash(): void {
    this.#slots = new Uint32Array(2 * this.#slots.length).fill(EMPTY);
    const mask = this.#slots.length - 1;
    for (let index = 0; index < this.#size; index++) {
      let slot = this.#hashOf(this.keyAt(index)) & mask;
      while (this.#slots[slot] !== EMPTY) slot = (slot + 1) & mask;
      this.#slots[slot] = index;
    }
  }
}

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What tells which tickets are whose is sealed in the wallet's file: AES-256-GCM under a key that follows from the seed (HKDF-SHA-256), each
 * value with a random nonce and bound to its place, so that none can be put elsewhere. A file without its seed tells how many tickets were
 * used and when folds are due, and names none of them.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import type { SQLOutputValue } from "node:sqlite";

import { WalletError } from "./errors.ts";

const KEY_LABEL = "jeton.wallet-file.v1";
const CIPHER = "aes-256-gcm";
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;

/** Columns that are sealed. */
export type SealedColumn =
  | "tickets.opening"
  | "tickets.refund"
  | "calls.request"
  | "calls.receipt"
  | "states.state"
  | "states.signature"
  | "folds.request"
  | "disputes.file"
  | "grievances.evidence";

/** The account whose row it is. */
export interface Owner {
  readonly poolHash: bigint;
  readonly account: number;
}

export class Seal {
  readonly #key: Buffer;

  constructor(seed: Uint8Array) {
    this.#key = Buffer.from(hkdfSync("sha256", seed, new Uint8Array(), KEY_LABEL, 32));
  }

  /** @param row the rest of the row's key, by which it is found again. */
  seal(text: string, owner: Owner, column: SealedColumn, ...row: readonly number[]): Uint8Array {
    const nonce = randomBytes(NONCE_LENGTH);
    const cipher = createCipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_LENGTH });
    cipher.setAAD(placeOf(owner, column, row));
    return Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  }

  /** @throws WalletError WALLET_UNREADABLE for what was not sealed with this seed, for this place */
  open(value: SQLOutputValue | undefined, owner: Owner, column: SealedColumn, ...row: readonly number[]): string {
    try {
      if (!(value instanceof Uint8Array)) throw new TypeError("the value is not sealed");
      const tagStart = value.length - TAG_LENGTH;
      const nonce = value.subarray(0, NONCE_LENGTH);
      const decipher = createDecipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_LENGTH });
      decipher.setAAD(placeOf(owner, column, row));
      decipher.setAuthTag(value.subarray(tagStart));
      return decipher.update(value.subarray(NONCE_LENGTH, tagStart), undefined, "utf8") + decipher.final("utf8");
    } catch (error) {
      throw new WalletError("WALLET_UNREADABLE", `a value of ${column} in the wallet's file was changed or moved`, {
        cause: error,
      });
    }
  }

  close(): void {
    this.#key.fill(0);
  }
}

const placeOf = ({ poolHash, account }: Owner, column: SealedColumn, row: readonly number[]): Buffer =>
  Buffer.from(JSON.stringify([poolHash.toString(), account, column, ...row]), "utf8");

// SPDX-License-Identifier: GPL-3.0-or-later
/** One account's states and folds in the wallet's file. Every method that writes is one transaction. */
import { z } from "zod";

import { NO_SIGNATURE } from "../protocol/index.ts";
import type { Signature, SignedState, State } from "../protocol/index.ts";
import type { Row } from "../storage/index.ts";
import { foldRequest, refundTicket } from "../wire/index.ts";
import type { FoldRequest } from "../wire/index.ts";
import type { AccountFile } from "./account-file.ts";
import { json, number, parsed } from "./columns.ts";
import type { WalletStore } from "./store.ts";

/** A state that stands. */
export interface KnownState {
  readonly state: State;
  /** Undefined: certified on chain, and final. */
  readonly signature: Signature | undefined;
}

/** As circuits take it: where a state is certified they look at no signature. */
export const asSigned = ({ state, signature }: KnownState): SignedState => ({
  state,
  signature: signature ?? NO_SIGNATURE,
});

export interface FoldRecord {
  readonly position: number;
  readonly indices: readonly number[];
  readonly request: FoldRequest;
  /** Its state is certified on chain, and final, and the provider has not signed it. */
  readonly isFinal: boolean;
}

const signatureJson = refundTicket.shape.signature;
/** Without k, which the file does not hold. */
const stateJson = z.object({ budget: z.coerce.bigint(), returnedHolds: z.coerce.bigint(), rho: z.coerce.bigint() });

/** The newest state, and the newest that is signed. */
const MOST_OPENED = 2;

const isSameValue = (one: Row[string] | undefined, other: Row[string] | undefined): boolean =>
  one instanceof Uint8Array && other instanceof Uint8Array ? Buffer.compare(one, other) === 0 : one === other;

const isSameRow = (one: Row, other: Row): boolean =>
  isSameValue(one["state"], other["state"]) && isSameValue(one["signature"], other["signature"]);

export class FoldRecords {
  readonly #file: AccountFile;
  readonly #store: WalletStore;
  readonly #account: number;
  /** The states that were opened last, with what they were opened from: every call asks for the newest. */
  readonly #opened = new Map<number, { readonly row: Row; readonly state: KnownState }>();

  constructor(file: AccountFile) {
    this.#file = file;
    this.#store = file.store;
    this.#account = file.id;
  }

  /** Every state that stands, oldest first. */
  states(identitySecret: bigint): KnownState[] {
    const query = "SELECT * FROM states WHERE account = ? ORDER BY position";
    return this.#store.all(query, this.#account).map((row) => this.#stateOf(identitySecret, row));
  }

  /** The newest state that the provider signed: what tickets are proved from. */
  newestSigned(identitySecret: bigint): SignedState | undefined {
    const newest = this.#newest(identitySecret, "AND signature IS NOT NULL");
    return newest && asSigned(newest);
  }

  /** The newest state that stands, signed or certified. */
  newest(identitySecret: bigint): KnownState | undefined {
    return this.#newest(identitySecret, "");
  }

  addState(state: KnownState): void {
    this.#store.transaction(() => this.insertState(state));
  }

  /** The folds whose proof has left, or is about to, that are not signed and have not fallen, oldest first. */
  unsigned(): FoldRecord[] {
    const query = "SELECT * FROM folds WHERE account = ? AND is_signed = 0 AND is_fallen = 0 ORDER BY position";
    return this.#store.all(query, this.#account).map((row) => {
      const position = number(row["position"]);
      return {
        position,
        indices: z.array(z.number()).parse(parsed(row["indices"])),
        request: foldRequest.parse(JSON.parse(this.#file.open(row["request"], "folds.request", position))),
        isFinal: row["is_final"] === 1,
      };
    });
  }

  /** How many folds have fallen. */
  fallen(): number {
    const query = "SELECT COUNT(*) AS count FROM folds WHERE account = ? AND is_fallen = 1";
    return number(this.#store.get(query, this.#account)?.["count"]);
  }

  /** From here on these tickets belong to this fold, and are never grouped otherwise. */
  add(indices: readonly number[], request: FoldRequest): FoldRecord {
    return this.#store.transaction(() => this.insert(indices, request));
  }

  /** The same fold, proved on the same state in the other way: signed or certified. */
  replaceRequest({ position }: FoldRecord, request: FoldRequest): void {
    this.#store.transaction(() =>
      this.#store.run(
        "UPDATE folds SET request = ? WHERE account = ? AND position = ?",
        ...[this.#file.seal(json(request), "folds.request", position), this.#account, position],
      ),
    );
  }

  /** The provider signed its state, which may stand already. */
  sign({ position }: FoldRecord, { state, signature }: SignedState): void {
    this.#store.transaction(() => {
      this.#mark(position, "is_signed");
      const standing = this.#positionOf(state);
      if (standing === undefined) return this.insertState({ state, signature });
      this.#store.run(
        "UPDATE states SET signature = ? WHERE account = ? AND position = ?",
        ...[this.#sealSignature(signature, standing), this.#account, standing],
      );
    });
  }

  /** Its state is certified, and final. Nothing changes if it stands already. */
  finalize({ position }: FoldRecord, state: State): void {
    this.#store.transaction(() => {
      this.#mark(position, "is_final");
      if (this.#positionOf(state) === undefined) this.insertState({ state, signature: undefined });
    });
  }

  /** Its state never stands. */
  fall({ position }: FoldRecord): void {
    this.#store.transaction(() => this.#mark(position, "is_fallen"));
  }

  /** A part of its caller's transaction. */
  insertState({ state, signature }: KnownState): void {
    const row = this.#store.get("SELECT COUNT(*) AS count FROM states WHERE account = ?", this.#account);
    const position = number(row?.["count"]);
    this.#store.run(
      "INSERT INTO states (account, position, state, signature) VALUES (?, ?, ?, ?)",
      ...[this.#account, position, this.#file.seal(json(stateJson.parse(state)), "states.state", position)],
      signature === undefined ? null : this.#sealSignature(signature, position),
    );
  }

  /** A part of its caller's transaction. */
  insert(indices: readonly number[], request: FoldRequest): FoldRecord {
    const row = this.#store.get("SELECT COUNT(*) AS count FROM folds WHERE account = ?", this.#account);
    const position = number(row?.["count"]);
    this.#store.run(
      "INSERT INTO folds (account, position, indices, request) VALUES (?, ?, ?, ?)",
      ...[this.#account, position, json(indices), this.#file.seal(json(request), "folds.request", position)],
    );
    const assign = "UPDATE tickets SET fold = ? WHERE account = ? AND ticket_index = ?";
    for (const index of indices) this.#store.run(assign, position, this.#account, index);
    return { position, indices, request, isFinal: false };
  }

  #mark(position: number, flag: "is_signed" | "is_final" | "is_fallen"): void {
    this.#store.run(`UPDATE folds SET ${flag} = 1 WHERE account = ? AND position = ?`, this.#account, position);
  }

  #newest(identitySecret: bigint, condition: string): KnownState | undefined {
    const query = `SELECT * FROM states WHERE account = ? ${condition} ORDER BY position DESC LIMIT 1`;
    const row = this.#store.get(query, this.#account);
    if (row === undefined) return undefined;
    const position = number(row["position"]);
    const known = this.#opened.get(position);
    if (known !== undefined && isSameRow(known.row, row) && known.state.state.identitySecret === identitySecret)
      return known.state;
    const state = this.#stateOf(identitySecret, row);
    if (this.#opened.size >= MOST_OPENED) this.#opened.clear();
    this.#opened.set(position, { row, state });
    return state;
  }

  #stateOf(identitySecret: bigint, row: Row): KnownState {
    const position = number(row["position"]);
    const signature = this.#file.openOrNone(row["signature"], "states.signature", position);
    const state = stateJson.parse(JSON.parse(this.#file.open(row["state"], "states.state", position)));
    return {
      state: { identitySecret, ...state },
      signature: signature === undefined ? undefined : signatureJson.parse(JSON.parse(signature)),
    };
  }

  #sealSignature(signature: Signature, position: number): Uint8Array {
    return this.#file.seal(json(signature), "states.signature", position);
  }

  #positionOf({ rho }: State): number | undefined {
    const position = this.states(0n).findIndex(({ state }) => state.rho === rho);
    return position === -1 ? undefined : position;
  }
}

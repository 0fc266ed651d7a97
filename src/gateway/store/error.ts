// SPDX-License-Identifier: GPL-3.0-or-later
/** Why a store could not be opened, or does not answer. */
export class GatewayStoreError extends Error {
  /**
   * OTHER_POOL, NEWER_SCHEMA, UNREADABLE: it cannot be opened, and trying again does not help. UNREACHABLE: its server does not answer.
   * BUSY: others held it for too long.
   */
  readonly code: "OTHER_POOL" | "NEWER_SCHEMA" | "UNREADABLE" | "UNREACHABLE" | "BUSY";

  constructor(code: GatewayStoreError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "GatewayStoreError";
    this.code = code;
  }
}

/** A store of a newer program. */
export const newerSchema = (found: number, known: number): GatewayStoreError =>
  new GatewayStoreError(
    "NEWER_SCHEMA",
    `the store has schema ${found}, and this program knows up to ${known}: use a newer program`,
  );

export const otherPool = (): GatewayStoreError =>
  new GatewayStoreError("OTHER_POOL", "the store belongs to another pool");

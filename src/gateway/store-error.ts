// SPDX-License-Identifier: GPL-3.0-or-later
/** Why a store could not be opened. */
export class GatewayStoreError extends Error {
  readonly code: "OTHER_POOL" | "NEWER_SCHEMA" | "UNREADABLE";

  constructor(code: GatewayStoreError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "GatewayStoreError";
    this.code = code;
  }
}

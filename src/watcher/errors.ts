// SPDX-License-Identifier: GPL-3.0-or-later
/** Why a watcher cannot work. Codes are stable; a caller can switch on them. */
export type WatcherErrorCode =
  /** Another process has the file open. */
  | "WATCHER_LOCKED"
  /** The file is no watcher's, or of a newer program. */
  | "WATCHER_FILE_UNREADABLE"
  /** The file holds another pool under this name. */
  | "POOL_MISMATCH"
  /** The settings do not allow to work on this pool. */
  | "POOL_REFUSED"
  /** The feed cannot be believed as it stands: malformed, with gaps, or changed again right after it was read anew. */
  | "FEED_UNREADABLE"
  /** The value of the bounty is not known. */
  | "PRICE_UNKNOWN";

export class WatcherError extends Error {
  readonly code: WatcherErrorCode;

  constructor(code: WatcherErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "WatcherError";
    this.code = code;
  }
}

// SPDX-License-Identifier: GPL-3.0-or-later
/** Files that both parties keep. */
export { SqliteFile } from "./sqlite.ts";
export type { Row } from "./sqlite.ts";

// SPDX-License-Identifier: GPL-3.0-or-later
/** The results for people. */
import type { Result } from "./run.ts";

export function toTable(results: readonly Result[]): string {
  const rows = results.map(({ id, campaign, isCaught, by, seconds }) => [
    id,
    campaign,
    isCaught ? (by.split("\n")[0] ?? "") : `NOT CAUGHT ${by.split("\n")[0] ?? ""}`,
    seconds.toFixed(1),
  ]);
  const lines = [["planted bug", "campaign", "caught by", "seconds"], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  const text = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const caught = results.filter(({ isCaught }) => isCaught).length;
  return [...text, "", `${caught} of ${results.length} planted bugs caught`].join("\n");
}

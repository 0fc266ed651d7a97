// SPDX-License-Identifier: GPL-3.0-or-later
/** What a campaign counted, left for the command that ran it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The folder; unset in ordinary test runs, which leave nothing behind. */
export const FIGURES_VARIABLE = "JETON_FIGURES";

export type Figures = Readonly<Record<string, number | string>>;

/** Whether the long budgets were asked for (`npm run test:deep`). */
export const isDeep = (): boolean => process.env["JETON_DEEP"] === "1";

export function recordFigures(name: string, figures: Figures): void {
  const folder = process.env[FIGURES_VARIABLE];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(figures, null, 2)}\n`);
}

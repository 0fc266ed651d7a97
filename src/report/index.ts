// SPDX-License-Identifier: GPL-3.0-or-later
/** Reports for people: a typed document becomes one HTML page that stands alone, with tables and charts. */
export * from "./document.ts";
export * from "./errors.ts";
export { histogramOf } from "./histogram.ts";
export { fullNumber, shortNumber } from "./numbers.ts";
export { renderReport } from "./page.ts";

// SPDX-License-Identifier: GPL-3.0-or-later
/** What is wrong with a document that cannot be drawn: a mistake of the program that made it. */
export type ReportErrorCode = "CHART_INVALID" | "TABLE_INVALID";

export class ReportError extends Error {
  readonly code: ReportErrorCode;

  constructor(code: ReportErrorCode, message: string) {
    super(message);
    this.name = "ReportError";
    this.code = code;
  }
}

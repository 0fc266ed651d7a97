// SPDX-License-Identifier: GPL-3.0-or-later
/** An answer that this machine gives. */
export interface LocalAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export const jsonAnswer = (value: unknown, status = 200): LocalAnswer => ({
  status,
  contentType: "application/json",
  body: JSON.stringify(value),
});

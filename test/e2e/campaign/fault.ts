// SPDX-License-Identifier: GPL-3.0-or-later
/** The chain did, or says, something that it must not. */
export class Fault extends Error {
  override readonly name = "Fault";
}

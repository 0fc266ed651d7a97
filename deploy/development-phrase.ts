// SPDX-License-Identifier: GPL-3.0-or-later
/** The phrase of Hardhat's and anvil's funded accounts: public, for local chains only. */
export const DEVELOPMENT_MNEMONIC = "test test test test test test test test test test test junk";

// SPDX-License-Identifier: GPL-3.0-or-later
/** Poseidon and the tree, which all pools share. */
import type { DeployStep } from "./context.ts";
import { ensureContract } from "./create.ts";

export const libraries: DeployStep = {
  name: "01-libraries",
  run: async (context) => {
    await ensureContract(context, "PoseidonT3");
    await ensureContract(context, "LeanIMT");
  },
};

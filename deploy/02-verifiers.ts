// SPDX-License-Identifier: GPL-3.0-or-later
/** The verifiers of everything that is proved on chain, as the key set's manifest has them. */
import { VERIFIED_STATEMENTS, VERIFIERS } from "../src/chain/index.ts";
import type { DeployStep } from "./context.ts";
import { ensureContract } from "./create.ts";

export const verifiers: DeployStep = {
  name: "02-verifiers",
  run: async (context) => {
    for (const statement of VERIFIED_STATEMENTS) await ensureContract(context, VERIFIERS[statement]);
    await context.save({ keys: context.options.manifest.purpose });
  },
};

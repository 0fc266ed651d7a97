// SPDX-License-Identifier: GPL-3.0-or-later
/** The verifiers of closes and slashes, as the key set's manifest has them. */
import type { DeployStep } from "./context.ts";
import { ensureContract } from "./create.ts";

export const verifiers: DeployStep = {
  name: "02-verifiers",
  run: async (context) => {
    await ensureContract(context, "CloseVerifier");
    await ensureContract(context, "SlashVerifier");
    await context.save({ keys: context.options.manifest.purpose });
  },
};

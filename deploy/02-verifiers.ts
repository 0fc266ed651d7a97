// SPDX-License-Identifier: GPL-3.0-or-later
/** The verifiers of everything that is proved on chain, as the key set's manifest has them. */
import type { DeployStep } from "./context.ts";
import { ensureContract } from "./create.ts";

/** The verifier contract of each statement, in the order in which the factory takes them. */
export const VERIFIERS = {
  close: "CloseVerifier",
  slash: "SlashVerifier",
  fold: "FoldVerifier",
  request: "RequestVerifier",
  refund: "RefundVerifier",
} as const;

export type VerifiedStatement = keyof typeof VERIFIERS;

export const VERIFIED_STATEMENTS = Object.keys(VERIFIERS) as readonly VerifiedStatement[];

export const verifiers: DeployStep = {
  name: "02-verifiers",
  run: async (context) => {
    for (const statement of VERIFIED_STATEMENTS) await ensureContract(context, VERIFIERS[statement]);
    await context.save({ keys: context.options.manifest.purpose });
  },
};

// SPDX-License-Identifier: GPL-3.0-or-later
/** The leaves of a pool's tree, page by page, for those who do not read all of the chain's events themselves. */
import { z } from "zod";

import { amount, fieldElement } from "./values.ts";

const MAX_LEAVES_PAGE = 1_000;

/** The leaves after the first `after` ones. */
export const leavesRequest = z
  .object({
    after: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
    limit: z.number().int().min(1).max(MAX_LEAVES_PAGE).default(MAX_LEAVES_PAGE),
  })
  .strict();

/** Of blocks that can no longer be reorganized. A leaf is H(identityCommitment, deposit): who rebuilds the tree computes it. */
export const leavesPage = z
  .object({
    leaves: z
      .array(z.object({ index: z.number().int().min(0), identityCommitment: fieldElement, deposit: amount }).strict())
      .max(MAX_LEAVES_PAGE)
      .readonly(),
    /** Where the next page begins. */
    next: z.number().int().min(0),
    /** There were no more when it was read. */
    isEnd: z.boolean(),
  })
  .strict();

export type LeavesRequest = z.output<typeof leavesRequest>;
export type LeavesPage = z.output<typeof leavesPage>;
export type LeavesPageJson = z.input<typeof leavesPage>;

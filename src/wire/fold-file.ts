// SPDX-License-Identifier: GPL-3.0-or-later
/** A fold for the chain: to certify it, or to show it in a challenge. */
import { z } from "zod";

import { fileFormat } from "./files.ts";
import { foldRequest } from "./messages.ts";
import { chainIdentity } from "./values.ts";

const fold = z.object({ ...chainIdentity, ...foldRequest.shape }).strict();

/** A `FoldRequest` with the pool that it is for. */
export type FoldFile = z.output<typeof fold>;

export const foldFile = fileFormat<FoldFile>("jeton.fold.v1", "the fold", fold);

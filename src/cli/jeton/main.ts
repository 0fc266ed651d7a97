// SPDX-License-Identifier: GPL-3.0-or-later
/** Runs `jeton` on the process's arguments. */
import { jetonProgram } from "./program.ts";

await jetonProgram().parseAsync();

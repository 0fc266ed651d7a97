// SPDX-License-Identifier: GPL-3.0-or-later
/** Runs `jeton`. Its commands are listed in program.ts. */
import { jetonProgram } from "./program.ts";

await jetonProgram().parseAsync();

#!/usr/bin/env node
// SPDX-License-Identifier: GPL-3.0-or-later
import { register } from "tsx/esm/api";

register();
await import("../src/cli/jeton/main.ts");

// SPDX-License-Identifier: GPL-3.0-or-later
/** What stands in the columns of the wallet's file: numbers, text, JSON with bigints as decimal strings. */
import type { SQLOutputValue } from "node:sqlite";

import { z } from "zod";

import { toJson } from "../wire/index.ts";

const numbers = z.number();
const texts = z.string();
export const number = (value: SQLOutputValue | undefined): number => numbers.parse(value);
export const text = (value: SQLOutputValue | undefined): string => texts.parse(value);
export const parsed = (value: SQLOutputValue | undefined): unknown => JSON.parse(text(value));
export const json = (value: unknown): string => JSON.stringify(toJson(value));

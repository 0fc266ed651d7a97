// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Files that one party writes and another one reads (docs/protocol.md, File formats). Written in the canonical form, so that the hash of
 * the file is the hash of what it says; read in any form, but strictly: an unknown or missing field is refused, with its name.
 */
import type { z } from "zod";

import { ProtocolError } from "../protocol/index.ts";
import { canonicalJson } from "./canonical.ts";
import { describeIssues, toJson } from "./values.ts";

export interface FileFormat<T> {
  readonly format: string;
  /** The file's text, canonical. @throws ProtocolError FILE_FORMAT for what could not be read again */
  toJson(value: T): string;
  /** @throws ProtocolError FILE_FORMAT with the first thing that is wrong */
  fromJson(text: string): T;
}

/**
 * @param format the value of the file's field "format".
 * @param what names the file in errors: "the dispute".
 * @param fields the rest of the file.
 */
export function fileFormat<T>(
  format: string,
  what: string,
  fields: z.ZodType<T, z.ZodTypeDef, unknown>,
): FileFormat<T> {
  const refuse = (reason: string): never => {
    throw new ProtocolError("FILE_FORMAT", `${what} is ${reason}`);
  };
  const read = (value: unknown): T => {
    if (typeof value !== "object" || value === null) return refuse("no JSON object");
    const { format: found, ...rest } = value as Record<string, unknown>;
    if (found !== format) refuse(`no file of the format "${format}"`);
    const result = fields.safeParse(rest);
    return result.success ? result.data : refuse(describeIssues(result.error));
  };
  return {
    format,
    toJson(value) {
      const json = { format, ...(toJson(value) as object) };
      read(json);
      return canonicalJson(json);
    },
    fromJson(text) {
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch {
        return refuse("no JSON");
      }
      return read(value);
    },
  };
}

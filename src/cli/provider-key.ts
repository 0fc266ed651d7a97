// SPDX-License-Identifier: GPL-3.0-or-later
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";

import { providerKey } from "../protocol/index.ts";
import { CliError } from "./errors.ts";
import { required } from "./options.ts";
import type { Outcome } from "./outcome.ts";

interface ProviderKeyArguments {
  readonly out: string | undefined;
  readonly json: boolean;
}

/** `jeton provider key`: makes the key that signs states and refund tickets. The private part goes to a file of its own only. */
export async function makeProviderKey(args: ProviderKeyArguments): Promise<Outcome> {
  const file = resolve(required(args.out, "--out", "a new file for the private key"));
  const privateKey = randomBytes(32);
  const { publicKey, eighth } = providerKey(privateKey);
  await writeFile(file, `${privateKey.toString("hex")}\n`, { mode: 0o600, flag: "wx" }).catch((error: Error) => {
    throw new CliError("FILE_UNREADABLE", `cannot write the private key to ${file}: ${error.message}`, error);
  });
  return { privateKeyFile: file, providerKey: publicKey.map(String), providerKeyEighth: eighth.map(String) };
}

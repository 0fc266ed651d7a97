// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton keystore`: makes and looks at encrypted key files. */
import { Command } from "commander";

import type { Outcome } from "../outcome.ts";
import { jsonOption, saying } from "./action.ts";
import { teaching } from "./help.ts";
import type { Teaching } from "./help.ts";

interface ImportFlags {
  readonly keyFile?: string;
}

const keystores = () => import("../keystores.ts");

const HELP: Teaching = {
  about:
    "The password is asked for without echo, or taken from JETON_KEYSTORE_PASSWORD. Use the key with --keystore FILE, or JETON_KEYSTORE.",
  examples: ["keystore new deployer.json", "deploy --network base-sepolia --keystore deployer.json"],
};

export const keystoreCommand = (): Command =>
  teaching(
    new Command("keystore")
      .description("encrypted files of keys that send transactions")
      .helpCommand(false)
      .addCommand(
        new Command("new")
          .description("make a key and encrypt it")
          .argument("<file>", "a new file")
          .addOption(jsonOption())
          .action(saying(async (file: string): Promise<Outcome> => (await keystores()).newKeystore(file), 1)),
      )
      .addCommand(
        new Command("import")
          .description("encrypt a key that you have")
          .argument("<file>", "a new file")
          .option("--key-file <file>", "the private key in hexadecimal; a question otherwise")
          .addOption(jsonOption())
          .action(
            saying(
              async (file: string, { keyFile }: ImportFlags): Promise<Outcome> =>
                (await keystores()).importKeystore(file, keyFile),
              1,
            ),
          ),
      )
      .addCommand(
        new Command("address")
          .description("show whose key a file holds, without its password")
          .argument("<file>", "the keystore")
          .addOption(jsonOption())
          .action(saying(async (file: string): Promise<Outcome> => (await keystores()).keystoreAddress(file), 1)),
      ),
    HELP,
  );

// SPDX-License-Identifier: GPL-3.0-or-later
/** The commands. Their code is loaded when they run. */
import { task } from "hardhat/config";
import { ArgumentType } from "hardhat/types/arguments";
import type { TaskDefinition } from "hardhat/types/tasks";

const text = <Name extends string>(name: Name, description: string) => ({
  name,
  description,
  type: ArgumentType.STRING_WITHOUT_DEFAULT as const,
  defaultValue: undefined,
});
const file = <Name extends string>(name: Name, description: string) => ({
  name,
  description,
  type: ArgumentType.FILE_WITHOUT_DEFAULT as const,
  defaultValue: undefined,
});
const number = <Name extends string>(name: Name, description: string, defaultValue: number) => ({
  name,
  description,
  type: ArgumentType.INT as const,
  defaultValue,
});

const pool = {
  name: "pool",
  description: "The pool: an address, or a name on record",
  defaultValue: "default",
} as const;
const json = { name: "json", description: "Print the result as JSON" } as const;
const yes = { name: "yes", description: "Confirm a transaction on a live chain" } as const;
const seed = file("seed", "A file with the wallet's seed, in hexadecimal; the environment's JETON_SEED otherwise");
const account = number("account", "The number of the wallet's account", 0);
const identityCommitment = text("identityCommitment", "The account; the wallet's own otherwise");
const recipient = text("recipient", "Who is paid; the sender otherwise");

export const tasks: TaskDefinition[] = [
  task("deploy", "Deploy Jeton to a network, or continue a deployment")
    .addOption(file("poolConfig", "The pool's file; needed on live networks"))
    .addFlag(yes)
    .addFlag(json)
    .setAction(() => import("./deploy.ts"))
    .build(),
  task("deposit", "Open an account with a deposit")
    .addOption(pool)
    .addOption(text("amount", "The deposit in token units; the stake comes on top"))
    .addOption(seed)
    .addOption(account)
    .addFlag({ name: "mint", description: "Create the demo dollars first (local networks)" })
    .addFlag(yes)
    .addFlag(json)
    .setAction(() => import("./deposit.ts"))
    .build(),
  task("close", "Start to close an account, claiming no refunds")
    .addOption(pool)
    .addOption(text("firstUnused", "The first ticket that was never used: a wrong number costs the account"))
    .addOption(recipient)
    .addOption(seed)
    .addOption(account)
    .addFlag(yes)
    .addFlag(json)
    .setAction(() => import("./close.ts"))
    .build(),
  task("finalize", "Pay out a close whose challenge window has passed")
    .addOption(pool)
    .addOption(identityCommitment)
    .addOption(seed)
    .addOption(account)
    .addFlag(yes)
    .addFlag(json)
    .setAction(() => import("./finalize.ts"))
    .build(),
  task("slash", "Claim the bounty for an account that spent a ticket twice")
    .addOption(file("evidence", "Two shares of one ticket, as JSON"))
    .addOption(recipient)
    .addFlag(yes)
    .addFlag(json)
    .setAction(() => import("./slash.ts"))
    .build(),
  task("expire", "Give the deposit of an account that outlived its lifetime to the provider")
    .addOption(pool)
    .addOption(identityCommitment)
    .addOption(seed)
    .addOption(account)
    .addFlag(yes)
    .addFlag(json)
    .setAction(() => import("./expire.ts"))
    .build(),
  task("pool:info", "Show a pool: parameters, accounts, ledger, and whether it is solvent")
    .addOption(pool)
    .addOption(number("fromBlock", "Where its events begin, for a pool that is not on record", -1))
    .addFlag(json)
    .setAction(() => import("./pool-info.ts"))
    .build(),
  task("provider:key", "Make a provider's signing key")
    .addOption(file("out", "A new file for the private key"))
    .addFlag(json)
    .setAction(() => import("./provider-key.ts"))
    .build(),
  task("anvil", "Run a local OP chain that keeps its state")
    .addOption(number("port", "Where it listens", 8546))
    .addOption(file("state", "Where it is kept; cache/anvil.json otherwise"))
    .setAction(() => import("./anvil.ts"))
    .build(),
];

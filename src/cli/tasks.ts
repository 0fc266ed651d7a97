// SPDX-License-Identifier: GPL-3.0-or-later
/** The commands. Their code is loaded when they run. */
import { emptyTask, task } from "hardhat/config";
import { ArgumentType } from "hardhat/types/arguments";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { TaskDefinition } from "hardhat/types/tasks";

import type { Outcome, Report } from "./report.ts";

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

/** The action of a task from its command, which is loaded when it runs. */
const run =
  <A extends { readonly json: boolean }>(
    load: () => Promise<(args: A, hre: HardhatRuntimeEnvironment) => Promise<Outcome>>,
  ) =>
  async () => {
    const [{ report }, command] = await Promise.all([import("./report.ts"), load()]);
    return {
      default: (args: A, hre: HardhatRuntimeEnvironment): Promise<Report> => report(args, () => command(args, hre)),
    };
  };

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
const amount = text("amount", "How much, in token units");
const nullifier = text("nullifier", "The ticket's nullifier");
const newState = text("newState", "The state of the certified fold");
const fromBlock = number("fromBlock", "Where the pool's events begin, for a pool that is not on record", -1);

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
  emptyTask("pool", "Look at pools").build(),
  task(["pool", "info"], "Show a pool: parameters, accounts, ledger, and whether it is solvent")
    .addOption(pool)
    .addOption(fromBlock)
    .addFlag(json)
    .setAction(() => import("./pool-info.ts"))
    .build(),
  emptyTask("provider", "What a provider needs").build(),
  task(["provider", "key"], "Make a provider's signing key")
    .addOption(file("out", "A new file for the private key"))
    .addFlag(json)
    .setAction(() => import("./provider-key.ts"))
    .build(),
  emptyTask("dispute", "Ask for a refund that a provider withholds, and answer").build(),
  task(["dispute", "open"], "Open a dispute over a ticket")
    .addOption(file("file", "The dispute, as the wallet wrote it"))
    .addFlag(yes)
    .addFlag(json)
    .setAction(run(async () => (await import("./disputes.ts")).openDispute))
    .build(),
  task(["dispute", "answer"], "Answer a dispute with the provider's refund ticket")
    .addOption(file("file", "The answer, as the gateway wrote it"))
    .addFlag(yes)
    .addFlag(json)
    .setAction(run(async () => (await import("./disputes.ts")).answerDispute))
    .build(),
  task(["dispute", "resolve"], "Decide a dispute that was not answered in time, and pay the award")
    .addOption(pool)
    .addOption(nullifier)
    .addFlag(yes)
    .addFlag(json)
    .setAction(run(async () => (await import("./disputes.ts")).resolveDispute))
    .build(),
  task(["dispute", "pay"], "Pay what is still owed of an award")
    .addOption(pool)
    .addOption(nullifier)
    .addFlag(yes)
    .addFlag(json)
    .setAction(run(async () => (await import("./disputes.ts")).payAward))
    .build(),
  emptyTask("violation", "Policy violations").build(),
  task(["violation", "report"], "Report that a ticket broke the provider's policy")
    .addOption(file("file", "The evidence; its hash goes on chain"))
    .addFlag(yes)
    .addFlag(json)
    .setAction(run(async () => (await import("./disputes.ts")).reportViolation))
    .build(),
  emptyTask("fold", "Folds that the chain certifies").build(),
  task(["fold", "certify"], "Certify a fold that the provider does not sign")
    .addOption(file("file", "The fold, as the wallet wrote it"))
    .addFlag(yes)
    .addFlag(json)
    .setAction(run(async () => (await import("./folds.ts")).certifyFold))
    .build(),
  task(["fold", "finalize"], "Make a certified fold final after its window")
    .addOption(pool)
    .addOption(newState)
    .addOption(fromBlock)
    .addFlag(yes)
    .addFlag(json)
    .setAction(run(async () => (await import("./folds.ts")).finalizeFold))
    .build(),
  task(["fold", "challenge"], "Show another fold of a ticket that a pending fold folds")
    .addOption(pool)
    .addOption(newState)
    .addOption(file("conflicting", "The fold that was signed, with its proof"))
    .addOption(fromBlock)
    .addFlag(yes)
    .addFlag(json)
    .setAction(run(async () => (await import("./folds.ts")).challengeFold))
    .build(),
  emptyTask("bond", "The provider's bond").build(),
  task(["bond", "post"], "Add to the provider's bond")
    .addOption(pool)
    .addOption(amount)
    .addFlag(yes)
    .addFlag(json)
    .setAction(run(async () => (await import("./funds.ts")).postBond))
    .build(),
  task(["bond", "announce"], "Give notice of a withdrawal from the bond; 0 takes it back")
    .addOption(pool)
    .addOption(amount)
    .addFlag(yes)
    .addFlag(json)
    .setAction(run(async () => (await import("./funds.ts")).announceBondWithdrawal))
    .build(),
  task(["bond", "withdraw"], "Withdraw from the bond what was announced")
    .addOption(pool)
    .addOption(amount)
    .addOption(recipient)
    .addFlag(yes)
    .addFlag(json)
    .setAction(run(async () => (await import("./funds.ts")).withdrawBond))
    .build(),
  emptyTask("revenue", "The provider's revenue").build(),
  task(["revenue", "withdraw"], "Withdraw from the provider's revenue")
    .addOption(pool)
    .addOption(amount)
    .addOption(recipient)
    .addFlag(yes)
    .addFlag(json)
    .setAction(run(async () => (await import("./funds.ts")).withdrawRevenue))
    .build(),
  task("anvil", "Run a local OP chain that keeps its state")
    .addOption(number("port", "Where it listens", 8546))
    .addOption(file("state", "Where it is kept; cache/anvil.json otherwise"))
    .setAction(() => import("./anvil.ts"))
    .build(),
];

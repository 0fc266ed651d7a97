// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton wallet …`: what users do. Every command can be run again: what is done already is not done twice. */
import { Command, Option } from "commander";

import type { Outcome } from "../outcome.ts";
import { jsonOption, saying } from "./action.ts";
import { teaching } from "./help.ts";
import type { Teaching } from "./help.ts";

/** What each command has, with the home folder and the password. */
function command(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option("--home <folder>", "the wallet's folder; JETON_HOME, or ~/.jeton, otherwise")
    .option("--password-file <file>", "the password; JETON_PASSWORD, or a question, otherwise")
    .addOption(jsonOption());
}

/** A command that talks to the provider. */
const spending = (name: string, description: string): Command =>
  command(name, description).option(
    "--keep-connections",
    "use connections to the gateway again: faster, but it shows which requests belong together",
    false,
  );

/** The command's code is loaded when it runs. */
const runs = <O>(load: () => Promise<(options: O) => Promise<Outcome>>): ((options: O) => Promise<void>) =>
  saying(async (options: O) => (await load())(options));

const account = (): Option => new Option("--account <number>", "which of the wallet's accounts").default("0");
const yes = (): Option => new Option("--yes", "confirm what is asked on live chains").default(false);
const dryRun = (): Option =>
  new Option("--dry-run", "show what would be sent, what it would do and cost, and send nothing").default(false);
const recipient = (): Option => new Option("--recipient <address>", "who is paid; the funding address otherwise");

const connected = (to: Command): Command =>
  to
    .option("--rpc-url <url>", "an endpoint of the pool's chain")
    .option("--pool <address>", "the pool")
    .option("--gateway <url>", "the provider's gateway")
    .option("--from-block <number>", "where the pool was created; needed on live chains");

const keys = () => import("./wallet/keys.ts");
const tickets = () => import("./wallet/tickets.ts");
const closes = () => import("./wallet/close.ts");
const disputes = () => import("./wallet/dispute.ts");

const KEY_COMMANDS = (): Command[] => [
  connected(command("create", "make a wallet: a recovery phrase, encrypted with a password"))
    .option("--words <number>", "of the recovery phrase: 12 or 24", "12")
    .option("--show-phrase", "print the recovery phrase where stderr is no terminal, too", false)
    .action(runs(async () => (await keys()).createWallet)),
  connected(command("import", "make a wallet from a recovery phrase"))
    .option("--phrase-file <file>", "the recovery phrase; a question otherwise")
    .action(runs(async () => (await keys()).importWallet)),
  connected(command("connect", "say where the pool is, or that it is elsewhere now")).action(
    runs(async () => (await keys()).connectWallet),
  ),
  command("address", "show the address that pays for deposits").action(runs(async () => (await keys()).showAddress)),
  command("phrase", "show the recovery phrase").action(runs(async () => (await keys()).showPhrase)),
];

const ACCOUNT_COMMANDS = (): Command[] => [
  spending("deposit", "open an account with the funding address's tokens")
    .requiredOption("--amount <tokens>", "the deposit, such as 5 or 0.25; the stake comes on top")
    .addOption(account())
    .option("--mint", "make the demo dollars first (local networks)", false)
    .option("--accept-development-keys", "on a live chain, although whoever made them can empty the pool", false)
    .addOption(dryRun())
    .addOption(yes())
    .action(runs(async () => (await import("./wallet/deposit.ts")).depositCommand)),
  spending("status", "show balance, tickets, accounts, provider and anonymity set").action(
    runs(async () => (await import("./wallet/status.ts")).statusCommand),
  ),
  spending("enrol", "enrol an account now; the proxy does it by itself, some time after the deposit")
    .addOption(account())
    .action(runs(async () => (await tickets()).enrolCommand)),
  spending("prove", "prove tickets ahead of time")
    .addOption(account())
    .option("--count <number>", "how many should be in stock", "8")
    .action(runs(async () => (await tickets()).proveCommand)),
  spending("fold", "fold refunds into the budget, four at a time")
    .addOption(account())
    .option("--certify", "by the chain, where the provider does not sign; run it again after the window", false)
    .addOption(dryRun())
    .addOption(yes())
    .action(runs(async () => (await tickets()).foldCommand)),
  spending("restore", "fill an imported wallet from the chain and the provider's feed")
    .addOption(account())
    .action(runs(async () => (await tickets()).restoreCommand)),
  spending("close", "close an account and get the rest back")
    .addOption(account())
    .addOption(recipient())
    .option("--first-unused <number>", "the first ticket that was never used; the wallet knows it")
    .option("--round-down-to <tokens>", "claim refunds rounded down, so that the exact sum tells nothing")
    .option("--no-consent", "do not ask the provider: pay out after the challenge window")
    .addOption(dryRun())
    .addOption(yes())
    .action(runs(async () => (await closes()).closeCommand)),
  spending("finalize", "pay out a close after its window")
    .addOption(account())
    .addOption(dryRun())
    .addOption(yes())
    .action(runs(async () => (await closes()).finalizeCommand)),
];

const disputeCommand = (): Command =>
  new Command("dispute")
    .description("ask on chain for refunds that the provider withholds")
    .helpCommand(false)
    .addCommand(
      spending("open", "open the dispute over a used ticket that has no refund")
        .addOption(account())
        .requiredOption("--ticket <number>", "the ticket; `jeton wallet status` names those without a refund")
        .addOption(recipient())
        .option("--out <file>", "write the dispute there, for somebody else to send")
        .addOption(dryRun())
        .addOption(yes())
        .action(runs(async () => (await disputes()).openDisputeCommand)),
    )
    .addCommand(
      spending("list", "show what the chain has of this account's disputes")
        .addOption(account())
        .action(runs(async () => (await disputes()).listDisputesCommand)),
    )
    .addCommand(
      spending("resolve", "decide the disputes that were not answered in time, and get the awards")
        .addOption(account())
        .addOption(dryRun())
        .addOption(yes())
        .action(runs(async () => (await disputes()).resolveDisputesCommand)),
    );

const proxyCommand = (): Command =>
  spending(
    "proxy",
    "run a local server that speaks the provider's API and pays for every call with a ticket of its own",
  )
    .option("--port <port>", "0: any that is free", "8402")
    .option("--host <host>", "where it listens; anything but loopback needs a token", "127.0.0.1")
    .option("--host-name <name...>", "further names by which clients reach it")
    .option("--token-file <file>", "a token that clients must send as API key; JETON_PROXY_TOKEN otherwise")
    .option("--stock <number>", "how many tickets to have proved ahead", "8")
    .option("--quiet", "say nothing about single calls", false)
    .option("--sandbox [folder]", "make a throwaway wallet for `jeton sandbox`, and use that")
    .action(runs(async () => (await import("./wallet/proxy.ts")).proxyCommand));

const HELP: Teaching = {
  about:
    'Each request to a gateway has a connection of its own, on every chain that is not local: nothing on the wire says that two calls belong together. The network address still does: run the whole program through Tor, such as "torsocks jeton wallet proxy". A gateway at an onion address is reached that way, too. The whole way of a user is in docs/wallet.md.',
  examples: [
    "wallet create --rpc-url https://… --pool 0x… --gateway https://gateway.example --from-block 12345678",
    "wallet deposit --amount 5",
    "wallet proxy # pays for every call",
    "wallet close --round-down-to 0.1",
  ],
};

export function walletCommand(): Command {
  const wallet = teaching(
    new Command("wallet").description("deposit, call and close, as a user").helpCommand(false),
    HELP,
  );
  for (const each of [...KEY_COMMANDS(), ...ACCOUNT_COMMANDS(), disputeCommand(), proxyCommand()])
    wallet.addCommand(each);
  return wallet;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/** Every command that works on a chain, once: `jeton` and Hardhat's tasks are made of this table. Their code is loaded when they run. */
import type { Command } from "./command.ts";

export interface OptionSpec {
  /** camelCase; typed as --kebab-case. */
  readonly name: string;
  readonly kind: "text" | "file" | "number" | "flag";
  readonly description: string;
  readonly default?: string | number;
}

/** Under which heading `jeton --help` lists it. */
export type Reader = "Operators" | "Users" | "Anyone";

export interface CommandSpec {
  /** Its words, after the program's name. */
  readonly path: readonly [string, ...string[]];
  readonly description: string;
  readonly options: readonly OptionSpec[];
  /** What else its help says: examples, as they are typed after the program's name; and how it ends, where that is special. */
  readonly examples: readonly string[];
  readonly more?: string;
  readonly exitCodes?: string;
  readonly reader: Reader;
  /** What it needs: a chain to read, a chain and a key, or neither. */
  readonly needs: "key" | "chain" | "nothing";
  readonly load: () => Promise<Command<never>>;
}

const text = (name: string, description: string): OptionSpec => ({ name, kind: "text", description });
const file = (name: string, description: string): OptionSpec => ({ name, kind: "file", description });
const number = (name: string, description: string, standard: number): OptionSpec => ({
  name,
  kind: "number",
  description,
  default: standard,
});
const flag = (name: string, description: string): OptionSpec => ({ name, kind: "flag", description });

const pool: OptionSpec = {
  name: "pool",
  kind: "text",
  description: "the pool: an address, or a name on record",
  default: "default",
};
const json = flag("json", "print the result as JSON");
const sending = [
  flag("dryRun", "show what would be sent, what it would do and cost, and send nothing"),
  flag("yes", "confirm what is asked on a live chain"),
  json,
];
const seed = file("seed", "a file with the wallet's seed, in hexadecimal; the environment's JETON_SEED otherwise");
const account = number("account", "the number of the wallet's account", 0);
const identityCommitment = text("identityCommitment", "the account; the wallet's own otherwise");
const recipient = text("recipient", "who is paid; the sender otherwise");
const amount = text("amount", "how much, in token units");
const nullifier = text("nullifier", "the ticket's nullifier");
const newState = text("newState", "the state of the certified fold");
const fromBlock = number("fromBlock", "where the pool's events begin, for a pool that is not on record", -1);

/** What the groups of commands are about. */
export const GROUPS: Readonly<Record<string, readonly [description: string, reader: Reader]>> = {
  pool: ["look at pools, and check them", "Anyone"],
  provider: ["what a provider needs", "Operators"],
  dispute: ["ask for a refund that a provider withholds, and answer", "Anyone"],
  violation: ["policy violations", "Operators"],
  fold: ["folds that the chain certifies", "Anyone"],
  bond: ["the provider's bond", "Operators"],
  revenue: ["the provider's revenue", "Operators"],
};

export const COMMANDS: readonly CommandSpec[] = [
  {
    path: ["deploy"],
    description: "deploy Jeton to a network, or continue a deployment",
    options: [
      file("poolConfig", "the pool's file; on a live network a terminal is asked for what it needs, and writes it"),
      flag("interactive", "ask for the pool's settings, on local networks too"),
      ...sending,
    ],
    examples: ["deploy --network anvil", "deploy --network base-sepolia --pool-config pool.json --dry-run"],
    more: "What was done is on record in deployments/<chainId>.json: a run that was cut off is continued, and nothing is deployed twice.",
    reader: "Operators",
    needs: "key",
    load: async () => (await import("./deploy.ts")).deployPools,
  },
  {
    path: ["deposit"],
    description: "open an account with a deposit, from a seed (a wallet has its own: jeton wallet deposit)",
    options: [
      pool,
      text("amount", "the deposit in token units; the stake comes on top"),
      seed,
      account,
      flag("mint", "make the demo dollars first (local networks)"),
      ...sending,
    ],
    examples: ["deposit --network anvil --amount 5000000 --seed seed.hex --mint"],
    reader: "Users",
    needs: "key",
    load: async () => (await import("./deposit.ts")).deposit,
  },
  {
    path: ["close"],
    description: "start to close an account, claiming no refunds (a wallet claims them: jeton wallet close)",
    options: [
      pool,
      text("firstUnused", "the first ticket that was never used: a wrong number costs the account"),
      recipient,
      seed,
      account,
      ...sending,
    ],
    more: "What it would pay is shown before it is confirmed, and computed here: a close that an endpoint has seen can be sent by it.",
    examples: ["close --network anvil --first-unused 12 --seed seed.hex"],
    reader: "Users",
    needs: "key",
    load: async () => (await import("./close.ts")).close,
  },
  {
    path: ["finalize"],
    description: "pay out a close whose challenge window has passed",
    options: [pool, identityCommitment, seed, account, ...sending],
    examples: ["finalize --network anvil --identity-commitment 123…"],
    reader: "Anyone",
    needs: "key",
    load: async () => (await import("./finalize.ts")).finalize,
  },
  {
    path: ["slash"],
    description: "claim the bounty for an account that spent a ticket twice",
    options: [file("evidence", "two shares of one ticket, as JSON"), recipient, ...sending],
    examples: ["slash --network anvil --evidence double-spend.json --dry-run"],
    reader: "Anyone",
    needs: "key",
    load: async () => (await import("./slash.ts")).slash,
  },
  {
    path: ["expire"],
    description: "give the deposit of an account that outlived its lifetime to the provider",
    options: [pool, identityCommitment, seed, account, ...sending],
    examples: ["expire --network anvil --identity-commitment 123…"],
    reader: "Anyone",
    needs: "key",
    load: async () => (await import("./expire.ts")).expire,
  },
  {
    path: ["pool", "info"],
    description: "show a pool: parameters, accounts, ledger, and whether it is solvent",
    options: [pool, fromBlock, json],
    examples: ["pool info --network anvil"],
    exitCodes:
      "0 the pool can pay what it owes; 1 it could not be asked; 2 the command line was wrong; 3 it cannot pay.",
    reader: "Anyone",
    needs: "chain",
    load: async () => (await import("./pool-info.ts")).poolInfo,
  },
  {
    path: ["pool", "verify"],
    description: "check a deployment against the chain and this build: all code, all parameters, the tree of accounts",
    options: [
      file("record", "the deployment's record; deployments/<chainId>.json otherwise"),
      text("pool", "one pool: a name on record, or an address; all on record otherwise"),
      fromBlock,
      file("poolConfig", "what the pool should have been created with"),
      file("terms", "the terms that the provider publishes"),
      json,
    ],
    examples: ["pool verify --network base", "pool verify --record deployments/8453.json --rpc-url https://…"],
    more: "Anyone can run it, with this repository, its build and an endpoint. What is checked stands in docs/cli.md.",
    exitCodes:
      "0 every check holds; 1 it could not be checked; 2 the command line was wrong; 3 a check does not hold, and is named.",
    reader: "Anyone",
    needs: "chain",
    load: async () => (await import("./pool-verify.ts")).verifyPool,
  },
  {
    path: ["pool", "config"],
    description: "show what a pool's file comes to, or what a network's pools have by default",
    options: [file("poolConfig", "the pool's file"), json],
    examples: ["pool config --network base-sepolia --pool-config pool.json"],
    reader: "Operators",
    needs: "chain",
    load: async () => (await import("./pool-verify.ts")).showPoolConfig,
  },
  {
    path: ["provider", "key"],
    description: "make a provider's signing key",
    options: [file("out", "a new file for the private key"), json],
    examples: ["provider key --out provider.key"],
    reader: "Operators",
    needs: "nothing",
    load: async () => (await import("./provider-key.ts")).makeProviderKey,
  },
  {
    path: ["dispute", "open"],
    description: "open a dispute over a ticket",
    options: [file("file", "the dispute, as the wallet wrote it"), ...sending],
    examples: ["dispute open --network anvil --file dispute.json"],
    reader: "Users",
    needs: "key",
    load: async () => (await import("./disputes.ts")).openDispute,
  },
  {
    path: ["dispute", "answer"],
    description: "answer a dispute with the provider's refund ticket",
    options: [file("file", "the answer, as the gateway wrote it"), ...sending],
    examples: ["dispute answer --network anvil --file answer.json"],
    reader: "Operators",
    needs: "key",
    load: async () => (await import("./disputes.ts")).answerDispute,
  },
  {
    path: ["dispute", "resolve"],
    description: "decide a dispute that was not answered in time, and pay the award",
    options: [pool, nullifier, ...sending],
    examples: ["dispute resolve --network anvil --nullifier 123…"],
    reader: "Anyone",
    needs: "key",
    load: async () => (await import("./disputes.ts")).resolveDispute,
  },
  {
    path: ["dispute", "pay"],
    description: "pay what is still owed of an award",
    options: [pool, nullifier, ...sending],
    examples: ["dispute pay --network anvil --nullifier 123…"],
    reader: "Anyone",
    needs: "key",
    load: async () => (await import("./disputes.ts")).payAward,
  },
  {
    path: ["violation", "report"],
    description: "report that a ticket broke the provider's policy",
    options: [file("file", "the evidence; its hash goes on chain"), ...sending],
    examples: ["violation report --network anvil --file evidence.json"],
    reader: "Operators",
    needs: "key",
    load: async () => (await import("./disputes.ts")).reportViolation,
  },
  {
    path: ["fold", "certify"],
    description: "certify a fold that the provider does not sign",
    options: [file("file", "the fold, as the wallet wrote it"), ...sending],
    examples: ["fold certify --network anvil --file fold.json"],
    reader: "Users",
    needs: "key",
    load: async () => (await import("./folds.ts")).certifyFold,
  },
  {
    path: ["fold", "finalize"],
    description: "make a certified fold final after its window",
    options: [pool, newState, fromBlock, ...sending],
    examples: ["fold finalize --network anvil --new-state 123…"],
    reader: "Anyone",
    needs: "key",
    load: async () => (await import("./folds.ts")).finalizeFold,
  },
  {
    path: ["fold", "challenge"],
    description: "show another fold of a ticket that a pending fold folds",
    options: [pool, newState, file("conflicting", "the fold that was signed, with its proof"), fromBlock, ...sending],
    examples: ["fold challenge --network anvil --new-state 123… --conflicting signed-fold.json"],
    reader: "Operators",
    needs: "key",
    load: async () => (await import("./folds.ts")).challengeFold,
  },
  {
    path: ["bond", "post"],
    description: "add to the provider's bond",
    options: [pool, amount, ...sending],
    examples: ["bond post --network anvil --amount 1000000 --dry-run"],
    reader: "Operators",
    needs: "key",
    load: async () => (await import("./funds.ts")).postBond,
  },
  {
    path: ["bond", "announce"],
    description: "give notice of a withdrawal from the bond; 0 takes it back",
    options: [pool, amount, ...sending],
    examples: ["bond announce --network anvil --amount 1000000"],
    reader: "Operators",
    needs: "key",
    load: async () => (await import("./funds.ts")).announceBondWithdrawal,
  },
  {
    path: ["bond", "withdraw"],
    description: "withdraw from the bond what was announced",
    options: [pool, amount, recipient, ...sending],
    examples: ["bond withdraw --network anvil --amount 1000000"],
    reader: "Operators",
    needs: "key",
    load: async () => (await import("./funds.ts")).withdrawBond,
  },
  {
    path: ["revenue", "withdraw"],
    description: "withdraw from the provider's revenue",
    options: [pool, amount, recipient, ...sending],
    examples: ["revenue withdraw --network anvil --amount 1000000"],
    reader: "Operators",
    needs: "key",
    load: async () => (await import("./funds.ts")).withdrawRevenue,
  },
  {
    path: ["anvil"],
    description: "run a local OP chain that keeps its state",
    options: [
      number("port", "where it listens", 8546),
      file("state", "where it is kept; cache/anvil.json otherwise"),
      json,
    ],
    examples: ["anvil"],
    reader: "Anyone",
    needs: "nothing",
    load: async () => (await import("./anvil.ts")).runAnvil,
  },
];

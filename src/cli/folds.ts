// SPDX-License-Identifier: GPL-3.0-or-later
/** `npx hardhat fold …`: folds that the chain certifies. */
import type { PoolHistory } from "../chain/index.ts";
import { foldFile } from "../wire/index.ts";
import type { FoldFile } from "../wire/index.ts";
import { fieldOption, onFile, onPool, readFile, readHistory } from "./command.ts";
import type { Work } from "./command.ts";
import { CliError } from "./errors.ts";
import type { Outcome } from "./report.ts";
import { confirm } from "./session.ts";

interface CertifyArguments {
  readonly file: string | undefined;
  readonly yes: boolean;
  readonly json: boolean;
}

interface StateArguments {
  readonly pool: string;
  readonly newState: string | undefined;
  readonly fromBlock: number;
  readonly yes: boolean;
  readonly json: boolean;
}

interface ChallengeArguments extends StateArguments {
  readonly conflicting: string | undefined;
}

/** What the chain was told of a certified fold. */
type CertifiedFold = Pick<FoldFile, "newState" | "foldNullifiers" | "certified">;

function certifiedIn(history: PoolHistory, newState: bigint): CertifiedFold {
  const event = history.eventsOf("FoldCertified").findLast(({ args }) => args.newState === newState);
  if (event === undefined) throw new CliError("OPTION_INVALID", `no fold to the state ${newState} was ever certified`);
  const { foldNullifiers, certified } = event.args;
  return { newState, foldNullifiers, certified };
}

async function pendingFold({ newState, fromBlock }: StateArguments, { session, client }: Work): Promise<CertifiedFold> {
  const state = fieldOption(newState, "--new-state", "the state of the certified fold");
  return certifiedIn(await readHistory(session, client, fromBlock), state);
}

async function outcomeOf(
  { client }: Work,
  newState: bigint,
  receipt: { hash: string; gasUsed: bigint },
): Promise<Outcome> {
  const [fold] = await client.foldsOf([newState]);
  return {
    pool: client.pool.address,
    newState,
    status: fold?.status,
    finalizableAt: fold?.finalizableAt,
    transactionHash: receipt.hash,
    gasUsed: receipt.gasUsed,
  };
}

export const certifyFold = onFile<CertifyArguments, FoldFile>(foldFile, "the fold", async ({ yes }, file, work) => {
  await confirm(work.session, yes, `Certify the fold to the state ${file.newState}?`);
  return outcomeOf(work, file.newState, await work.sender.certifyFold(file));
});

export const finalizeFold = onPool<StateArguments>(async (args, work) => {
  const fold = await pendingFold(args, work);
  await confirm(work.session, args.yes, `Make the fold to the state ${fold.newState} final?`);
  return outcomeOf(work, fold.newState, await work.sender.finalizeFold(fold));
});

export const challengeFold = onPool<ChallengeArguments>(async (args, work) => {
  const conflicting = await readFile(foldFile, args.conflicting, "--conflicting", "the fold that shares a ticket");
  const fold = await pendingFold(args, work);
  if (!conflicting.foldNullifiers.some((nullifier) => fold.foldNullifiers.includes(nullifier))) {
    throw new CliError("OPTION_INVALID", "the two folds share no ticket: this one challenges nothing");
  }
  await confirm(work.session, args.yes, `Challenge the fold to the state ${fold.newState}?`);
  const receipt = await work.sender.challengeFold(fold, conflicting);
  const { status: stands } = await outcomeOf(work, conflicting.newState, receipt);
  return {
    ...(await outcomeOf(work, fold.newState, receipt)),
    conflicting: conflicting.newState,
    conflictingStatus: stands,
  };
});

// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton fold …`: folds that the chain certifies. */
import type { PoolHistory } from "../chain/index.ts";
import { foldFile } from "../wire/index.ts";
import type { FoldFile } from "../wire/index.ts";
import { fieldOption, onFile, onPool, readFile, readHistory } from "./command.ts";
import { CliError } from "./errors.ts";
import type { Outcome } from "./outcome.ts";
import { transact } from "./transact.ts";
import type { SendingArguments, Work } from "./transact.ts";

interface CertifyArguments extends SendingArguments {
  readonly file: string | undefined;
}

interface StateArguments extends SendingArguments {
  readonly pool: string;
  readonly newState: string | undefined;
  readonly fromBlock: number;
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

async function outcomeOf({ client }: Work, newState: bigint): Promise<Outcome> {
  const [fold] = await client.foldsOf([newState]);
  return { pool: client.pool.address, newState, status: fold?.status, finalizableAt: fold?.finalizableAt };
}

export const certifyFold = onFile<CertifyArguments, FoldFile>(foldFile, "the fold", async (args, file, work) =>
  transact(work, args, {
    question: `Certify the fold to the state ${file.newState}?`,
    send: (sender) => sender.certifyFold(file),
    tell: () => outcomeOf(work, file.newState),
  }),
);

export const finalizeFold = onPool<StateArguments>(async (args, work) => {
  const fold = await pendingFold(args, work);
  return transact(work, args, {
    question: `Make the fold to the state ${fold.newState} final?`,
    send: (sender) => sender.finalizeFold(fold),
    tell: () => outcomeOf(work, fold.newState),
  });
});

export const challengeFold = onPool<ChallengeArguments>(async (args, work) => {
  const conflicting = await readFile(foldFile, args.conflicting, "--conflicting", "the fold that shares a ticket");
  const fold = await pendingFold(args, work);
  if (!conflicting.foldNullifiers.some((nullifier) => fold.foldNullifiers.includes(nullifier))) {
    throw new CliError("OPTION_INVALID", "the two folds share no ticket: this one challenges nothing");
  }
  return transact(work, args, {
    question: `Challenge the fold to the state ${fold.newState}?`,
    send: (sender) => sender.challengeFold(fold, conflicting),
    tell: async () => {
      const { status: stands } = await outcomeOf(work, conflicting.newState);
      return {
        ...(await outcomeOf(work, fold.newState)),
        conflicting: conflicting.newState,
        conflictingStatus: stands,
      };
    },
  });
});

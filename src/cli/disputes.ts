// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton dispute …` and `jeton violation report`. */
import { holdOf } from "../protocol/index.ts";
import {
  disputeAnswerFile,
  disputeAnswerProblem,
  disputeFile,
  disputeProblem,
  isOfPool,
  violationFile,
  violationHashOf,
} from "../wire/index.ts";
import { fieldOption, onFile, onPool } from "./command.ts";
import { CliError } from "./errors.ts";
import { amountText } from "./options.ts";
import { transact } from "./transact.ts";
import type { SendingArguments } from "./transact.ts";

interface FileArguments extends SendingArguments {
  readonly file: string | undefined;
}

interface NullifierArguments extends SendingArguments {
  readonly pool: string;
  readonly nullifier: string | undefined;
}

const refuse = (problem: string | undefined): void => {
  if (problem !== undefined) throw new CliError("OPTION_INVALID", problem);
};

const nullifierOf = ({ nullifier }: NullifierArguments): bigint =>
  fieldOption(nullifier, "--nullifier", "the ticket's nullifier");

export const openDispute = onFile<FileArguments, ReturnType<typeof disputeFile.fromJson>>(
  disputeFile,
  "the dispute",
  async (args, file, work) => {
    const { session, client } = work;
    refuse(disputeProblem(client.pool, file));
    return transact(work, args, {
      question: `Open the dispute over ticket ${file.nullifier}?`,
      send: (sender) => sender.openDispute(file),
      tell: async () => {
        const [dispute] = await client.disputesOf([file.nullifier]);
        session.say(`the provider can answer until ${String(dispute?.resolvableAt)} (unix time)`);
        return {
          pool: client.pool.address,
          nullifier: file.nullifier,
          recipient: file.recipient,
          award: holdOf(client.parameters),
          resolvableAt: dispute?.resolvableAt,
        };
      },
    });
  },
);

export const answerDispute = onFile<FileArguments, ReturnType<typeof disputeAnswerFile.fromJson>>(
  disputeAnswerFile,
  "the answer",
  async (args, file, work) => {
    const { client } = work;
    const { refund, proof, voucher } = file;
    const [dispute] = await client.disputesOf([refund.nullifier]);
    if (dispute === undefined) throw new CliError("OPTION_INVALID", "no dispute was opened over this ticket");
    refuse(disputeAnswerProblem(client.pool, dispute.sessionAddress, file));
    return transact(work, args, {
      question: `Answer the dispute over ticket ${refund.nullifier}?`,
      send: (sender) => sender.answerDispute({ refund, proof, voucher: voucher ?? undefined }),
      tell: () => ({
        pool: client.pool.address,
        nullifier: refund.nullifier,
        refundedCharge: refund.refundedCharge,
        refundedHold: refund.refundedHold,
      }),
    });
  },
);

export const resolveDispute = onPool<NullifierArguments>(async (args, work) => {
  const { session, client } = work;
  const nullifier = nullifierOf(args);
  const [open] = await client.disputesOf([nullifier]);
  return transact(work, args, {
    question: `Resolve the dispute over ticket ${nullifier}?`,
    send: (sender) => sender.resolveDispute(nullifier),
    paid: open === undefined ? [] : [open.recipient],
    tell: async () => {
      const [dispute] = await client.disputesOf([nullifier]);
      const unpaid = dispute?.unpaid ?? 0n;
      if (unpaid > 0n) {
        session.say(
          `the provider has too little: ${amountText(unpaid, client.token)} is owed; "dispute pay" pays it later`,
        );
      }
      return {
        pool: client.pool.address,
        nullifier,
        recipient: dispute?.recipient,
        award: holdOf(client.parameters) - unpaid,
        unpaid,
      };
    },
  });
});

export const payAward = onPool<NullifierArguments>(async (args, work) => {
  const { client } = work;
  const nullifier = nullifierOf(args);
  const [owed] = await client.disputesOf([nullifier]);
  return transact(work, args, {
    question: `Pay what is owed of the award for ticket ${nullifier}?`,
    send: (sender) => sender.payAward(nullifier),
    paid: owed === undefined ? [] : [owed.recipient],
    tell: async () => {
      const [dispute] = await client.disputesOf([nullifier]);
      return { pool: client.pool.address, nullifier, recipient: dispute?.recipient, unpaid: dispute?.unpaid };
    },
  });
});

export const reportViolation = onFile<FileArguments, ReturnType<typeof violationFile.fromJson>>(
  violationFile,
  "the evidence",
  async (args, file, work) => {
    const { session, client } = work;
    refuse(isOfPool(client.pool, file) ? undefined : "the evidence is for another pool");
    const evidenceHash = violationHashOf(file);
    return transact(work, args, {
      question: `Report that ticket ${file.nullifier} broke the policy?`,
      send: (sender) => sender.reportViolation(file.nullifier, evidenceHash),
      tell: () => {
        session.say("keep the file: the chain holds its hash alone");
        return { pool: client.pool.address, nullifier: file.nullifier, rule: file.rule, evidenceHash };
      },
    });
  },
);

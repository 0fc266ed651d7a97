// SPDX-License-Identifier: GPL-3.0-or-later
/** `npx hardhat dispute …` and `npx hardhat violation report`. */
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
import { confirm } from "./session.ts";

interface FileArguments {
  readonly file: string | undefined;
  readonly yes: boolean;
  readonly json: boolean;
}

interface NullifierArguments {
  readonly pool: string;
  readonly nullifier: string | undefined;
  readonly yes: boolean;
  readonly json: boolean;
}

const refuse = (problem: string | undefined): void => {
  if (problem !== undefined) throw new CliError("OPTION_INVALID", problem);
};

const nullifierOf = ({ nullifier }: NullifierArguments): bigint =>
  fieldOption(nullifier, "--nullifier", "the ticket's nullifier");

export const openDispute = onFile<FileArguments, ReturnType<typeof disputeFile.fromJson>>(
  disputeFile,
  "the dispute",
  async ({ yes }, file, { session, client, sender }) => {
    refuse(disputeProblem(client.pool, file));
    const award = holdOf(client.parameters);
    await confirm(session, yes, `Open the dispute over ticket ${file.nullifier}?`);
    const receipt = await sender.openDispute(file);
    const [dispute] = await client.disputesOf([file.nullifier]);
    session.say(`the provider can answer until ${String(dispute?.resolvableAt)} (unix time)`);
    return {
      pool: client.pool.address,
      nullifier: file.nullifier,
      recipient: file.recipient,
      award,
      resolvableAt: dispute?.resolvableAt,
      transactionHash: receipt.hash,
      gasUsed: receipt.gasUsed,
    };
  },
);

export const answerDispute = onFile<FileArguments, ReturnType<typeof disputeAnswerFile.fromJson>>(
  disputeAnswerFile,
  "the answer",
  async ({ yes }, file, { session, client, sender }) => {
    const { refund, proof, voucher } = file;
    const [dispute] = await client.disputesOf([refund.nullifier]);
    if (dispute === undefined) throw new CliError("OPTION_INVALID", "no dispute was opened over this ticket");
    refuse(disputeAnswerProblem(client.pool, dispute.sessionAddress, file));
    await confirm(session, yes, `Answer the dispute over ticket ${refund.nullifier}?`);
    const receipt = await sender.answerDispute({ refund, proof, voucher: voucher ?? undefined });
    return {
      pool: client.pool.address,
      nullifier: refund.nullifier,
      refundedCharge: refund.refundedCharge,
      refundedHold: refund.refundedHold,
      transactionHash: receipt.hash,
      gasUsed: receipt.gasUsed,
    };
  },
);

export const resolveDispute = onPool<NullifierArguments>(async (args, { session, client, sender }) => {
  const nullifier = nullifierOf(args);
  await confirm(session, args.yes, `Resolve the dispute over ticket ${nullifier}?`);
  const receipt = await sender.resolveDispute(nullifier);
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
    transactionHash: receipt.hash,
    gasUsed: receipt.gasUsed,
  };
});

export const payAward = onPool<NullifierArguments>(async (args, { session, client, sender }) => {
  const nullifier = nullifierOf(args);
  await confirm(session, args.yes, `Pay what is owed of the award for ticket ${nullifier}?`);
  const receipt = await sender.payAward(nullifier);
  const [dispute] = await client.disputesOf([nullifier]);
  return {
    pool: client.pool.address,
    nullifier,
    recipient: dispute?.recipient,
    unpaid: dispute?.unpaid,
    transactionHash: receipt.hash,
    gasUsed: receipt.gasUsed,
  };
});

export const reportViolation = onFile<FileArguments, ReturnType<typeof violationFile.fromJson>>(
  violationFile,
  "the evidence",
  async ({ yes }, file, { session, client, sender }) => {
    refuse(isOfPool(client.pool, file) ? undefined : "the evidence is for another pool");
    const evidenceHash = violationHashOf(file);
    await confirm(session, yes, `Report that ticket ${file.nullifier} broke the policy?`);
    const receipt = await sender.reportViolation(file.nullifier, evidenceHash);
    session.say("keep the file: the chain holds its hash alone");
    return {
      pool: client.pool.address,
      nullifier: file.nullifier,
      rule: file.rule,
      evidenceHash,
      transactionHash: receipt.hash,
      gasUsed: receipt.gasUsed,
    };
  },
);

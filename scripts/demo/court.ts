// SPDX-License-Identifier: GPL-3.0-or-later
/** The provider held to account: refunds withheld and wrongly answered, a violation, folds that the chain certifies, and one that it lets fall. */
import { ChainError } from "../../src/chain/index.ts";
import { holdOf, refundClaim, refundMessage, stakeOf } from "../../src/protocol/index.ts";
import { GatewayError, callAnswer, refundTicket, toJson } from "../../src/wire/index.ts";
import type { DisputeFile } from "../../src/wire/index.ts";
import { DEPOSIT } from "./cast.ts";
import { checkSolvency } from "./ledger.ts";
import { dollars, expect, expectEqual } from "./report.ts";
import type { Stage } from "./stage.ts";
import { deadlineOf, payloadOf } from "./story.ts";
import type { Play } from "./story.ts";
import { PRICES } from "./terms.ts";
import type { Method } from "./terms.ts";

/** How many lost disputes the bond pays for, at twice the hold each. */
const BOND_COVERS = 10n;

async function refused(transaction: Promise<unknown>, name: string): Promise<void> {
  const error: unknown = await transaction.catch((reason: unknown) => reason);
  expect(error instanceof ChainError && error.revert?.name === name, `the chain should have answered ${name}`);
}

const shorten = (value: bigint): string => `${value.toString().slice(0, 8)}…`;

/** Carol calls; the provider keeps the refund, and she opens a dispute. */
async function disputedCall({ stage, cast, report }: Play, method: Method): Promise<DisputeFile> {
  const { carol, signers, recipients } = cast;
  const payload = payloadOf(method, 1, signers.sponsor.address, stage.pool.parameters.token);
  const { index, refund } = await carol.call(payload, { cap: PRICES[method] });
  expect(refund === undefined, "the provider was to keep this refund");
  const dispute = await carol.prepareDispute({ index, recipient: recipients.carol });
  const stolen = { ...dispute, recipient: signers.watcher.address };
  await refused(stage.as(signers.watcher).openDispute(stolen), "SessionSignatureRefused");
  await report.step(`Carol's dispute over ticket ${index} is opened`, () =>
    stage.as(signers.relayer).openDispute(dispute),
  );
  return dispute;
}

/** The provider withholds a refund and sleeps through the window: the hold goes to Carol, as much again is burned. */
export async function withheldRefund(play: Play): Promise<void> {
  const { stage, cast, report } = play;
  report.act("8  The provider withholds a refund, and loses by default");
  const { carol, signers, recipients, moods } = cast;
  const { parameters } = stage.pool;
  const hold = holdOf(parameters);
  const provider = stage.as(stage.props.provider);
  const bond = BOND_COVERS * 2n * hold;
  await (await stage.props.token.mint(stage.props.provider.address, bond)).wait();
  await report.step(`the provider posts a bond for ${BOND_COVERS} lost disputes`, () => provider.postBond(bond));
  await carol.enroll();
  moods.withholdsRefunds = true;
  const { nullifier } = await disputedCall(play, "eth_getBalance");
  await refused(stage.as(signers.watcher).resolveDispute(nullifier), "AnswerWindowOpen");
  await refused(provider.withdrawBond(stage.props.provider.address, bond), "WithdrawalNotAnnounced");

  await stage.travel(Number(parameters.disputeWindow));
  report.say(`${parameters.disputeWindow / 3_600n} h pass, and no answer comes`);
  const before = await stage.client.ledger();
  await report.step("anybody resolves the dispute", () => stage.as(signers.watcher).resolveDispute(nullifier));
  const after = await stage.client.ledger();
  expectEqual(await stage.client.token.balanceOf(recipients.carol), hold, "Carol's award");
  expectEqual(after.awaitingBurn - before.awaitingBurn, hold, "what is to be burned");
  expectEqual(before.bond - after.bond, 2n * hold, "what the bond paid");
  await carol.settleDisputes();
  expectEqual(BigInt(carol.summary().awarded), 1n, "the tickets that Carol's wallet counts as awarded");
  report.say(`${dollars(hold)} to Carol, as much burned, both out of the bond`);
  await checkSolvency(stage);
}

/** A refund that is less than what the voucher leaves is no answer. */
export async function wrongAnswer(play: Play): Promise<void> {
  const { stage, cast, report } = play;
  report.act("9  The provider answers with too little, then right");
  const { carol, moods } = cast;
  const { parameters, poolHash } = stage.pool;
  const { nullifier } = await disputedCall(play, "eth_getBalance");

  const refund = {
    nullifier,
    refundedCharge: parameters.ticketPrice - PRICES.eth_call,
    refundedHold: parameters.policyHold,
  };
  const signature = stage.stateKey.sign(refundMessage(poolHash, refund));
  const { proof } = await stage.prover.prove("refund", refundClaim(stage.pool, { ...refund, signature }).input);
  const answer = { refund: { ...refund, signature }, proof, voucher: undefined };
  await refused(stage.as(stage.props.provider).answerDispute(answer), "ChargeNotCovered");
  report.say(
    `it signed a charge of ${dollars(PRICES.eth_call)}; Carol's voucher allows ${dollars(PRICES.eth_getBalance)}: refused`,
  );

  await report.step("the provider's gateway answers with the refund that it owes", () => stage.providerLooks());
  const [settled] = (await carol.settleDisputes()).filter(({ status }) => status === "answered");
  const owed = parameters.ticketPrice - PRICES.eth_getBalance;
  expectEqual(settled?.refund?.refundedCharge ?? 0n, owed, "the refund that Carol took from the chain");
  moods.withholdsRefunds = false;
  await checkSolvency(stage);
}

/** A call that breaks the policy: the ticket's hold is not returned, and burns when its account closes. */
export async function violation({ stage, cast, report }: Play): Promise<void> {
  report.act("10  A call breaks the policy");
  const { carol, signers } = cast;
  const session = await carol.openSession();
  const { receipt } = await session.call(
    payloadOf("eth_blockNumber", 1, signers.sponsor.address, stage.pool.parameters.token),
  );
  const { nullifier, requestHash } = receipt;
  await report.step("the provider reports the violation, before it signs the refund", async () => {
    await stage.gateway.reportViolation(nullifier, {
      requestHash,
      rule: "No call may be used against the chain's other users.",
      statement: "The call was used against another user.",
    });
    await stage.gateway.idle();
  });
  const refund = await session.end();
  expectEqual(refund.refundedHold, 0n, "the hold that came back");
  const evidenceHash = await stage.view.violation(nullifier);
  expect(evidenceHash !== undefined, "the chain has no record of the violation");
  const { entries } = await stage.gateway.publicFeed({ after: 0, limit: 1_000 });
  const enrolled = entries.filter(({ kind }) => kind === "enrolment").length;
  report.say(
    `an observer sees: ticket ${shorten(nullifier)} broke the policy, evidence ${evidenceHash.slice(0, 10)}…; it is of one of ${enrolled} enrolled accounts`,
  );
}

/** The provider will not fold: the chain does, and Carol closes with the certified state. */
export async function certifiedClose({ stage, cast, report }: Play): Promise<void> {
  report.act("11  The provider will not fold; Carol has the chain certify it, and leaves");
  const { carol, sybil, signers, recipients, moods } = cast;
  const { parameters } = stage.pool;
  moods.refusesFolds = true;
  const refusal: unknown = await carol.fold().catch((error: unknown) => error);
  expect(refusal instanceof Error, "the provider was to refuse this fold");
  const fold = await carol.prepareCertifiedFold();
  if (fold === undefined) throw new Error("Carol has nothing to fold");
  await report.step("Carol's fold is certified", () => stage.as(signers.relayer).certifyFold(fold));
  await refused(stage.as(signers.watcher).finalizeFold(fold), "FoldWindowOpen");
  await stage.providerLooks();
  await stage.travel(Number(parameters.challengeWindow));
  report.say(`${parameters.challengeWindow / 3_600n} h pass: nobody has another fold of these tickets`);
  await report.step("anybody makes it final", () => stage.as(signers.watcher).finalizeFold(fold));
  await carol.settleFolds();

  const close = await carol.buildClose({ recipient: recipients.carol, deadline: deadlineOf(stage) });
  expectEqual(close.request.certified, fold.newState, "the certified state that Carol closes with");
  const award = await stage.client.token.balanceOf(recipients.carol);
  await report.step("Carol starts her close", () => stage.as(signers.relayer).startClose(close.request));
  await stage.providerLooks();
  await stage.travel(Number(parameters.challengeWindow));
  await report.step("anybody finalizes it", () => stage.as(signers.watcher).finalizeClose(carol.identityCommitment));

  // One ticket awarded and never refunded, one answered, one without its hold.
  const { sponsored: deposit } = DEPOSIT;
  const charged = PRICES.eth_getBalance + PRICES.eth_blockNumber;
  const due = deposit + stakeOf(parameters, deposit) - holdOf(parameters) - charged - parameters.policyHold;
  expectEqual((await stage.client.token.balanceOf(recipients.carol)) - award, due, "what Carol got back");
  expectEqual(award + due, deposit + stakeOf(parameters, deposit) - charged - parameters.policyHold, "Carol's whole");
  report.checked(
    "A-18",
    "a provider that withholds refunds and folds keeps nothing",
    `Carol was charged ${dollars(charged)} and the hold ${dollars(parameters.policyHold)} of her violation, and got all the rest: ${dollars(award + due)}`,
  );
  const burned = new Map(
    (await burnsOf(stage)).map(([account, amount]) => [
      account === sybil.identityCommitment ? "Sybil" : shorten(account),
      amount,
    ]),
  );
  report.say(
    `an observer sees closes that burned ${[...burned.values()].map(dollars).join(", ")}; unrefunded tickets burn their holds too, so none tells whose the violation was`,
  );
  await checkSolvency(stage);
}

async function burnsOf({ history }: Stage): Promise<[bigint, bigint][]> {
  await history.sync();
  return history
    .eventsOf("AccountReleased")
    .filter(({ args }) => args.status === "closed" && args.toBurn > 0n)
    .map(({ args }) => [args.identityCommitment, args.toBurn]);
}

/** Dave has two refunds folded by the provider, and certifies another fold of one of them. */
export async function doubleFold({ stage, cast, report }: Play): Promise<void> {
  report.act("12  Dave folds a refund twice: once with the provider, once on chain");
  const { dave, signers } = cast;
  await dave.enroll();
  const { token, ticketPrice } = stage.pool.parameters;
  const refunds = await Promise.all(
    [0, 1].map(async (index) => {
      const payload = payloadOf("eth_call", index, signers.sponsor.address, token);
      const answer = callAnswer.parse(await dave.send(await dave.prepareCall(index, payload, ticketPrice)));
      return { index, refund: refundTicket.parse(toJson(answer.refund)) };
    }),
  );
  const [both, again] = [await dave.prepareFold(refunds), await dave.prepareFold(refunds.slice(1))];
  await report.step("the provider signs a fold of tickets 0 and 1", () => stage.gateway.fold(toJson(both)));
  const twice: unknown = await stage.gateway.fold(toJson(again)).catch((error: unknown) => error);
  expect(twice instanceof GatewayError && twice.code === "FOLD_CONFLICT", "the provider folded a refund twice");
  await report.step("Dave certifies a fold of ticket 1 alone", () => stage.as(signers.relayer).certifyFold(again));
  await report.step("the provider shows the fold that it signed", () => stage.providerLooks());
  const [fallen, standing] = await stage.client.foldsOf([again.newState, both.newState]);
  expect(fallen?.status === "fallen" && standing?.status === "pending", "the challenge did not take Dave's fold down");
  await refused(stage.as(signers.relayer).certifyFold(again), "FoldIsKnown");
  report.say("Dave's fold fell; the one that was signed stands in its place");
  await checkSolvency(stage);
}

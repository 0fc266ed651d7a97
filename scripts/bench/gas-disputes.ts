// SPDX-License-Identifier: GPL-3.0-or-later
/** Gas of disputes, violations, the bond and certified folds: nothing of it depends on how many accounts a pool has. */
import { network } from "hardhat";

import { holdOf } from "../../src/protocol/index.ts";
import type { Prover } from "../../src/prover/index.ts";
import { createLocalPool } from "../support/local-pool.ts";
import type { LocalPool } from "../support/local-pool.ts";
import { accountAt, DEPOSIT, freshAddress } from "./accounts.ts";
import { proveDisputes, proveFolds } from "./gas-dispute-proofs.ts";
import type { DisputeProofs, FoldProofs } from "./gas-dispute-proofs.ts";
import type { DisputeGas, FoldGas, Resolutions } from "./gas-report.ts";
import { aside, passTime, providerOf, senderOf, used, usedBy } from "./gas-support.ts";

const BOND = 1_000_000n;

/** What the provider has when it loses. */
interface Funds {
  readonly bond?: bigint;
  readonly hasRevenue?: boolean;
}

async function fund(local: LocalPool, { bond = 0n, hasRevenue = false }: Funds): Promise<void> {
  if (bond > 0n) await senderOf(local).postBond(bond);
  if (!hasRevenue) return;
  await passTime(local, local.description.parameters.accountLifetime);
  await senderOf(local).expire(accountAt(0).identityCommitment);
}

/** Opens both disputes, and lets the time for an answer pass. */
async function loseBoth(local: LocalPool, { openings }: DisputeProofs): Promise<void> {
  for (const opening of openings) await senderOf(local).openDispute(opening);
  await passTime(local, local.description.parameters.disputeWindow);
}

/** The first of two disputes is resolved: with another one open, the count of open ones costs most. */
async function measureResolutions(local: LocalPool, proofs: DisputeProofs): Promise<Resolutions> {
  const hold = holdOf(local.description.parameters);
  const [{ nullifier }] = proofs.openings;
  const resolve = (funds: Funds): Promise<number> =>
    aside(local, async () => {
      await fund(local, funds);
      await loseBoth(local, proofs);
      return used(senderOf(local).resolveDispute(nullifier));
    });
  return {
    bond: await resolve({ bond: BOND }),
    revenue: await resolve({ hasRevenue: true }),
    both: await resolve({ bond: hold / 2n, hasRevenue: true }),
    partOfThePenalty: await resolve({ bond: 3n * hold + 1n }),
    theAwardAlone: await resolve({ bond: hold }),
    partOfTheAward: await resolve({ bond: hold / 2n }),
    nothing: await resolve({}),
  };
}

/** With another dispute open, as above. */
async function measureAnswers(
  local: LocalPool,
  { openings, charged, violated, free }: DisputeProofs,
): Promise<
  Pick<DisputeGas, "answerDisputeWithVoucher" | "answerDisputeAfterViolation" | "answerDisputeWithoutCharge">
> {
  const sender = senderOf(local);
  const [first, second] = openings;
  await sender.openDispute(second);
  const answer = (given: typeof charged): Promise<number> =>
    aside(local, async () => {
      if (given === violated) {
        await providerOf(local).reportViolation(first.nullifier, `0x${"e1".repeat(32)}`);
      }
      await sender.openDispute(first);
      return used(sender.answerDispute(given));
    });
  return {
    answerDisputeWithVoucher: await answer(charged),
    answerDisputeAfterViolation: await answer(violated),
    answerDisputeWithoutCharge: await answer(free),
  };
}

/** What is paid after the resolution, when the provider has funds again. */
async function measureOwed(
  local: LocalPool,
  proofs: DisputeProofs,
): Promise<Pick<DisputeGas, "payAward" | "collectPenalties">> {
  const sender = senderOf(local);
  const [{ nullifier }] = proofs.openings;
  const after = (bond: bigint, pay: () => Promise<number>): Promise<number> =>
    aside(local, async () => {
      await fund(local, { bond });
      await loseBoth(local, proofs);
      await sender.resolveDispute(nullifier);
      await sender.postBond(BOND);
      return pay();
    });
  return {
    payAward: await after(0n, () => used(sender.payAward(nullifier))),
    collectPenalties: await after(holdOf(local.description.parameters), () => used(sender.collectPenalties())),
  };
}

type Funding = Pick<DisputeGas, "postBond" | "announceBondWithdrawal" | "withdrawBond" | "reportViolation">;

async function measureFunding(local: LocalPool, { openings }: DisputeProofs): Promise<Funding> {
  const provider = providerOf(local);
  const postBond = await usedBy(local.pool.postBond(BOND));
  const announceBondWithdrawal = await used(provider.announceBondWithdrawal(BOND));
  const reportViolation = await used(provider.reportViolation(openings[0].nullifier, `0x${"e1".repeat(32)}`));
  await passTime(local, 2n * local.description.parameters.disputeWindow);
  const withdrawBond = await used(provider.withdrawBond(freshAddress("treasury"), BOND / 2n));
  return { postBond, announceBondWithdrawal, withdrawBond, reportViolation };
}

async function measureFolds(local: LocalPool, { onSigned, onPending, conflicting }: FoldProofs): Promise<FoldGas> {
  const sender = senderOf(local);
  const signed = await used(sender.certifyFold(onSigned));
  const pending = await used(sender.certifyFold(onPending));
  const challengeFold = await aside(local, () => used(providerOf(local).challengeFold(onSigned, conflicting)));
  await passTime(local, local.description.parameters.challengeWindow);
  const onFirst = await used(sender.finalizeFold(onSigned));
  const onSecond = await used(sender.finalizeFold(onPending));
  return {
    certifyFold: Math.max(signed, pending),
    certifyFoldOn: { signed, pending },
    challengeFold,
    finalizeFold: Math.max(onFirst, onSecond),
  };
}

async function measureOpenings(
  local: LocalPool,
  { openings: [first, second] }: DisputeProofs,
): Promise<Pick<DisputeGas, "openDispute" | "openDisputeLater">> {
  const sender = senderOf(local);
  const openDispute = await used(sender.openDispute(first));
  return { openDispute, openDisputeLater: await used(sender.openDispute(second)) };
}

/** Measures everything; every case starts from a pool that has seen no dispute. */
export async function measureDisputeGas(prover: Prover): Promise<DisputeGas & FoldGas> {
  const local = await createLocalPool(await network.create());
  const { description, providerKey, pool } = local;
  const proofs = await proveDisputes(prover, description, providerKey);
  const folds = await proveFolds(prover, description, providerKey);
  await usedBy(pool.deposit(accountAt(0).identityCommitment, DEPOSIT));

  const openings = await aside(local, () => measureOpenings(local, proofs));
  const answers = await aside(local, () => measureAnswers(local, proofs));
  const resolveDisputeOutOf = await measureResolutions(local, proofs);
  return {
    ...openings,
    answerDispute: Math.max(...Object.values(answers)),
    ...answers,
    resolveDispute: Math.max(...Object.values(resolveDisputeOutOf)),
    resolveDisputeOutOf,
    ...(await measureOwed(local, proofs)),
    ...(await aside(local, () => measureFunding(local, proofs))),
    ...(await aside(local, () => measureFolds(local, folds))),
  };
}

// SPDX-License-Identifier: GPL-3.0-or-later
/** Gas of every verb, with real tokens, real proofs and the verifiers that are deployed, on a network inside this process. */
import type { ContractTransactionResponse } from "ethers";
import { network } from "hardhat";

import { PoolSender, signCloseConsent, signDepositAuthorization, signDepositPermit } from "../../src/chain/index.ts";
import type { Prover } from "../../src/prover/index.ts";
import { createLocalPool, PLENTY } from "../support/local-pool.ts";
import type { LocalPool } from "../support/local-pool.ts";
import { accountAt, DEPOSIT, FAR_FUTURE, freshAddress } from "./accounts.ts";
import { measureDisputeGas } from "./gas-disputes.ts";
import { proveForGas, proveSlash } from "./gas-proofs.ts";
import type { GasProofs, SlashRequest } from "./gas-proofs.ts";
import type { BySize, GasReport } from "./gas-report.ts";
import { aside, passTime, providerOf, senderOf, used, usedBy } from "./gas-support.ts";

const BATCH = 100;
/** Accounts from this number on are opened by other verbs than `deposit`. */
const OTHER_ACCOUNTS = 10_000;

const slashWith = (
  local: LocalPool,
  { identityCommitment, nullifier, recipient, proof }: SlashRequest,
): Promise<number> => used(senderOf(local).slash(identityCommitment, nullifier, recipient, proof));

/** Opens accounts one by one until there are `count`, and returns what each deposit cost. */
async function growTo({ pool }: LocalPool, gas: number[], count: number): Promise<void> {
  while (gas.length < count) {
    const { identityCommitment } = accountAt(gas.length);
    gas.push(await usedBy(pool.deposit(identityCommitment, DEPOSIT, { gasLimit: 1_000_000n })));
  }
}

async function batchPerAccount(local: LocalPool): Promise<number> {
  const openings = Array.from({ length: BATCH }, (_, index) => accountAt(OTHER_ACCOUNTS + index).identityCommitment);
  const total = await aside(local, () =>
    usedBy(
      local.pool.depositBatch(
        openings,
        openings.map(() => DEPOSIT),
      ),
    ),
  );
  return Math.ceil(total / BATCH);
}

interface Close {
  readonly start: number;
  readonly finalize: number;
}

const closeWith = (local: LocalPool, request: GasProofs["unused"]): Promise<Close> =>
  aside(local, async () => {
    const start = await used(senderOf(local).startClose(request));
    await passTime(local, local.description.parameters.challengeWindow);
    return { start, finalize: await used(senderOf(local).finalizeClose(request.identityCommitment)) };
  });

/** The verbs whose cost could depend on the number of accounts. */
interface AtSize extends Close {
  readonly firstSlash: number;
}

async function measureAtSize(local: LocalPool, { unused, slashes }: GasProofs): Promise<AtSize> {
  const close = await closeWith(local, unused);
  return { ...close, firstSlash: await aside(local, () => slashWith(local, slashes[0])) };
}

/** The deposits that others than the depositor can submit, or that need no approval. */
async function measureDeposits(
  local: LocalPool,
): Promise<Pick<GasReport, "depositWithPermit" | "depositWithAuthorization">> {
  const { client, user, others } = local;
  const sender = senderOf(local);
  const { identityCommitment } = accountAt(OTHER_ACCOUNTS);
  const [holder] = others;
  if (holder === undefined) throw new Error("the network has too few accounts");
  const withPermit = await aside(local, async () => {
    await usedBy(local.token.approve(client.pool.address, 0n));
    const permit = await signDepositPermit(client, user, DEPOSIT, FAR_FUTURE);
    return used(sender.depositWithPermit({ identityCommitment, amount: DEPOSIT }, permit));
  });
  const withAuthorization = await aside(local, async () => {
    await usedBy(local.token.mint(holder.address, PLENTY));
    const request = { identityCommitment, amount: DEPOSIT, validAfter: 0n, validBefore: FAR_FUTURE, salt: 1n };
    return used(sender.depositWithAuthorization(await signDepositAuthorization(client, holder, request)));
  });
  return { depositWithPermit: withPermit, depositWithAuthorization: withAuthorization };
}

type Rest = Pick<
  GasReport,
  "closeWithConsent" | "slashLater" | "slashWhileClosing" | "expire" | "withdrawRevenue" | "burn"
>;

async function measureRest(local: LocalPool, { unused, slashes }: GasProofs): Promise<Rest> {
  const sender = senderOf(local);
  const consent = await signCloseConsent(local.provider, local.description, unused, FAR_FUTURE);
  const closeWithConsent = await aside(local, () => used(sender.closeWithConsent(unused, FAR_FUTURE, consent)));
  const slashWhileClosing = await aside(local, async () => {
    await sender.startClose(unused);
    return slashWith(local, slashes[0]);
  });
  const expire = await aside(local, async () => {
    await passTime(local, local.description.parameters.accountLifetime);
    return used(sender.expire(accountAt(3).identityCommitment));
  });
  return aside(local, async () => {
    await slashWith(local, slashes[0]);
    const slashLater = await slashWith(local, slashes[1]);
    const withdrawRevenue = await used(providerOf(local).withdrawRevenue(freshAddress("treasury"), DEPOSIT));
    return {
      closeWithConsent,
      slashWhileClosing,
      expire,
      slashLater,
      withdrawRevenue,
      burn: await used(sender.burn()),
    };
  });
}

/** A payout becomes claimable when its recipient cannot be paid: a bounty here, in a token that turns its slasher away. */
async function measureClaim(prover: Prover): Promise<number> {
  const local = await createLocalPool(await network.create(), { tokenContract: "MoodyToken" });
  const { pool, others, connection, client } = local;
  const [slasher] = others;
  if (slasher === undefined) throw new Error("the network has too few accounts");
  await usedBy(pool.deposit(accountAt(0).identityCommitment, DEPOSIT));
  await usedBy(pool.deposit(accountAt(1).identityCommitment, DEPOSIT));
  const token = await connection.ethers.getContractAt("MoodyToken", client.token.address);
  const [fair, reverts] = [0, 1];
  const request = await proveSlash(prover, local.description, 0, slasher.address);
  await usedBy(token.getFunction("setMood")(slasher.address, reverts) as Promise<ContractTransactionResponse>);
  await slashWith(local, request);
  await usedBy(token.getFunction("setMood")(slasher.address, fair) as Promise<ContractTransactionResponse>);
  return used(new PoolSender(client, slasher).claim(freshAddress("claimant")));
}

const bySize = (at: readonly [AtSize, AtSize, AtSize], verb: keyof AtSize): BySize => ({
  "1": at[0][verb],
  "100": at[1][verb],
  "1000": at[2][verb],
});

const sizes = (at: BySize): number[] => [at["1"], at["100"], at["1000"]];

/** Measures everything: 1,000 deposits and fourteen proofs, a minute or so. The contracts are those of the last build. */
export async function measureGas(prover: Prover): Promise<GasReport> {
  const local = await createLocalPool(await network.create());
  const proving = proveForGas(prover, local.description);
  const gas: number[] = [];
  const intoEmpty = await batchPerAccount(local);
  await growTo(local, gas, 1);
  const beforeGrowth = await local.connection.networkHelpers.takeSnapshot();
  const proofs = await proving;
  const alone = await measureAtSize(local, proofs);
  await beforeGrowth.restore();
  await growTo(local, gas, 100);
  const hundred = await measureAtSize(local, proofs);
  const intoHundred = await batchPerAccount(local);
  const usedTickets = await closeWith(local, proofs.used);
  const relayed = await closeWith(local, proofs.relayed);
  const rest = await measureRest(local, proofs);
  await growTo(local, gas, 1_000);
  const at = [alone, hundred, await measureAtSize(local, proofs)] as const;
  const intoThousand = await batchPerAccount(local);
  const deposits = await measureDeposits(local);
  const claim = await measureClaim(prover);
  const disputes = await measureDisputeGas(prover);

  const startCloseAt = bySize(at, "start");
  const finalizeCloseAt = bySize(at, "finalize");
  const slashAt = bySize(at, "firstSlash");
  const depositAt = (position: number): number => gas[position - 1] ?? 0;
  return {
    deposit: {
      first: depositAt(1),
      at100: depositAt(100),
      at1000: depositAt(1_000),
      mean1000: Math.ceil(gas.reduce((sum, one) => sum + one, 0) / gas.length),
    },
    depositBatch100PerAccount: Math.max(intoEmpty, intoHundred, intoThousand),
    startClose: Math.max(...sizes(startCloseAt), usedTickets.start),
    finalizeClose: Math.max(...sizes(finalizeCloseAt), usedTickets.finalize),
    slash: Math.max(...sizes(slashAt), rest.slashLater, rest.slashWhileClosing),
    depositBatch100PerAccountInto: { "0": intoEmpty, "100": intoHundred, "1000": intoThousand },
    ...deposits,
    startCloseAt,
    startCloseWithRelayer: relayed.start,
    finalizeCloseAt,
    finalizeCloseOfUsedTickets: usedTickets.finalize,
    finalizeCloseWithRelayer: relayed.finalize,
    slashAt,
    ...rest,
    claim,
    ...disputes,
    createPool: Number(local.creation.gasUsed),
  };
}

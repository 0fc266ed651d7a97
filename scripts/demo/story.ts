// SPDX-License-Identifier: GPL-3.0-or-later
/** The play, act by act. Every act checks what it expects, and the pool's solvency after it. */
import { randomBytes } from "node:crypto";

import { JsonRpcProvider, Network } from "ethers";
import type { TransactionReceipt } from "ethers";

import { ChainError, signDepositAuthorization } from "../../src/chain/index.ts";
import type { Offence } from "../../src/gateway/index.ts";
import { holdOf, stakeOf } from "../../src/protocol/index.ts";
import { startProxy } from "../../src/proxy/index.ts";
import { GatewayError, encodeExchangeRequest } from "../../src/wire/index.ts";
import type { CallResult } from "../../src/wallet/index.ts";
import { BATCH_SIZE, DEPOSIT } from "./cast.ts";
import type { Cast } from "./cast.ts";
import { checkSolvency } from "./ledger.ts";
import { dollars, expect, expectEqual } from "./report.ts";
import type { Report } from "./report.ts";
import type { Stage } from "./stage.ts";
import { PRICES, TERMS } from "./terms.ts";
import type { Method } from "./terms.ts";

const CALLS = 20;
const BATCH = 5;
const METHODS = Object.keys(PRICES) as Method[];

export interface Play {
  readonly stage: Stage;
  readonly cast: Cast;
  readonly report: Report;
}

/** What the acts leave for the books. */
export interface Outcome {
  /** Charges of Alice's calls, as her receipts add up. */
  readonly aliceCharged: bigint;
}

function paramsOf(method: Method, address: string, token: string): unknown[] {
  const params: Record<Method, unknown[]> = {
    eth_blockNumber: [],
    eth_getBalance: [address, "latest"],
    eth_call: [{ to: token, data: "0x18160ddd" }, "latest"],
    eth_getLogs: [{ fromBlock: "0x0", toBlock: "latest", address: token }],
  };
  return params[method];
}

/** What a wallet's proxy makes of the request of a JSON-RPC client. */
export function payloadOf(method: Method, id: number, address: string, token: string): string {
  const body = JSON.stringify({ jsonrpc: "2.0", id, method, params: paramsOf(method, address, token) });
  return encodeExchangeRequest({ method: "POST", path: "/", contentType: "application/json", encoding: "utf8", body });
}

export const deadlineOf = ({ clock }: Stage): bigint => BigInt(clock() + 3_600);

export async function deposits({ stage, cast, report }: Play): Promise<void> {
  report.act("1  Deposits");
  const { client } = stage;
  const { signers } = cast;
  const { alice, bob, relayer, sponsor } = signers;

  const aliceSender = stage.as(alice);
  await aliceSender.approve(client.priceOf(DEPOSIT.alice));
  for (const account of [cast.alice, cast.bob, cast.carol]) await account.beginDeposit();
  await report.step("Alice deposits", () =>
    aliceSender.deposit({ identityCommitment: cast.alice.identityCommitment, amount: DEPOSIT.alice }),
  );
  const authorization = await signDepositAuthorization(client, bob, {
    identityCommitment: cast.bob.identityCommitment,
    amount: DEPOSIT.bob,
    validAfter: 0n,
    validBefore: deadlineOf(stage),
    salt: BigInt(`0x${randomBytes(32).toString("hex")}`),
  });
  await report.step("Bob signs, a relayer deposits", () => stage.as(relayer).depositWithAuthorization(authorization));
  const sponsorSender = stage.as(sponsor);
  await sponsorSender.approve(client.priceOf(DEPOSIT.sponsored) * BigInt(BATCH_SIZE));
  const openings = cast.sponsored.map((identityCommitment) => ({ identityCommitment, amount: DEPOSIT.sponsored }));
  await report.step(`a sponsor opens ${BATCH_SIZE} accounts`, () => sponsorSender.depositBatch(openings));

  const { leafCount } = await client.tree();
  expectEqual(BigInt(leafCount), BigInt(BATCH_SIZE + 2), "the number of leaves");
  await checkSolvency(stage);
}

/** Alice enrols and proves her tickets; the others' proofs wait behind hers. */
export async function aliceCalls({ stage, cast, report }: Play): Promise<Outcome> {
  report.act("2  Alice enrols, proves tickets ahead, and calls");
  const { alice } = cast;
  await report.step("Alice enrols", () => alice.enroll());
  await report.step(`Alice proves ${CALLS} tickets ahead of time`, async () => {
    const stock = await alice.proveTickets(CALLS, (proved, wanted) => {
      report.progress(`proving tickets: ${proved} of ${wanted}`, proved === wanted);
    });
    expectEqual(BigInt(stock), BigInt(CALLS), "Alice's stock of tickets");
  });

  const { token } = stage.pool.parameters;
  const results: CallResult[] = [];
  const proxy = await startProxy({
    purse: {
      call: async (payload, options) => {
        const result = await cast.alicePurse.call(payload, options);
        results.push(result);
        return result;
      },
    },
    terms: TERMS,
    status: async () => cast.alicePurse.status(),
  });
  report.say(`Alice's wallet listens at ${proxy.url}: any JSON-RPC client can use it`);
  const client = new JsonRpcProvider(proxy.url, Network.from(stage.pool.chainId), {
    staticNetwork: true,
    batchMaxCount: BATCH,
    cacheTimeout: -1,
  });
  await report.step(`${CALLS} paid calls of an ordinary client, in batches of ${BATCH}`, async () => {
    const { address } = cast.signers.alice;
    const methods = Array.from({ length: CALLS }, (_, id) => METHODS[id % METHODS.length] as Method);
    const answers = await Promise.all(
      methods.map((method) => client.send(method, paramsOf(method, address, token)) as Promise<unknown>),
    );
    expect(
      answers.every((answer) => answer !== null && answer !== undefined),
      "a call gave no result",
    );
    const price = methods.reduce((sum, method) => sum + PRICES[method], 0n);
    const paid = results.reduce((sum, { charged }) => sum + charged, 0n);
    expectEqual(paid, price, "what the calls were charged");
  });
  client.destroy();
  await proxy.close();
  expectEqual(
    BigInt(new Set(results.map(({ index }) => index)).size),
    BigInt(CALLS),
    "the number of different tickets",
  );
  expect(
    results.every(({ refund }) => refund !== undefined),
    "a refund is missing",
  );
  const charged = results.reduce((sum, result) => sum + result.charged, 0n);
  report.say(
    `charged ${dollars(charged)} for ${CALLS} calls; ${dollars(alice.summary().unfolded)} came back as refunds`,
  );
  await checkSolvency(stage);
  return { aliceCharged: charged };
}

export async function aliceFolds({ cast, report }: Play): Promise<void> {
  report.act("3  Alice folds her refunds, four at a time");
  const { alice } = cast;
  const { unfolded, budget } = alice.summary();
  await report.step("Alice folds all refunds", async () => {
    for (let rest = alice.summary(); rest.unfolded > 0n; rest = alice.summary()) {
      const folded = await alice.fold();
      expect(folded !== undefined, "the fold found nothing to fold");
      report.progress(`${dollars(alice.summary().unfolded)} left to fold`, alice.summary().unfolded === 0n);
    }
  });
  expectEqual(alice.summary().budget, budget + unfolded, "Alice's budget after folding");
}

export async function doubleSpend({ stage, cast, report }: Play): Promise<void> {
  report.act("4  Mallory spends one ticket twice");
  const { mallory, signers } = cast;
  await mallory.enroll();
  const payload = payloadOf("eth_blockNumber", 1, signers.sponsor.address, stage.pool.parameters.token);
  const { ticketPrice } = stage.pool.parameters;
  const [first, second] = await Promise.all([
    mallory.prepareCall(0, payload, ticketPrice),
    mallory.prepareCall(0, payload, ticketPrice),
  ]);
  await report.step("Mallory's first call is served", () => mallory.send(first));
  await report.step("the second on the same ticket is refused", async () => {
    const refusal: unknown = await mallory.send(second).catch((error: unknown) => error);
    expect(refusal instanceof GatewayError && refusal.code === "TICKET_SPENT", "the double spend was served");
  });
  await stage.gateway.idle();
  const offence = stage.offences.find(({ identityCommitment }) => identityCommitment === mallory.identityCommitment);
  expect(offence?.kind === "double-spend", "the gateway did not recover Mallory's secret");
  report.say("two shares of one line: the provider has Mallory's secret");
  await claimBounty({ stage, cast, report }, offence, "a watcher slashes Mallory");
}

export async function understatedClose({ stage, cast, report }: Play): Promise<void> {
  report.act("5  Trudy uses two tickets, and closes as if it were one");
  const { trudy, signers, recipients } = cast;
  await trudy.enroll();
  const { token, ticketPrice } = stage.pool.parameters;
  const calls = await Promise.all(
    [0, 1].map((index) =>
      trudy.prepareCall(index, payloadOf("eth_call", index, signers.sponsor.address, token), ticketPrice),
    ),
  );
  for (const call of calls) await trudy.send(call);
  const request = await trudy.prepareClose(1, recipients.trudy, deadlineOf(stage));
  await report.step("Trudy starts a close with j = 1", () => stage.as(signers.relayer).startClose(request));
  await stage.providerLooks();
  const offence = stage.offences.find(({ identityCommitment }) => identityCommitment === trudy.identityCommitment);
  expect(offence?.kind === "understated-close", "the close did not give Trudy's secret away");
  report.say("the close published the key of ticket 1; with the share of that call it gives Trudy's secret");
  await claimBounty({ stage, cast, report }, offence, "the provider's watcher slashes Trudy in the window");
  expectEqual(await stage.client.token.balanceOf(recipients.trudy), 0n, "what Trudy got");
}

async function claimBounty({ stage, cast, report }: Play, offence: Offence, title: string): Promise<void> {
  const { watcher, relayer } = cast.signers;
  const { parameters } = stage.pool;
  const { identityCommitment, nullifier } = offence;
  const proof = await stage.proveSlash(offence, watcher.address);
  const copied: unknown = await stage
    .as(relayer)
    .slash(identityCommitment, nullifier, relayer.address, proof)
    .catch((error: unknown) => error);
  expect(copied instanceof ChainError && copied.code === "REVERTED", "a copied claim paid somebody else");
  const before = await stage.client.token.balanceOf(watcher.address);
  const revenue = (await stage.client.ledger()).revenue;
  await report.step(title, () => stage.as(watcher).slash(identityCommitment, nullifier, watcher.address, proof));
  const stake = stakeOf(parameters, DEPOSIT.sponsored);
  const bounty = (stake * parameters.bountyBps) / 10_000n;
  expectEqual((await stage.client.token.balanceOf(watcher.address)) - before, bounty, "the bounty");
  expectEqual(
    (await stage.client.ledger()).revenue - revenue,
    DEPOSIT.sponsored,
    "the deposit that went to the provider",
  );
  report.say(
    `bounty ${dollars(bounty)}, burned ${dollars(stake - bounty)}, to the provider ${dollars(DEPOSIT.sponsored)}`,
  );
  await checkSolvency(stage);
}

/** Sybil skips ticket 1: it is paid for like a used one. */
export async function skippedTickets({ stage, cast, report }: Play): Promise<void> {
  report.act("6  Sybil skips a ticket");
  const { sybil, signers, recipients } = cast;
  await sybil.enroll();
  const { token, ticketPrice } = stage.pool.parameters;
  for (const index of [0, 2]) {
    await sybil.send(
      await sybil.prepareCall(index, payloadOf("eth_getBalance", index, signers.sponsor.address, token), ticketPrice),
    );
  }
  const request = await sybil.prepareClose(3, recipients.sybil, deadlineOf(stage));
  await report.step("Sybil used 0 and 2, and closes with j = 3", () => stage.as(signers.relayer).startClose(request));
  await stage.providerLooks();
  const isAccused = stage.offences.some(({ identityCommitment }) => identityCommitment === sybil.identityCommitment);
  expect(!isAccused, "the gateway objects to an honest close");
}

/** Bob closes with the provider's consent, through a relayer that takes a fee. */
export async function consentedClose({ stage, cast, report }: Play): Promise<void> {
  report.act("7  Bob makes two calls and leaves with the provider's consent");
  const { bob, signers, recipients } = cast;
  const { token, ticketPrice } = stage.pool.parameters;
  await bob.enroll();
  const charges = [];
  for (const [id, method] of (["eth_call", "eth_getLogs"] as const).entries()) {
    charges.push((await bob.call(payloadOf(method, id, signers.bob.address, token), { cap: ticketPrice })).charged);
  }
  await bob.fold();
  const fee = 2_000n;
  const close = await bob.buildClose({
    recipient: recipients.bob,
    relayer: signers.relayer.address,
    fee,
    deadline: deadlineOf(stage),
  });
  const consent = await bob.requestConsent(close.request);
  const before = await stage.client.token.balanceOf(signers.relayer.address);
  await report.step("a relayer closes Bob's account with consent", () =>
    stage.as(signers.relayer).closeWithConsent(close.request, consent.consentDeadline, consent.signature),
  );
  const charged = charges.reduce((sum, charge) => sum + charge, 0n);
  const expected = DEPOSIT.bob + stakeOf(stage.pool.parameters, DEPOSIT.bob) - charged - fee;
  expectEqual(await stage.client.token.balanceOf(recipients.bob), expected, "what Bob got back");
  expectEqual((await stage.client.token.balanceOf(signers.relayer.address)) - before, fee, "the relayer's fee");
  report.say(
    `Bob paid ${dollars(charged)} for two calls and got ${dollars(expected)} back, less the relayer's ${dollars(fee)}`,
  );
  await checkSolvency(stage);
}

/** Alice leaves without the provider: nothing here touches the gateway. */
export async function lonelyClose({ stage, cast, report }: Play, { aliceCharged }: Outcome): Promise<void> {
  report.act("13  Alice leaves with the provider offline");
  const { alice, sybil, signers, recipients } = cast;
  const { parameters } = stage.pool;
  const close = await alice.buildClose({ recipient: recipients.alice, deadline: deadlineOf(stage) });
  await report.step("Alice starts her close", () => stage.as(signers.alice).startClose(close.request));
  const early: unknown = await stage
    .as(signers.watcher)
    .finalizeClose(alice.identityCommitment)
    .catch((error: unknown) => error);
  expect(early instanceof Error, "a close was final before its window ended");

  await stage.travel(Number(parameters.challengeWindow));
  report.say(`${parameters.challengeWindow / 3_600n} h pass: the challenge window is over`);
  const finalize = (identityCommitment: bigint): Promise<TransactionReceipt> =>
    stage.as(signers.watcher).finalizeClose(identityCommitment);
  await report.step("anybody finalizes Alice's close", () => finalize(alice.identityCommitment));
  await report.step("anybody finalizes Sybil's close", () => finalize(sybil.identityCommitment));

  const due = DEPOSIT.alice + stakeOf(parameters, DEPOSIT.alice) - aliceCharged;
  expectEqual(close.payout.toRecipient, due, "what the wallet expected for Alice");
  const paid = await stage.client.token.balanceOf(recipients.alice);
  expectEqual(paid, due, "what Alice got back");
  report.checked(
    "P-03",
    "an honest user gets back D + S − what the calls cost, with the provider offline",
    `Alice paid in ${dollars(DEPOSIT.alice + stakeOf(parameters, DEPOSIT.alice))}, was charged ${dollars(aliceCharged)}, and got ${dollars(paid)}`,
  );

  const stake = stakeOf(parameters, DEPOSIT.sponsored);
  const sybilDue = DEPOSIT.sponsored + stake - 3n * holdOf(parameters);
  expectEqual(await stage.client.token.balanceOf(recipients.sybil), sybilDue, "what Sybil got back");
  report.checked(
    "P-06",
    "skipping tickets and closing low never pay",
    `Sybil paid three tickets in full for two calls; Mallory and Trudy lost ${dollars(DEPOSIT.sponsored + stake)} each`,
  );
  await checkSolvency(stage);
}

export async function settleUp({ stage, cast, report }: Play): Promise<void> {
  report.act("14  The provider is paid, and what must burn burns");
  const { provider } = stage.props;
  const { revenue, awaitingBurn } = await stage.client.ledger();
  await report.step("the provider withdraws its revenue", () =>
    stage.as(provider).withdrawRevenue(provider.address, revenue),
  );
  expectEqual(await stage.client.token.balanceOf(provider.address), revenue, "what the provider was paid");
  await report.step("the rest of the stakes is burned", () => stage.as(cast.signers.watcher).burn());
  report.say(`revenue ${dollars(revenue)}, burned ${dollars(awaitingBurn)}`);
  await checkSolvency(stage);
}

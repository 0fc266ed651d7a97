// SPDX-License-Identifier: GPL-3.0-or-later
/** A pool's history with everything in it that an audit looks at, real proofs included, and endpoints that lie about it. */
import { JsonRpcApiProvider, Network } from "ethers";
import type { JsonRpcError, JsonRpcPayload, JsonRpcResult } from "ethers";

import type { ChainProvider } from "../../../src/chain/index.ts";
import { PoolSender, closeRequestOf, signCloseConsent } from "../../../src/chain/index.ts";
import type { CloseRequest } from "../../../src/chain/index.ts";
import {
  closeClaim,
  identityCommitmentOf,
  shareOf,
  slashClaim,
  ticketKeyOf,
  ticketRootOf,
} from "../../../src/protocol/index.ts";
import {
  ALIAS,
  ALICE,
  BOB,
  C,
  D,
  DEADLINE,
  HOLD,
  P,
  RECIPIENT,
  UNIT,
  WATCHER,
  WINDOW,
  alias,
  alice,
  answerArguments,
  answerOf,
  bob,
  disputeWorld,
  ethers,
  networkHelpers,
  openingArguments,
  openingOf,
  prove,
  ticketOf,
  voucherOf,
} from "../../contracts/support/dispute-world.ts";
import type { DisputeWorld, Ticket } from "../../contracts/support/dispute-world.ts";
import { closeArgument } from "../../contracts/support/settlement-world.ts";
import { certify, finalize, planOf, provedFold, refundsOf, unsigned } from "../../contracts/support/fold-world.ts";
import type { Fold } from "../../contracts/support/fold-world.ts";

export interface AuditScene {
  readonly world: DisputeWorld;
  readonly fromBlock: number;
  /** Alice's: answered, lost, reported. */
  readonly tickets: readonly [Ticket, Ticket];
  readonly violated: bigint;
  readonly fold: Fold;
}

/** The end of Alice's lifetime and of every window. */
const LIFETIME = 86_400;
const FEE = 7_000n;
const REVERTS = 1;
const BLOCKED = `0x${"b1".repeat(20)}`;

/**
 * Hands on what it is called with: the first 20 bytes name the contract, the rest is the call. It stands for the multicalls and relayers that
 * transactions go through.
 */
const FORWARDER = "0x601e600c600039601e6000f360143603806014600037" + "5f5f825f5f5f3560601c5af1601c575f5ffd5b00";

export async function deployForwarder(): Promise<string> {
  const [signer] = await ethers.getSigners();
  const sent = await signer?.sendTransaction({ data: FORWARDER });
  const address = (await sent?.wait())?.contractAddress;
  if (address === undefined || address === null) throw new Error("the forwarder was not created");
  return address;
}

async function consentedClose(w: DisputeWorld, fold: Fold): Promise<void> {
  const { refundedCharges, refundedHolds } = refundsOf(fold.tickets);
  const terms = { recipient: RECIPIENT, relayer: WATCHER, fee: FEE, deadline: DEADLINE };
  const input = { deposit: D, firstUnused: 4, refundedCharges, refundedHolds, terms };
  const claim = closeClaim(w.description, ALIAS, unsigned(fold), input, true);
  const proof = await prove("close", claim);
  const request: CloseRequest = closeRequestOf(alias, input, claim.coverKeys, proof, fold.newState);
  const deadline = BigInt(await networkHelpers.time.latest()) + 600n;
  const consent = await signCloseConsent(w.provider, w.description, request, deadline);
  await w.settlement.closeWithConsent(closeArgument(request), deadline, consent);
}

const forwarded = (target: string, call: string): string => ethers.concat([target, call]);

export async function auditScene(): Promise<AuditScene> {
  const w = await networkHelpers.loadFixture(disputeWorld);
  const provider = new PoolSender(w.client, w.provider);
  const forwarder = await deployForwarder();
  const token = await ethers.getContractAt("MoodyToken", await w.token.getAddress());

  // Single deposits, of accounts that stay.
  for (const secret of [BOB + 100n, BOB + 101n]) await w.pool.deposit(identityCommitmentOf(secret), D + UNIT);
  await provider.postBond(6n * HOLD);
  await provider.announceBondWithdrawal(HOLD);

  // A ticket broke the policy; two are disputed: one is answered, one is not.
  const tickets = [await ticketOf(w, ALICE, 0), await ticketOf(w, ALICE, 1)] as const;
  const violated = tickets[1].nullifier + 1n;
  await w.disputes.connect(w.provider).reportViolation(violated, ethers.id("evidence"));
  for (const ticket of tickets) await w.disputes.openDispute(...openingArguments(await openingOf(w, ticket)));
  const voucher = await voucherOf(w, tickets[0].nullifier, tickets[0].session, 5n * UNIT);
  await w.disputes.answerDispute(...answerArguments(await answerOf(w, tickets[0], C - 5n * UNIT, P, voucher)));
  const fold = await provedFold(planOf(w, ALIAS, undefined, [0, 1]));
  await certify(w, fold);
  await networkHelpers.time.increase(WINDOW);
  await w.disputes.resolveDispute(tickets[1].nullifier);
  await finalize(w, fold);

  // One close by consent, one through a contract to a recipient that cannot be paid and claims elsewhere later.
  await consentedClose(w, fold);
  await token.getFunction("setMood")(BLOCKED, REVERTS);
  const claim = await lonelyCloseCall(w);
  await w.user.sendTransaction({ to: forwarder, data: forwarded(await w.settlement.getAddress(), claim) });
  await networkHelpers.time.increase(WINDOW);
  await w.settlement.finalizeClose(bob);

  // Alice's lifetime ends, and then she is slashed. The provider takes what is free.
  await networkHelpers.time.increase(LIFETIME);
  await w.settlement.expire(alice);
  const key = ticketKeyOf(ticketRootOf(ALICE, w.description.poolHash), 3);
  const shares = [shareOf(ALICE, key, 5n), shareOf(ALICE, key, 6n)] as const;
  const slash = slashClaim(w.description, { index: 3, shares, identitySecret: ALICE }, WATCHER);
  const proof = await prove("slash", slash);
  await new PoolSender(w.client, w.user).slash(alice, slash.publicSignals[1] ?? 0n, WATCHER, proof);
  await provider.withdrawBond(w.provider.address, HOLD);
  await provider.withdrawRevenue(w.provider.address, 1_000n);
  await provider.burn();
  // Somebody gives the pool tokens: they belong to nobody.
  await w.token.transfer(await w.pool.getAddress(), 5n);
  return { world: w, fromBlock: w.creation.blockNumber, tickets, violated, fold };
}

/** Bob used nothing. */
async function lonelyCloseCall(w: DisputeWorld): Promise<string> {
  const terms = { recipient: BLOCKED, relayer: ethers.ZeroAddress, fee: 0n, deadline: DEADLINE };
  const input = { deposit: D, firstUnused: 0, refundedCharges: 0n, refundedHolds: 0n, terms };
  const claim = closeClaim(w.description, BOB, undefined, input);
  const request = closeRequestOf(bob, input, claim.coverKeys, await prove("close", claim));
  return w.settlement.interface.encodeFunctionData("startClose", [closeArgument(request)]);
}

/** Changes an answer of the endpoint; undefined leaves it as it is. */
export type Lie = (method: string, params: readonly unknown[], answer: unknown) => unknown;

/** The endpoint of the scene, as somebody in between would have it. */
export class LyingProvider extends JsonRpcApiProvider {
  readonly #inner: ChainProvider;
  readonly #lie: Lie;

  constructor(inner: ChainProvider, chainId: bigint, lie: Lie) {
    super(Network.from(chainId), { staticNetwork: true, batchMaxCount: 1, cacheTimeout: -1 });
    this.#inner = inner;
    this.#lie = lie;
    this._start();
  }

  override async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<(JsonRpcResult | JsonRpcError)[]> {
    const all = Array.isArray(payload) ? payload : [payload];
    return Promise.all(
      all.map(async ({ id, method, params }) => {
        const asked = params as unknown[];
        try {
          const answer = structuredClone(await this.#inner.send(method, asked));
          return { id, result: this.#lie(method, asked, answer) ?? answer };
        } catch (error) {
          return { id, error: { code: -32_000, message: (error as Error).message } };
        }
      }),
    );
  }
}

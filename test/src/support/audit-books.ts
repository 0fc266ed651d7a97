// SPDX-License-Identifier: GPL-3.0-or-later
/** The store of a provider that served the audit's scene, as a gateway writes it, and its feed. */
import { LeanIMT } from "@zk-kit/lean-imt";

import type { FeedSource } from "../../../src/audit/index.ts";
import { openStore } from "../../../src/gateway/index.ts";
import type { GatewayStore, RefundRecord, TicketKey } from "../../../src/gateway/index.ts";
import {
  enrollClaim,
  identityCommitmentOf,
  leafOf,
  nullifierOf,
  poseidon,
  refundMessage,
  shareOf,
  ticketKeyOf,
  ticketMessage,
  ticketRootOf,
} from "../../../src/protocol/index.ts";
import { toJson } from "../../../src/wire/index.ts";
import {
  ALIAS,
  ALICE,
  BOB,
  C,
  D,
  HOLD,
  P,
  UNIT,
  alias,
  alice,
  bob,
  ethers,
  prove,
  sessionOf,
  voucherOf,
} from "../../contracts/support/dispute-world.ts";
import type { AuditScene } from "./audit-scene.ts";

const NOW = 1_800_000_000;

/** Tickets of Alias, who was refunded everything, by index. */
const ALIAS_TICKETS = [0, 1, 2, 3];

export function ticketKey(scene: AuditScene, secret: bigint, index: number): TicketKey {
  const { scope, poolHash } = scene.world.description;
  const key = ticketKeyOf(ticketRootOf(secret, poolHash), index);
  const sessionAddress = sessionOf(secret, index).address;
  return {
    nullifier: nullifierOf(key),
    share: shareOf(secret, key, ticketMessage(scope, sessionAddress)),
    sessionAddress,
  };
}

const refundOf = ({ world }: AuditScene, nullifier: bigint, refundedCharge: bigint): RefundRecord => ({
  refundedCharge,
  refundedHold: P,
  signature: world.providerKey.sign(
    refundMessage(world.description.poolHash, { nullifier, refundedCharge, refundedHold: P }),
  ),
});

async function paidCall(scene: AuditScene, store: GatewayStore): Promise<void> {
  const { world, tickets } = scene;
  const opening = ticketKey(scene, ALICE, 0);
  const { nullifier, share, sessionAddress } = opening;
  const voucher = await voucherOf(world, nullifier, tickets[0].session, 5n * UNIT);
  const [sequence, cap, requestHash] = [Number(voucher.sequence), BigInt(voucher.cap), String(voucher.requestHash)];
  const signature = String(voucher.signature);
  const claim = { nullifier, x: share.x, sessionAddress, sequence, cap, requestHash, signature, leastRoom: 0n };
  await store.beginCall(claim, opening, { owner: "gateway", until: NOW + 60 }, NOW);
  const receipt = {
    nullifier,
    sequence: 3n,
    requestHash,
    responseHash: requestHash,
    charged: cap,
    modelId: "",
    issuedAt: 0n,
  };
  const answer = { response: "{}", receipt, signature: "0x", refund: null };
  const rest = { refund: undefined, violation: undefined, at: NOW, owner: "gateway" };
  await store.completeCall({ nullifier, sequence, answer, charged: cap, ...rest });
}

/** @param location a file, or a postgres:// URL */
export async function writeBooks(scene: AuditScene, location: string): Promise<void> {
  const { world, fold } = scene;
  const { description: pool, providerKey } = world;
  const store = await openStore(location, pool.poolHash);
  try {
    const tree = new LeanIMT<bigint>(
      (left, right) => poseidon([left, right]),
      [alice, bob, alias].map((of) => leafOf(of, D)),
    );
    const { root, index, siblings } = tree.generateProof(0);
    const claim = enrollClaim(pool, ALICE, D, { root, index, siblings });
    const [, state = 0n, nullifier = 0n] = claim.publicSignals;
    const proof = await prove("enroll", claim);
    await store.recordEnrolment({ nullifier, root, state, proof, signature: providerKey.sign(state) });

    await paidCall(scene, store);
    const [disputed, lost] = [ticketKey(scene, ALICE, 0), ticketKey(scene, ALICE, 1)];
    for (const ticket of [disputed, lost]) await store.recordDispute({ ...ticket, resolvableAt: 5n }, NOW);
    const owed = refundOf(scene, disputed.nullifier, C - 5n * UNIT);
    await store.endSession(disputed, { refund: owed, charged: 5n * UNIT, violation: undefined }, false, NOW + 100);
    await store.recordAnswer({ nullifier: disputed.nullifier, ...owed, voucher: undefined });
    for (const at of ALIAS_TICKETS) {
      const ticket = ticketKey(scene, ALIAS, at);
      const refund = refundOf(scene, ticket.nullifier, C);
      await store.endSession(ticket, { refund, charged: 0n, violation: undefined }, true, NOW);
    }
    const { newState, foldNullifiers: nullifiers, certified } = fold;
    await store.recordFold({
      state: newState,
      nullifiers,
      certified,
      proof: fold.proof,
      signature: providerKey.sign(newState),
    });

    for (const [secret, from] of [
      [BOB, 0],
      [ALIAS, 4],
    ] as const) {
      const revealed = Array.from(
        { length: Number(D / HOLD) },
        (_, at) => ticketKey(scene, secret, from + at).nullifier,
      );
      await store.closeTickets(identityCommitmentOf(secret), revealed, "always");
    }
    await store.advanceChainPosition(await ethers.provider.getBlockNumber());
  } finally {
    await store.close();
  }
}

/** The feed as the gateway would show it. */
export async function feedOf(scene: AuditScene, location: string): Promise<FeedSource> {
  const store = await openStore(location, scene.world.description.poolHash);
  const entries = await store.feed(0, 1_000);
  await store.close();
  return async ({ after, limit }) => {
    const page = entries.filter(({ position }) => position > after).slice(0, Math.min(limit, 3));
    const next = page.at(-1)?.position ?? after;
    return toJson({ entries: page, next, isEnd: next === entries.length });
  };
}

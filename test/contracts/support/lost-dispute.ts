// SPDX-License-Identifier: GPL-3.0-or-later
/** Disputes before the model verifier, for tests of the money that they move. What real proofs bind is tested with the real verifiers. */
import { Wallet } from "ethers";

import { NO_PROOF } from "./requests.ts";
import { addressOf, ethers, HOUR, networkHelpers } from "./world.ts";
import type { World } from "./world.ts";

const TYPES = {
  Dispute: [
    { name: "nullifier", type: "uint256" },
    { name: "recipient", type: "address" },
  ],
};

/** Opens a dispute over a ticket that nobody will answer. */
export async function openDispute(w: World, nullifier: bigint, recipient: string): Promise<void> {
  const session = new Wallet(ethers.id(`session ${nullifier}`));
  const { chainId } = await ethers.provider.getNetwork();
  const domain = { name: "Jeton", version: "1", chainId, verifyingContract: await addressOf(w.pool) };
  const signature = await session.signTypedData(domain, TYPES, { nullifier, recipient });
  const y = 7n;
  const signals = [nullifier, y, await w.disputes.ticketMessageOf(session.address), await w.pool.poolHash()];
  const shown = BigInt(ethers.keccak256(ethers.AbiCoder.defaultAbiCoder().encode(["uint256[4]"], [signals])));
  const proof = { ...NO_PROOF, a: [shown, 0n] as [bigint, bigint] };
  await w.disputes.openDispute(nullifier, y, session.address, recipient, proof, signature);
}

/** Opens disputes over tickets 1, 2, … for these recipients, and lets the time for an answer pass. */
export async function loseDisputes(w: World, recipients: readonly string[]): Promise<void> {
  for (const [index, recipient] of recipients.entries()) await openDispute(w, BigInt(index + 1), recipient);
  await networkHelpers.time.increase(HOUR);
}

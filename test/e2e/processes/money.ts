// SPDX-License-Identifier: GPL-3.0-or-later
/** What the chain paid, against what it had to by the service's books. */
import type { Due } from "./audit.ts";
import type { World } from "./world.ts";

const NOBODY = "0x000000000000000000000000000000000000dEaD";

/** The addresses that closed accounts are paid out to: nobody else has anything there. */
export const recipientOf = (seed: number, account: number): string =>
  `0x${(0xc4a5_0000_0000_0000n + BigInt(seed) * 1_000n + BigInt(account)).toString(16).padStart(40, "0")}`;

export interface Money {
  readonly revenue: bigint;
  /** Or about to be. */
  readonly burned: bigint;
  /** The chain's, in unix seconds. */
  readonly time: number;
}

export async function moneyOn(world: World): Promise<Money> {
  const { client } = world;
  const { revenue, awaitingBurn } = await client.ledger();
  const head = await client.provider.getBlock("latest");
  return { revenue, burned: awaitingBurn + (await world.balanceOf(NOBODY)), time: head?.timestamp ?? 0 };
}

/** A sentence for each amount that is another one. Every account must be closed: none was slashed, and none is left. */
export async function differences(
  world: World,
  seed: number,
  identityCommitments: readonly bigint[],
  dues: readonly Due[],
  before: Money,
): Promise<readonly string[]> {
  const found: string[] = [];
  const check = (what: string, is: bigint | string, must: bigint | string): void => {
    if (is !== must) found.push(`${what}: the chain says ${is}, and it must be ${must}`);
  };
  for (const { number, toOwner } of dues) {
    const { status } = await world.client.accountOf(identityCommitments[number] as bigint);
    check(`account ${number}`, status, "closed");
    const recipient = recipientOf(seed, number);
    check(`payout of account ${number}`, await world.balanceOf(recipient), toOwner);
  }
  const after = await moneyOn(world);
  const sumOf = (share: "toProvider" | "burned"): bigint => dues.reduce((sum, due) => sum + due[share], 0n);
  check("the provider's revenue", after.revenue - before.revenue, sumOf("toProvider"));
  check("what was burned", after.burned - before.burned, sumOf("burned"));
  return found;
}

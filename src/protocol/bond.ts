/** What a provider's bond is good for (docs/protocol.md, The bond). */

/** Token base units throughout. */
export interface BondView {
  readonly bond: bigint;
  /** What the provider gave notice of: it is no security any more. */
  readonly announcedWithdrawal: bigint;
  /** What open disputes, unpaid awards and penalties need. */
  readonly encumbered: bigint;
  /** C + P. */
  readonly hold: bigint;
}

/** How many tickets the bond covers: a lost dispute takes the hold twice, once for the user and once to be burned. */
export function coveredTickets({ bond, announcedWithdrawal, encumbered, hold }: BondView): bigint {
  const free = bond - announcedWithdrawal - encumbered;
  return free > 0n ? free / (2n * hold) : 0n;
}

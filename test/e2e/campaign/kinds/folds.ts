// SPDX-License-Identifier: GPL-3.0-or-later
/** Folds: signed, certified, made final, challenged; and one ticket folded in two ways. */
import { NO_PROOF } from "../arguments.ts";
import { FoldStatus } from "../ghost/index.ts";
import type { FoldFacts } from "../ghost/index.ts";
import type { Fold, Head, Holder, Ticket } from "../holder.ts";
import { certify, finalizeFold, proveFold, showChallenge } from "../moves.ts";
import type { Scene } from "../scene.ts";
import type { Kind, Pick } from "./kind.ts";

const MOST_TICKETS = 4;

/** Signed, or certified and not fallen: one can build on it. */
const isStanding = ({ ghost }: Scene, { signature, hash }: Head): boolean =>
  signature !== undefined ||
  ghost.folds.statusOf(hash) === FoldStatus.Final ||
  ghost.folds.statusOf(hash) === FoldStatus.Pending;

const isOpen = ({ ghost }: Scene, { id, hasClosed }: Holder): boolean => ghost.accounts.isOpen(id) && !hasClosed;

/** Adds refunds to a state: on chain if the owner wishes so, or the provider does not give its signature. */
export async function fold(
  scene: Scene,
  holder: Holder,
  base: Head,
  tickets: readonly Ticket[],
  isOnChain = false,
): Promise<void> {
  const { provider } = scene;
  const isWilling = provider.mood === "honest" && !isOnChain;
  if (isWilling && base.signature === undefined) {
    const signature = provider.sign(base);
    if (signature !== undefined) base.signature = signature;
  }
  const head = holder.fold(base, tickets);
  holder.heads.push(head);
  // A hostile provider takes the fold, and keeps its signature.
  const signature = isWilling || provider.mood === "hostile" ? provider.sign(head) : undefined;
  if (isWilling && signature !== undefined) head.signature = signature;
  else await certify(scene, holder.owner, await proveFold(scene, head.fold as Fold));
}

const standing = (scene: Scene, { heads }: Holder): Head[] => heads.filter((each) => isStanding(scene, each));

/** Who has refunds that the latest good state does not hold. */
const foldable = (scene: Scene): { holder: Holder; base: Head; tickets: Ticket[] }[] =>
  scene.holders
    .filter((holder) => isOpen(scene, holder))
    .flatMap((holder) => {
      const base = standing(scene, holder).at(-1);
      const tickets = holder.tickets.filter((each) => each.refund !== undefined && !base?.folded.includes(each));
      return base === undefined || tickets.length === 0 ? [] : [{ holder, base, tickets }];
    });

const folding: Kind = {
  name: "fold",
  weight: 14,
  isPossible: (scene) => foldable(scene).length > 0,
  async act(scene, pick) {
    const { holder, base, tickets } = pick.of(foldable(scene));
    await fold(scene, holder, base, pick.some(tickets, pick.of([1, 2, MOST_TICKETS])), pick.oneIn(3));
  },
};

/** A state without a ticket that stands in another state already. */
function regroupings(scene: Scene): { holder: Holder; base: Head; ticket: Ticket }[] {
  return scene.holders
    .filter((holder) => holder.owner === "mallory" && isOpen(scene, holder))
    .flatMap((holder) =>
      standing(scene, holder).flatMap((base) =>
        holder.heads.flatMap(({ folded }) =>
          folded.filter((ticket) => !base.folded.includes(ticket)).map((ticket) => ({ holder, base, ticket })),
        ),
      ),
    );
}

function regrouped(scene: Scene, pick: Pick): { holder: Holder; head: Head } {
  const { holder, base, ticket } = pick.of(regroupings(scene));
  const others = holder.tickets.filter(
    (each) => each.refund !== undefined && each !== ticket && !base.folded.includes(each),
  );
  const more = others.length > 0 && !pick.oneIn(3) ? pick.some(others, MOST_TICKETS - 1) : [];
  return { holder, head: holder.fold(base, [ticket, ...more]) };
}

const regrouping: Kind = {
  name: "fold a ticket in another way",
  weight: 16,
  isPossible: (scene) => regroupings(scene).length > 0,
  async act(scene, pick) {
    const known = new Set(scene.holders.flatMap(({ heads }) => heads.map(({ hash }) => hash)));
    const attempts = Array.from({ length: 4 }, () => regrouped(scene, pick));
    const { holder, head } = attempts.find(({ head: { hash } }) => !known.has(hash)) ?? pick.of(attempts);
    holder.hasCheated = true;
    holder.heads.push(head);
    await certify(scene, "alias", await proveFold(scene, head.fold as Fold));
  },
};

const pendingFolds = ({ ghost }: Scene): FoldFacts[] =>
  [...ghost.folds.all.values()].filter(({ status }) => status === FoldStatus.Pending);

const finalizing: Kind = {
  name: "make a fold final",
  weight: 10,
  isPossible: (scene) => pendingFolds(scene).length > 0,
  async act(scene, pick) {
    const all = pendingFolds(scene);
    const baseless = all.filter(({ certified }) => certified !== 0n && !scene.ghost.folds.isFinal(certified));
    const shown = pick.of(baseless.length > 0 && pick.oneIn(2) ? baseless : all);
    const { finalizableAt } = scene.ghost.folds.all.get(shown.newState) as { finalizableAt: bigint };
    await scene.waitUntil(finalizableAt - 1n);
    if (scene.next < finalizableAt) await finalizeFold(scene, "stranger", shown);
    await scene.waitUntil(finalizableAt);
    if (pick.oneIn(4)) await finalizeFold(scene, "stranger", { ...shown, certified: shown.certified + 1n });
    await finalizeFold(scene, "stranger", shown);
  },
};

/** Every fold that somebody showed the chain or the provider. */
const shownFolds = (scene: Scene): Fold[] =>
  scene.holders
    .flatMap(({ heads }) => heads.flatMap(({ fold: made }) => made ?? []))
    .filter(
      ({ facts }) =>
        scene.ghost.folds.all.has(facts.newState) || scene.provider.folds.some((each) => each.facts === facts),
    );

/** Another fold that is final has one of its tickets. */
const isPartlyFinal = ({ ghost: { folds } }: Scene, { newState, foldNullifiers }: FoldFacts): boolean =>
  foldNullifiers.some((nullifier) => {
    const holder = folds.holders.get(nullifier);
    return holder !== undefined && holder !== newState && folds.isFinal(holder);
  });

/** The provider shows a fold against another one, whether it conflicts or not. */
const challenging: Kind = {
  name: "challenge a fold",
  weight: 12,
  isPossible: (scene) => pendingFolds(scene).length > 0 && shownFolds(scene).length > 0,
  async act(scene, pick) {
    const pending = pick.of(pendingFolds(scene));
    // On duty it shows nothing that contradicts what it signed.
    const isOnDuty = scene.provider.mood === "honest";
    const known = shownFolds(scene).filter(({ facts }) => !isOnDuty || !scene.provider.hasSignedAnother(facts));
    if (known.length === 0) return;
    const conflicting = known.filter(
      ({ facts }) =>
        facts.newState !== pending.newState && facts.foldNullifiers.some((one) => pending.foldNullifiers.includes(one)),
    );
    const partial = conflicting.filter(({ facts }) => isPartlyFinal(scene, facts));
    const some = [partial, conflicting].find((each) => each.length > 0 && !pick.oneIn(4)) ?? known;
    const shown = pick.of(some);
    const conflicts = conflicting.includes(shown);
    if (pick.oneIn(3)) return wrongChallenge(scene, pending, shown, pick);
    const other = conflicts ? await proveFold(scene, shown) : { facts: shown.facts, proof: NO_PROOF, isProven: false };
    await showChallenge(scene, "provider", pending, other);
  },
};

async function wrongChallenge(scene: Scene, pending: FoldFacts, { facts }: Fold, pick: Pick): Promise<void> {
  const unproven = { facts, proof: NO_PROOF, isProven: false };
  const [one, two, three] = pending.foldNullifiers;
  const repeated: FoldFacts = { ...facts, newState: 11n, foldNullifiers: [one, two, three, three] };
  const invented: FoldFacts = { newState: 11n, foldNullifiers: [one, 2n, 3n, 4n], certified: 0n };
  const cases = [
    () => showChallenge(scene, "stranger", pending, unproven),
    () => showChallenge(scene, "provider", { ...pending, newState: pending.newState + 1n }, unproven),
    () => showChallenge(scene, "provider", { ...pending, certified: pending.certified + 1n }, unproven),
    () => showChallenge(scene, "provider", pending, { ...unproven, facts: invented }),
    () => showChallenge(scene, "provider", pending, { ...unproven, facts: { ...invented, certified: 99n } }),
    () =>
      showChallenge(scene, "provider", pending, { ...unproven, facts: { ...invented, certified: pending.newState } }),
    () => showChallenge(scene, "provider", pending, { ...unproven, facts: { ...repeated, certified: 0n } }),
  ];
  await pick.of(cases)();
}

const wrongFold: Kind = {
  name: "certify a fold that must not be",
  weight: 4,
  isPossible: ({ holders }) => holders.length > 0,
  async act(scene, pick) {
    const { all, holders } = scene.ghost.folds;
    const known = [...all.values()];
    const invented: FoldFacts = { newState: 11n, foldNullifiers: [1n, 2n, 3n, 4n], certified: 0n };
    const fallen = known.filter(({ status }) => status === FoldStatus.Fallen);
    const taken = [...holders.keys()];
    const facts = pick.of<FoldFacts>([
      invented,
      { ...invented, certified: 99n },
      { ...invented, foldNullifiers: [1n, 2n, 3n, 1n] },
      ...known.slice(0, 2),
      ...fallen.slice(0, 1),
      ...fallen.slice(0, 1).map(({ newState }) => ({ ...invented, certified: newState })),
      ...taken.slice(0, 1).map((one) => ({ ...invented, foldNullifiers: [1n, 2n, 3n, one] as const })),
    ]);
    if (pick.oneIn(4)) return void (await finalizeFold(scene, "stranger", facts));
    await certify(scene, "stranger", { facts, proof: NO_PROOF, isProven: false });
  },
};

export const FOLD_KINDS: readonly Kind[] = [folding, regrouping, finalizing, challenging, wrongFold];

// SPDX-License-Identifier: GPL-3.0-or-later
/** Every matcher on every relation, judged against the truth, with one level of significance for all of them together. */
import type { Entity, Sight } from "./entities.ts";
import { entitiesOf } from "./entities.ts";
import { MATCHERS } from "./matchers/index.ts";
import type { Kind } from "./records.ts";
import type { World } from "./run.ts";
import { judge } from "./statistics.ts";
import type { Result } from "./statistics.ts";

/** The chance that a run without a leak is called leaky, over all matchers and relations of one attack. */
export const FAMILY_ALPHA = 1e-6;

export type RelationName =
  | `ticket – ${"ticket" | "enrolment" | "account" | "fold"}`
  | "enrolment – fold"
  | "account – fold"
  | "enrolment – account";

interface Relation {
  readonly name: RelationName;
  readonly left: Kind;
  readonly right: Kind;
}

/** Who owns the thing on the left is to be told by something on the right. Tickets are halved, and matched across. */
const RELATIONS: readonly Relation[] = [
  { name: "ticket – ticket", left: "ticket", right: "ticket" },
  { name: "ticket – enrolment", left: "ticket", right: "enrolment" },
  { name: "ticket – account", left: "ticket", right: "account" },
  { name: "ticket – fold", left: "ticket", right: "fold" },
  { name: "enrolment – fold", left: "enrolment", right: "fold" },
  { name: "account – fold", left: "account", right: "fold" },
  { name: "enrolment – account", left: "enrolment", right: "account" },
];

/** Two statistics for each. */
export const TESTS = MATCHERS.length * RELATIONS.length * 2;
export const LOG_ALPHA = Math.log(FAMILY_ALPHA / TESTS);

export interface Finding extends Result {
  readonly matcher: string;
  readonly relation: RelationName;
  readonly isLeak: boolean;
}

/** Halves the tickets by the parity of the truth's own list: an order that nothing observed depends on. */
function sidesOf({ entities }: Sight, { left, right }: Relation, world: World): [readonly Entity[], readonly Entity[]] {
  if (left !== right) return [entities[left], entities[right]];
  const isLeft = (entity: Entity): boolean => (world.halves.get(entity.key) ?? 0) === 0;
  return [entities[left].filter(isLeft), entities[left].filter((entity) => !isLeft(entity))];
}

function ownerOf({ kind, key }: Entity, { owners }: World): number {
  const owner = owners[kind].get(key);
  if (owner === undefined) throw new Error(`the observer saw a ${kind} that nobody made`);
  return owner;
}

/** @param only the relations to try; the level of significance is that of all. */
export function attack(world: World, only?: RelationName): Finding[] {
  const sight = entitiesOf(world.pool, world.records);
  const relations = RELATIONS.filter(({ name }) => only === undefined || name === only);
  return relations.flatMap((relation) => {
    const [lefts, rights] = sidesOf(sight, relation, world);
    const columns = rights.map((entity) => ownerOf(entity, world));
    return MATCHERS.map(({ name, score }): Finding => {
      const table = score(sight, lefts, rights);
      const rows = lefts.map((entity, index) => ({ owner: ownerOf(entity, world), scores: table[index] ?? [] }));
      const result = judge(rows, columns);
      const isLeak = Math.min(result.logHits, result.logRank) < LOG_ALPHA;
      return { matcher: name, relation: relation.name, isLeak, ...result };
    });
  });
}

export const leaksIn = (findings: readonly Finding[]): readonly Finding[] => findings.filter(({ isLeak }) => isLeak);

const strength = ({ logHits, logRank }: Finding): number => Math.min(logHits, logRank);

/** Of every matcher what it found best. */
export function bestOfEach(findings: readonly Finding[]): readonly Finding[] {
  const best = new Map<string, Finding>();
  for (const finding of findings) {
    const known = best.get(finding.matcher);
    if (known === undefined || strength(finding) < strength(known)) best.set(finding.matcher, finding);
  }
  return [...best.values()];
}

const exponent = (log: number): string => (log === 0 ? "1" : `10^${(log / Math.LN10).toFixed(1)}`);

/** The findings as a table in Markdown. */
export function tableOf(findings: readonly Finding[]): string {
  const header = ["matcher", "relation", "rows", "hits", "chance", "AUC", "p of hits", "p of AUC", "verdict"];
  const rows = findings.map(
    ({ matcher, relation, rows: count, guesses, hits, expectedHits, auc, logHits, logRank, isLeak }) => [
      ...[matcher, relation, count.toString()],
      ...[`${hits} of ${guesses}`, expectedHits.toFixed(1), auc.toFixed(2), exponent(logHits), exponent(logRank)],
      isLeak ? "leak" : "chance",
    ],
  );
  const lines = [header, header.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

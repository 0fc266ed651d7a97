// SPDX-License-Identifier: GPL-3.0-or-later
/** Runs a campaign: random sequences of commands, each on a fresh pool, with everything checked after every call. */
import fc from "fast-check";

import { Chain } from "./chain.ts";
import { Fault } from "./fault.ts";
import { epilogue, prologue } from "./finale.ts";
import { HOLD } from "./ghost/index.ts";
import { CLOSE_KINDS } from "./kinds/closes.ts";
import { DISPUTE_KINDS } from "./kinds/disputes.ts";
import { FOLD_KINDS } from "./kinds/folds.ts";
import { Pick } from "./kinds/kind.ts";
import type { Kind } from "./kinds/kind.ts";
import { TICKET_KINDS } from "./kinds/tickets.ts";
import { WORLD_KINDS } from "./kinds/world.ts";
import { checkPromises } from "./promises.ts";
import { ModelProofs, RealProofs } from "./proofs.ts";
import { Scene } from "./scene.ts";
import { Tally } from "./tally.ts";

export interface CampaignOptions {
  readonly verifier: "real" | "model";
  readonly runs: number;
  /** How many commands of a run are carried out; those that make no sense where they stand are not counted. */
  readonly commands: number;
  readonly seed: number;
  readonly note?: (line: string) => void;
}

export interface CampaignReport {
  readonly seed: number;
  readonly runs: number;
  readonly commands: number;
  /** Transactions, and how many of them had to be refused, and were. */
  readonly calls: number;
  readonly refused: number;
  readonly proofs: number;
  /** What was carried out, sent, refused and proved, and how accounts ended, each by name. */
  readonly byKind: Readonly<Record<string, number>>;
  readonly byCall: Readonly<Record<string, number>>;
  readonly byRefusal: Readonly<Record<string, number>>;
  readonly byProof: Readonly<Record<string, number>>;
  readonly byEnd: Readonly<Record<string, number>>;
  /** The first fault, with all that led to it. A campaign ends with it. */
  readonly fault: string | undefined;
}

const KINDS: readonly Kind[] = [...TICKET_KINDS, ...FOLD_KINDS, ...CLOSE_KINDS, ...DISPUTE_KINDS, ...WORLD_KINDS];
const NUMBERS = 12;

/** How many commands a run still has. */
interface Budget {
  left: number;
}

class Command implements fc.AsyncCommand<Budget, Scene, true> {
  readonly #kind: Kind;
  readonly #numbers: readonly number[];
  readonly #scene: () => Scene;

  constructor(kind: Kind, numbers: readonly number[], scene: () => Scene) {
    [this.#kind, this.#numbers, this.#scene] = [kind, numbers, scene];
  }

  async check({ left }: Readonly<Budget>): Promise<boolean> {
    return left > 0 && this.#kind.isPossible(this.#scene());
  }

  async run(budget: Budget, scene: Scene): Promise<void> {
    budget.left--;
    scene.log.push(`-- ${this.toString()}`);
    scene.tally.noteCommand(this.#kind.name);
    await this.#kind.act(scene, new Pick(this.#numbers));
  }

  toString(): string {
    return `${this.#kind.name} (${this.#numbers.join()})`;
  }
}

const numbers = fc.array(fc.noBias(fc.nat(999_999)), { minLength: NUMBERS, maxLength: NUMBERS });
const deposit = fc.bigInt({ min: 2n * HOLD, max: 6n * HOLD });

export async function runCampaign(options: CampaignOptions): Promise<CampaignReport> {
  const { verifier, runs, commands, seed, note = () => undefined } = options;
  const chain = await Chain.create(verifier === "real");
  const proofs = verifier === "real" ? await RealProofs.create() : new ModelProofs(chain.description);
  const tally = new Tally();
  let current: Scene | undefined;
  const command = fc
    .oneof(...KINDS.map((kind) => ({ weight: kind.weight, arbitrary: fc.tuple(fc.constant(kind), numbers) })))
    .map(([kind, choices]) => new Command(kind, choices, () => current as Scene));
  const property = fc.asyncProperty(
    fc.record({
      deposits: fc.tuple(deposit, deposit, deposit, deposit),
      bond: fc.bigInt({ min: 1n, max: 5n * HOLD }),
      // Oscar, an old account of the cheater, Alice, Bob, the cheater.
      used: fc.tuple(fc.nat(1), fc.constant(0), fc.nat(2), fc.nat(1), fc.nat(3)),
    }),
    // Enough that those which are possible make up a whole run.
    fc.array(command, { minLength: 6 * commands, maxLength: 6 * commands, size: "max" }),
    numbers,
    async (beginning, sequence, picks) => {
      const start = performance.now();
      const scene = new Scene(chain, proofs, tally, await chain.restart());
      current = scene;
      const pick = new Pick(picks);
      await prologue(scene, beginning, pick);
      const budget: Budget = { left: commands };
      await fc.asyncModelRun(() => ({ model: budget, real: scene }), sequence);
      await epilogue(scene, pick);
      await checkPromises(scene);
      tally.runs++;
      note(`run ${tally.runs} of ${runs}: ${Math.round((performance.now() - start) / 100) / 10} s`);
    },
  );
  try {
    // A run takes seconds: the sequence that fails is shown as it was, and is not made smaller.
    const details = await fc.check(property, { numRuns: runs, seed, endOnFailure: true });
    const fault = details.failed ? describe(seed, details.numRuns, details.errorInstance, current) : undefined;
    return report(tally, proofs.made, seed, fault);
  } finally {
    await proofs.close();
  }
}

/** What went wrong, and below it everything that led there. */
function describe(seed: number, run: number, error: unknown, scene: Scene | undefined): string {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const reason = error instanceof Fault ? message : `the campaign itself failed: ${message}`;
  return [reason, `seed ${seed}, run ${run}:`, ...(scene?.log ?? []), "", stack ?? ""].join("\n");
}

function report(tally: Tally, made: ReadonlyMap<string, number>, seed: number, fault?: string): CampaignReport {
  const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);
  const { runs, commands, kinds, calls, refusals, ends } = tally;
  const byProof = Object.fromEntries(made);
  return {
    seed,
    runs,
    commands,
    calls: sum(calls),
    refused: sum(refusals),
    proofs: sum(byProof),
    byKind: kinds,
    byCall: calls,
    byRefusal: refusals,
    byProof,
    byEnd: ends,
    fault,
  };
}

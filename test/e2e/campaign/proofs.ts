// SPDX-License-Identifier: GPL-3.0-or-later
/** Where the campaign's proofs come from: the prover; or, for the hunt for planted bugs alone, a model of it. */
import { AbiCoder, keccak256 } from "ethers";

import type { Claim, Pool, Proof, Statement } from "../../../src/protocol/index.ts";
import { Prover } from "../../../src/prover/index.ts";
import { isTrue } from "./truth.ts";

export interface Proofs {
  /** Made so far, by statement: what was asked for again is not made again. */
  readonly made: ReadonlyMap<Statement, number>;
  /** Throws when the claim is false. */
  prove(statement: Statement, claim: Claim): Promise<Proof>;
  /** Starts a proof that will probably be asked for, when nothing else is to be done. */
  proveAhead(statement: Statement, claim: () => Claim): void;
  /** What a gateway asks before it looks at a share. */
  verify(statement: Statement, claim: Claim, proof: Proof): Promise<boolean>;
  close(): Promise<void>;
}

/** The same statement with the same public signals needs no second proof. */
class ProofCache {
  readonly made = new Map<Statement, number>();
  readonly #proofs = new Map<string, Promise<Proof>>();

  get(statement: Statement, { publicSignals }: Claim, make: () => Promise<Proof>): Promise<Proof> {
    const key = `${statement} ${publicSignals.join()}`;
    const known = this.#proofs.get(key);
    if (known !== undefined) return known;
    this.made.set(statement, (this.made.get(statement) ?? 0) + 1);
    const proof = make();
    // Who proves ahead does not look; who asks gets the same rejection.
    proof.catch(() => undefined);
    this.#proofs.set(key, proof);
    return proof;
  }
}

export class RealProofs implements Proofs {
  readonly #prover: Prover;
  readonly #cache = new ProofCache();
  readonly made = this.#cache.made;

  private constructor(prover: Prover) {
    this.#prover = prover;
  }

  static async create(): Promise<RealProofs> {
    return new RealProofs(await Prover.create());
  }

  prove(statement: Statement, claim: Claim): Promise<Proof> {
    return this.#make(statement, claim, 1);
  }

  proveAhead(statement: Statement, claim: () => Claim): void {
    void this.#make(statement, claim(), 0);
  }

  #make(statement: Statement, claim: Claim, priority: number): Promise<Proof> {
    return this.#cache.get(statement, claim, async () => {
      const { proof, publicSignals } = await this.#prover.prove(statement, claim.input, { priority });
      if (publicSignals.join() !== claim.publicSignals.join()) throw new Error(`${statement} answers something else`);
      return proof;
    });
  }

  verify(statement: Statement, { publicSignals }: Claim, proof: Proof): Promise<boolean> {
    return this.#prover.verify(statement, publicSignals, proof);
  }

  close(): Promise<void> {
    return this.#prover.close();
  }
}

/** What test/contracts/support/ModelVerifier.sol takes for a proof: the hash of the public signals. Only what is true gets one. */
export class ModelProofs implements Proofs {
  readonly #pool: Pool;
  readonly #cache = new ProofCache();
  readonly made = this.#cache.made;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  prove(statement: Statement, claim: Claim): Promise<Proof> {
    return this.#cache.get(statement, claim, async () => {
      if (!isTrue(this.#pool, statement, claim)) throw new Error(`a ${statement} claim of the campaign is false`);
      return this.#proofOf(claim);
    });
  }

  proveAhead(): void {}

  async verify(_statement: Statement, claim: Claim, proof: Proof): Promise<boolean> {
    return this.#proofOf(claim).a[0] === proof.a[0];
  }

  async close(): Promise<void> {}

  #proofOf({ publicSignals }: Claim): Proof {
    const encoded = AbiCoder.defaultAbiCoder().encode([`uint256[${publicSignals.length}]`], [publicSignals]);
    const zeros = [0n, 0n] as const;
    return { a: [BigInt(keccak256(encoded)), 0n], b: [zeros, zeros], c: zeros };
  }
}

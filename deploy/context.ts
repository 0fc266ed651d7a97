// SPDX-License-Identifier: GPL-3.0-or-later
/** What every step of a deployment works with. */
import type { Signer } from "ethers";

import type { Artifact, ArtifactReader, ChainProvider, Libraries } from "../src/chain/index.ts";
import type { Manifest } from "../src/prover/index.ts";
import { DeployError } from "./errors.ts";
import type { NetworkDescription } from "./networks/index.ts";
import type { PoolConfig } from "./pool-config.ts";
import type { ContractRecord, DeploymentRecord, RecordStore } from "./record.ts";

export interface DeployOptions {
  readonly provider: ChainProvider;
  /** Pays for everything; gets no right over anything. */
  readonly deployer: Signer;
  readonly artifacts: ArtifactReader;
  readonly network: NetworkDescription;
  /** The chain lives inside this process (a rehearsal, or a fork of a live chain): nothing on it has value. */
  readonly isSimulated: boolean;
  /** How the proving keys were made; decides where they may be used. */
  readonly manifest: Pick<Manifest, "purpose" | "statements">;
  readonly store: RecordStore;
  readonly pool: PoolConfig;
  readonly log?: (line: string) => void;
}

/** A numbered step: skips what is there, does the rest, checks all of it. */
export interface DeployStep {
  readonly name: string;
  run(context: DeployContext): Promise<void>;
}

export class DeployContext {
  readonly options: DeployOptions;
  readonly deployerAddress: string;
  #record: DeploymentRecord;

  constructor(options: DeployOptions, deployerAddress: string, record: DeploymentRecord) {
    this.options = options;
    this.deployerAddress = deployerAddress;
    this.#record = record;
  }

  /** Local chains and chains inside this process take development keys and accounts. */
  get isLocal(): boolean {
    return this.options.network.isLocal || this.options.isSimulated;
  }

  /** A chain inside this process makes a block for each transaction, and no more. */
  get confirmations(): number {
    return this.options.isSimulated ? 1 : this.options.network.confirmations;
  }

  get record(): DeploymentRecord {
    return this.#record;
  }

  /** Changes the record in memory; the next `save` or `settle` stores it. */
  amend(change: Partial<DeploymentRecord>): void {
    this.#record = { ...this.#record, ...change };
  }

  /** Changes the record, in memory and in its store. */
  async save(change: Partial<DeploymentRecord>): Promise<void> {
    const record = { ...this.#record, ...change };
    await this.options.store.save(record);
    this.#record = record;
  }

  /** Notes that nothing is on its way any more, with what came of it. */
  async settle(change: Partial<DeploymentRecord> = {}): Promise<void> {
    const { pending, ...rest } = { ...this.#record, ...change };
    if (pending === undefined && Object.keys(change).length === 0) return;
    await this.options.store.save(rest);
    this.#record = rest;
  }

  log(line: string): void {
    this.options.log?.(line);
  }

  async artifact(name: string): Promise<Artifact> {
    try {
      return await this.options.artifacts.readArtifact(name);
    } catch (error) {
      throw new DeployError(
        "ARTIFACT_MISSING",
        `there is no build of ${name}: run "npx hardhat build"${name.endsWith("Verifier") ? "; the verifiers come with the keys (docs/trusted-setup.md)" : ""}`,
        error,
      );
    }
  }

  /** A contract of an earlier step. */
  contract(name: string): ContractRecord {
    const found = this.#record.contracts[name];
    if (found === undefined)
      throw new DeployError("RECORD_MISMATCH", `${name} is not deployed yet: run the steps in order`);
    return found;
  }

  /** The libraries that are deployed so far. */
  get libraries(): Libraries {
    return Object.fromEntries(Object.entries(this.#record.contracts).map(([name, { address }]) => [name, address]));
  }
}

// SPDX-License-Identifier: GPL-3.0-or-later
/** Audits of a scene, by its own endpoint or by one that lies. */
import { expect } from "chai";

import { runAudit } from "../../../src/audit/index.ts";
import type { AuditOptions, AuditReport } from "../../../src/audit/index.ts";
import { PoolClient } from "../../../src/chain/index.ts";
import type { ChainProvider } from "../../../src/chain/index.ts";
import { ProjectBuild } from "../../../src/cli/build.ts";
import type { Prover } from "../../../src/prover/index.ts";
import { ethers } from "../../contracts/support/dispute-world.ts";
import { LyingProvider } from "./audit-scene.ts";
import type { AuditScene, Lie } from "./audit-scene.ts";

type Audited = Pick<AuditScene, "world" | "fromBlock">;

export class Auditing {
  readonly #prover: Prover;
  readonly #scene: Audited;
  readonly #build = new ProjectBuild();

  constructor(prover: Prover, scene: Audited) {
    this.#prover = prover;
    this.#scene = scene;
  }

  async at(provider: ChainProvider, more: Partial<AuditOptions> = {}): Promise<AuditReport> {
    return runAudit({
      build: this.#build,
      ...more,
      client: await PoolClient.connect(provider, this.#scene.world.client.pool.address),
      verify: (statement, signals, proof) => this.#prover.verify(statement, signals, proof),
      manifest: this.#prover.manifest,
      fromBlock: this.#scene.fromBlock,
    });
  }

  /** The codes that an audit finds when the endpoint tells this lie, each once, without those of the truth. */
  async codesOf(lie: Lie): Promise<string[]> {
    const report = await this.at(new LyingProvider(ethers.provider, this.#scene.world.description.chainId, lie));
    expect(report.result.isClean).to.equal(false);
    return Object.keys(report.counts).filter((code) => code !== "TOKENS_GIVEN");
  }
}

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The code of everything that decides over a pool's money, held against a build: pool, settlement, disputes, the verifiers that these call, and the
 * libraries that they are linked to. Nothing but an endpoint is needed: what a contract points to is read from its own code, and is compared in turn.
 */
import { getAddress } from "ethers";

import type { Artifact, BuildReader, Libraries } from "./bytecode.ts";
import { runtimeAt } from "./bytecode.ts";
import { guarded } from "./errors.ts";
import type { Immutables } from "./immutables.ts";
import { immutablesOf, runtimeWith } from "./immutables.ts";
import type { PoolClient } from "./pool-client.ts";

/** The verifier contract of each statement, in the order in which the factory takes them. */
export const VERIFIERS = {
  close: "CloseVerifier",
  slash: "SlashVerifier",
  fold: "FoldVerifier",
  request: "RequestVerifier",
  refund: "RefundVerifier",
} as const;

export type VerifiedStatement = keyof typeof VERIFIERS;

export const VERIFIED_STATEMENTS = Object.keys(VERIFIERS) as readonly VerifiedStatement[];

/** sources: the build's instructions, compiled from sources with other comments or names; the compiler appends a hash of them. */
export type CodeMatch = "same" | "sources" | "other" | "none";

export interface ComparedCode {
  readonly contract: string;
  readonly address: string;
  readonly bytes: number;
  readonly match: CodeMatch;
}

/** Addresses of verifiers by their statements. */
export type VerifierAddresses = Readonly<Record<VerifiedStatement, string>>;

/** The contracts of one pool, and where they are. */
export const contractsOf = (client: PoolClient): readonly (readonly [contract: string, address: string])[] => [
  ["CreditPool", client.pool.address],
  ["CreditSettlement", client.settlementAddress],
  ["CreditDisputes", client.disputesAddress],
];

/** The verifiers that a pool's rules call. @throws ChainError */
export async function verifiersOf({ contracts: { settlement, disputes } }: PoolClient): Promise<VerifierAddresses> {
  return guarded("reading the verifiers' addresses", async () => {
    const [close, slash, fold, request, refund] = await Promise.all([
      settlement.closeVerifier(),
      settlement.slashVerifier(),
      settlement.foldVerifier(),
      disputes.requestVerifier(),
      disputes.refundVerifier(),
    ]);
    return { close, slash, fold, request, refund };
  });
}

/** The compiler's map: a hash of the sources (34 bytes), the version, and its own length of 0x33 bytes. */
const METADATA = /a2646970667358221220[0-9a-f]{64}(64736f6c6343[0-9a-f]{6}0033)$/;

/** Both in lower case. */
export function matchOf(code: string, expected: string): CodeMatch {
  if (code === "0x") return "none";
  if (code === expected) return "same";
  const hashless = (text: string): string => text.replace(METADATA, "$1");
  return code.length === expected.length && hashless(code) === hashless(expected) ? "sources" : "other";
}

/** What of a build is needed to compare a pool's code. */
export interface PoolBuild {
  readonly artifacts: ReadonlyMap<string, Artifact>;
  readonly immutableNames: ReadonlyMap<string, string>;
}

const RULES = ["CreditPool", "CreditSettlement", "CreditDisputes"] as const;

const linksOf = ({ deployedLinkReferences }: Artifact) =>
  Object.values(deployedLinkReferences).flatMap((libraries) => Object.entries(libraries));

/** Reads it whole, so that what fails later is the endpoint's doing. @throws what `build` throws where it is missing, or of other sources */
export async function readPoolBuild(build: BuildReader): Promise<PoolBuild> {
  const artifacts = new Map<string, Artifact>();
  const immutableNames = new Map<string, string>();
  const read = async (name: string): Promise<void> => {
    if (artifacts.has(name)) return;
    const artifact = await build.readArtifact(name);
    artifacts.set(name, artifact);
    for (const [library] of linksOf(artifact)) await read(library);
  };
  for (const name of [...RULES, ...Object.values(VERIFIERS)]) await read(name);
  for (const name of RULES) {
    for (const [id, variable] of await build.immutableNames(name)) immutableNames.set(id, variable);
  }
  return { artifacts, immutableNames };
}

class Comparison {
  readonly #client: PoolClient;
  readonly #build: PoolBuild;
  readonly #values: Immutables;
  readonly #compared = new Map<string, ComparedCode>();

  constructor(client: PoolClient, build: PoolBuild, values: Immutables) {
    this.#client = client;
    this.#build = build;
    this.#values = values;
  }

  get compared(): readonly ComparedCode[] {
    return [...this.#compared.values()];
  }

  /** A contract, and the libraries that its code names. */
  async compare(contract: string, address: string): Promise<void> {
    const key = `${contract} ${address}`;
    const artifact = this.#build.artifacts.get(contract);
    if (artifact === undefined || this.#compared.has(key)) return;
    const code = (
      await guarded(`reading the code of ${contract}`, () => this.#client.provider.getCode(address))
    ).toLowerCase();
    const bytes = (code.length - 2) / 2;
    const libraries = code.length === artifact.deployedBytecode.length ? librariesIn(code, artifact) : undefined;
    const match =
      libraries === undefined
        ? matchOf(code, "")
        : matchOf(code, runtimeAt(runtimeWith(artifact, libraries, this.#build.immutableNames, this.#values), address));
    this.#compared.set(key, { contract, address, bytes, match });
    // Of other code it is not known what it links to.
    if (match !== "same" && match !== "sources") return;
    for (const [library, at] of Object.entries(libraries ?? {})) await this.compare(library, at);
  }
}

/** What code of the build's length is linked to: the first address of each library, which must be the only one for the code to be the build's. */
function librariesIn(code: string, artifact: Artifact): Libraries {
  return Object.fromEntries(
    linksOf(artifact).flatMap(([library, [first]]) => {
      if (first === undefined) return [];
      const from = 2 + 2 * first.start;
      return [[library, getAddress(`0x${code.slice(from, from + 2 * first.length)}`)]];
    }),
  );
}

/** Every contract that decides over the pool's money. @throws ChainError */
export async function comparePoolCode(
  client: PoolClient,
  build: PoolBuild,
  verifiers: VerifierAddresses,
): Promise<readonly ComparedCode[]> {
  const comparison = new Comparison(client, build, immutablesOf(client, verifiers));
  for (const [contract, address] of contractsOf(client)) await comparison.compare(contract, address);
  for (const statement of VERIFIED_STATEMENTS) await comparison.compare(VERIFIERS[statement], verifiers[statement]);
  return comparison.compared;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/** What the constructors of a pool's contracts write into their code, from the pool's parameters: so that code is compared to the last byte. */
import { toBeHex } from "ethers";

import { holdOf } from "../protocol/index.ts";
import type { Artifact, Libraries } from "./bytecode.ts";
import { linkedRuntime, overwrite } from "./bytecode.ts";
import { ChainError } from "./errors.ts";
import type { PoolClient } from "./pool-client.ts";

/** By the variable's name, without a leading underscore: one value, whichever contract has it. */
export type Immutables = Readonly<Record<string, bigint>>;

/** @param verifiers addresses by statement */
export function immutablesOf(client: PoolClient, verifiers: Readonly<Record<string, string>>): Immutables {
  const { provider, providerKey, token, termsHash, ...sizes } = client.parameters;
  return {
    ...sizes,
    token: BigInt(token),
    provider: BigInt(provider),
    providerKeyX: providerKey[0],
    providerKeyY: providerKey[1],
    termsHash: BigInt(termsHash),
    hold: holdOf(client.parameters),
    scope: client.pool.scope,
    poolHash: client.pool.poolHash,
    pool: BigInt(client.pool.address),
    settlement: BigInt(client.settlementAddress),
    disputes: BigInt(client.disputesAddress),
    ...Object.fromEntries(
      Object.entries(verifiers).map(([statement, address]) => [`${statement}Verifier`, BigInt(address)]),
    ),
  };
}

/** The runtime code that the build gives with these immutables. @throws ChainError BUILD_INCOMPLETE for one without a value */
export function runtimeWith(
  artifact: Artifact,
  libraries: Libraries,
  names: ReadonlyMap<string, string>,
  values: Immutables,
): string {
  let code = linkedRuntime(artifact, libraries).toLowerCase();
  for (const [id, spans] of Object.entries(artifact.immutableReferences ?? {})) {
    const name = names.get(id)?.replace(/^_/, "") ?? "";
    const value = values[name];
    if (value === undefined) {
      throw new ChainError(
        "BUILD_INCOMPLETE",
        `nothing is known of the immutable "${name}" of ${artifact.contractName}`,
      );
    }
    for (const span of spans) code = overwrite(code, span, toBeHex(value, span.length).slice(2));
  }
  return code;
}

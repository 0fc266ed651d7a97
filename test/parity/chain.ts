// SPDX-License-Identifier: GPL-3.0-or-later
/** The libraries and a pool on a local chain, for comparison with the vectors. */
import type { Contract } from "ethers";

import { addressOf, deployWorld, ethers, networkHelpers } from "../contracts/support/world.ts";
import type { World } from "../contracts/support/world.ts";
import { poolOf } from "../vectors/model/protocol.ts";
import type { Pool } from "../vectors/model/protocol.ts";

export interface Chain {
  readonly world: World;
  readonly harness: Contract;
  readonly verifier: Contract;
  /** What the naive model says of the pool that was deployed. */
  readonly model: Pool;
}

async function deploy(): Promise<Chain> {
  const world = await deployWorld();
  const libraries = { PoseidonT3: await addressOf(await ethers.deployContract("PoseidonT3")) };
  const harness = await ethers.deployContract("ParityHarness", [], { libraries });
  const verifier = await ethers.getContractAt("ModelVerifier", world.verifier);
  const { chainId } = await ethers.provider.getNetwork();
  const { ticketPrice, policyHold, providerKey } = world.parameters;
  const key = [BigInt(providerKey[0]), BigInt(providerKey[1])] as const;
  const model = poolOf(chainId, await addressOf(world.pool), BigInt(ticketPrice) + BigInt(policyHold), key);
  return { world, harness, verifier, model };
}

/** A fresh chain with all of it, the same for every test that asks. */
export const chain = (): Promise<Chain> => networkHelpers.loadFixture(deploy);

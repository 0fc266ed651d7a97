// SPDX-License-Identifier: GPL-3.0-or-later
/** What the tests of deploy/ share: one chain, which every test leaves as it found it. */
import type { Signer } from "ethers";
import { Wallet, parseEther } from "ethers";
import { artifacts, network } from "hardhat";

import type { DeployOptions, DeploymentRecord } from "../../../deploy/index.ts";
import { DeployError, developmentPool, local, memoryRecord } from "../../../deploy/index.ts";
import { ChainError } from "../../../src/chain/index.ts";
import { providerKey } from "../../../src/protocol/index.ts";
import { readManifest } from "../../../src/prover/index.ts";

export const { ethers } = await network.create();
export const [deployer, , stranger] = (await ethers.getSigners()) as unknown as [Signer, Signer, Signer];
export const manifest = await readManifest();

/** An account that has coins and is no development account. */
export const rich = Wallet.createRandom(ethers.provider);
await deployer.sendTransaction({ to: rich.address, value: parseEther("100") });

/** A deployment to the chain of these tests. */
export function options(changes: Partial<DeployOptions> = {}): DeployOptions {
  return {
    provider: ethers.provider,
    deployer,
    artifacts,
    network: local,
    isSimulated: true,
    manifest,
    store: memoryRecord(),
    pool: developmentPool(local),
    ...changes,
  };
}

/** The error of something that must be refused. */
export async function failureOf(promise: Promise<unknown>): Promise<DeployError | ChainError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof DeployError || error instanceof ChainError) return error;
  throw error instanceof Error ? error : new Error("nothing was refused");
}

export const nonceOf = async (signer: Signer): Promise<number> =>
  ethers.provider.getTransactionCount(await signer.getAddress());

export const snapshot = async (): Promise<string> => (await ethers.provider.send("evm_snapshot", [])) as string;
export const revert = async (id: string): Promise<void> => {
  await ethers.provider.send("evm_revert", [id]);
};

/** For a `describe`: each of its tests starts from a clean chain. */
export function startClean(): void {
  let clean: string;
  beforeEach(async () => {
    clean = await snapshot();
  });
  afterEach(() => revert(clean));
}

/** As if the keys came from a ceremony. */
export const ceremony = (): Pick<DeployOptions, "manifest"> => ({ manifest: { ...manifest, purpose: "ceremony" } });

/** A provider and a deployer that are nobody's. */
export function ownAccounts(record?: DeploymentRecord): Pick<DeployOptions, "pool" | "deployer"> {
  const pool = developmentPool(local);
  const key = providerKey(Buffer.alloc(32, 7));
  return {
    deployer: rich,
    pool: {
      ...pool,
      parameters: {
        ...pool.parameters,
        provider: Wallet.createRandom().address,
        providerKey: key.publicKey,
      },
      providerKeyEighth: key.eighth,
      token: record?.token,
    },
  };
}

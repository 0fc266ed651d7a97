// SPDX-License-Identifier: GPL-3.0-or-later
import type { Finality } from "../../src/chain/index.ts";

/** What a pool is given when its file does not say otherwise. Token units and seconds. */
export interface PoolDefaults {
  readonly ticketPrice: bigint;
  readonly policyHold: bigint;
  readonly unit: bigint;
  readonly stakeMinimum: bigint;
  readonly stakeBps: bigint;
  readonly bountyBps: bigint;
  readonly challengeWindow: bigint;
  readonly disputeWindow: bigint;
  readonly accountLifetime: bigint;
}

/** The token that a network's pools are paid in, unless a pool's file names another. */
export interface TokenDescription {
  readonly address: string;
  readonly symbol: string;
  readonly decimals: number;
}

/** One network that Jeton can be deployed to. */
export interface NetworkDescription {
  /** Also the name of the Hardhat network, and of the file in this folder. */
  readonly name: string;
  readonly title: string;
  readonly chainId: bigint;
  readonly chainType: "op" | "generic";
  /** Made for one machine: demo token, development keys and development accounts are fine. */
  readonly isLocal: boolean;
  /** The configuration variable with the URL of an endpoint. */
  readonly rpcVariable: string;
  /** Where the endpoint of a local node is when the variable is not set. */
  readonly rpcDefault: string | undefined;
  /** Undefined where the deployment brings its own demo token. */
  readonly token: TokenDescription | undefined;
  readonly explorer: string | undefined;
  /** Blocks to wait for after each transaction of the deployment. */
  readonly confirmations: number;
  /** When a root counts as one that can no longer be reorganized. */
  readonly finality: Finality;
  readonly pool: PoolDefaults;
}

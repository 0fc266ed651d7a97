// SPDX-License-Identifier: GPL-3.0-or-later
/** What a gateway is given, and how it is set. */
import type { TypedDataDomain, TypedDataField } from "ethers";

import type { Pool, ProviderKey } from "../protocol/index.ts";
import type { AccountSource, Clock, RootSource, Terms, Verify } from "../wire/index.ts";
import type { GatewayStore, Offence } from "./store.ts";
import type { Upstream } from "./upstream.ts";

/** Signs EIP-712 messages for the provider's Ethereum address; an ethers `Wallet` does. */
export interface TypedDataSigner {
  signTypedData(
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    value: Record<string, unknown>,
  ): Promise<string>;
}

export interface GatewaySettings {
  /** A call whose server died can be taken up again after this; running calls renew their lease. */
  readonly leaseSeconds: number;
  /** The upstream is given up after this. */
  readonly serviceSeconds: number;
  /** How long a consent to a close can be used on chain. */
  readonly consentSeconds: number;
}

export const DEFAULT_SETTINGS: GatewaySettings = { leaseSeconds: 15, serviceSeconds: 120, consentSeconds: 3_600 };

export interface GatewayOptions {
  readonly pool: Pool;
  readonly terms: Terms;
  readonly store: GatewayStore;
  readonly upstream: Upstream;
  /** The BabyJubJub key that the pool names: signs states and refund tickets. */
  readonly stateKey: ProviderKey;
  /** For the pool's provider address: signs receipts and consents. */
  readonly signer: TypedDataSigner;
  readonly verify: Verify;
  readonly chain: AccountSource & RootSource;
  readonly clock: Clock;
  /** Files the claim. When it rejects, the offence is handed in again by `reportOffences`. */
  readonly onDoubleSpend: (offence: Offence) => Promise<void>;
  /** Slashes the account whose close is in its window, as `onDoubleSpend`. */
  readonly onUnderstatedClose: (offence: Offence) => Promise<void>;
  /** Told of every fault that is no refusal: a full disk, an unreachable chain, a report that failed. */
  readonly onFault?: (error: unknown) => void;
  readonly settings?: Partial<GatewaySettings>;
}

/** What the rules work with. */
export interface GatewayContext extends Omit<GatewayOptions, "settings"> {
  readonly settings: GatewaySettings;
  /** Names this process in leases. */
  readonly owner: string;
  readonly offences: OffenceDesk;
}

/** Records offences and hands them on. */
export interface OffenceDesk {
  /** Durable when it resolves; the report follows by itself. */
  accuse(offence: Offence): Promise<void>;
  /** True when a known offender's secret opens this share. */
  isOffender(nullifier: bigint, x: bigint, y: bigint): Promise<boolean>;
}

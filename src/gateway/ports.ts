// SPDX-License-Identifier: GPL-3.0-or-later
/** What a gateway is given, and how it is set. */
import type { TypedDataDomain, TypedDataField } from "ethers";

import type { Pool, ProviderKey } from "../protocol/index.ts";
import type { AccountSource, Clock, DisputeSource, FoldSource, RootSource, Terms, Verify } from "../wire/index.ts";
import type { DisputeReply } from "./disputes.ts";
import type { FoldChallenge } from "./folds.ts";
import type { GatewayStore, Offence } from "./store/index.ts";
import type { Upstream } from "./upstream.ts";
import type { ViolationReport } from "./violations.ts";

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
  readonly chain: AccountSource & RootSource & DisputeSource & FoldSource;
  readonly clock: Clock;
  /** Files the claim. When it rejects, the offence is handed in again by `reportOffences`. */
  readonly onDoubleSpend: (offence: Offence) => Promise<void>;
  /** Slashes the account whose close is in its window, as `onDoubleSpend`. */
  readonly onUnderstatedClose: (offence: Offence) => Promise<void>;
  /** Challenges a fold on chain that shares a refund with one that was signed. Resolves when it fell; as `onDoubleSpend`. */
  readonly onFoldConflict: (challenge: FoldChallenge) => Promise<void>;
  /**
   * Proves the refund and answers a dispute on chain. Resolves when somebody's answer is there for good, or none can be given any
   * more; when it rejects, `reportDisputes` hands it in again.
   */
  readonly answerDispute: (reply: DisputeReply) => Promise<void>;
  /**
   * Reports a violation on chain. Resolves when the report is there for good, or can no longer be made; when it rejects,
   * `reportViolations` hands it in again.
   */
  readonly onViolation: (report: ViolationReport) => Promise<void>;
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

// SPDX-License-Identifier: GPL-3.0-or-later
/** The events of a pool and its rules, typed. Amounts in token base units, times in unix seconds. */
import type { EventFragment, Interface, Result } from "ethers";

import {
  CreditDisputes__factory,
  CreditPool__factory,
  CreditSettlement__factory,
} from "../../typechain-types/index.js";
import { ChainError } from "./errors.ts";
import type { RawLog } from "./event-sync.ts";
import type { AccountStatus, PoolAddresses } from "./pool-types.ts";
import { ACCOUNT_STATUSES } from "./pool-types.ts";

export interface PoolEventArguments {
  readonly AccountOpened: {
    readonly identityCommitment: bigint;
    readonly deposit: bigint;
    readonly stake: bigint;
    readonly leafIndex: number;
  };
  readonly RootUpdated: { readonly root: bigint; readonly leafCount: number };
  readonly AccountReleased: {
    readonly identityCommitment: bigint;
    readonly status: AccountStatus;
    readonly recipient: string;
    readonly toRecipient: bigint;
    readonly relayer: string;
    readonly toRelayer: bigint;
    readonly toProvider: bigint;
    readonly toBurn: bigint;
  };
  readonly DepositForfeited: { readonly identityCommitment: bigint; readonly amount: bigint };
  readonly PayoutCredited: { readonly recipient: string; readonly amount: bigint };
  readonly Claimed: { readonly account: string; readonly to: string; readonly amount: bigint };
  readonly Burned: { readonly amount: bigint };
  readonly RevenuePaid: { readonly to: string; readonly amount: bigint };
  readonly BondPosted: { readonly from: string; readonly amount: bigint };
  readonly BondPaid: { readonly to: string; readonly amount: bigint };
  readonly ProviderCharged: { readonly to: string; readonly award: bigint; readonly penalty: bigint };
  readonly CloseStarted: {
    readonly identityCommitment: bigint;
    readonly firstUnused: number;
    readonly refundedCharges: bigint;
    readonly refundedHolds: bigint;
    readonly recipient: string;
    readonly relayer: string;
    readonly fee: bigint;
    readonly finalizableAt: bigint;
    readonly coverKeys: readonly bigint[];
  };
  readonly CloseFinalized: { readonly identityCommitment: bigint };
  readonly AccountSlashed: {
    readonly identityCommitment: bigint;
    readonly nullifier: bigint;
    readonly recipient: string;
  };
  readonly AccountExpired: { readonly identityCommitment: bigint };
  readonly FoldCertified: {
    readonly newState: bigint;
    readonly foldNullifiers: readonly bigint[];
    readonly certified: bigint;
    readonly finalizableAt: bigint;
  };
  readonly FoldChallenged: { readonly fallen: bigint; readonly by: bigint };
  readonly FoldFinalized: { readonly newState: bigint };
  readonly DisputeOpened: {
    readonly nullifier: bigint;
    readonly y: bigint;
    readonly sessionAddress: string;
    readonly recipient: string;
    readonly resolvableAt: bigint;
  };
  readonly DisputeAnswered: {
    readonly nullifier: bigint;
    readonly refundedCharge: bigint;
    readonly refundedHold: bigint;
    readonly signatureR8: readonly [bigint, bigint];
    readonly signatureS: bigint;
  };
  readonly DisputeLost: { readonly nullifier: bigint; readonly recipient: string; readonly award: bigint };
  readonly AwardPaid: { readonly nullifier: bigint; readonly recipient: string; readonly amount: bigint };
  readonly ViolationReported: { readonly nullifier: bigint; readonly evidenceHash: string };
  readonly BondWithdrawalAnnounced: { readonly amount: bigint; readonly availableAt: bigint };
  readonly RevenueWithdrawn: { readonly to: string; readonly amount: bigint };
}

export type PoolEventName = keyof PoolEventArguments;

/** Where an event happened. */
export interface EventPlace {
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly transactionHash: string;
  readonly logIndex: number;
}

export type PoolEventOf<Name extends PoolEventName> = EventPlace & {
  readonly name: Name;
  readonly args: PoolEventArguments[Name];
};
export type PoolEvent = { [Name in PoolEventName]: PoolEventOf<Name> }[PoolEventName];

/** Arguments that are small counts, and one that is a name. */
const CONVERSIONS: Record<string, (value: bigint) => unknown> = {
  leafIndex: Number,
  leafCount: Number,
  firstUnused: Number,
  status: (value) => ACCOUNT_STATUSES[Number(value)],
};

function convert(name: string, value: unknown): unknown {
  if (typeof value === "bigint") return CONVERSIONS[name]?.(value) ?? value;
  return typeof value === "string" ? value : [...(value as Iterable<bigint>)];
}

function argumentsOf(names: readonly string[], values: Result): Record<string, unknown> {
  return Object.fromEntries(names.map((name, index) => [name, convert(name, values[index] as unknown)]));
}

/** By topic: an interface that is given a log hashes the signatures of its events each time, which takes longer than to read the log. */
function eventsByTopic(
  abi: Interface,
): Map<string, { readonly event: EventFragment; readonly names: readonly string[] }> {
  const events = abi.fragments.filter((fragment): fragment is EventFragment => fragment.type === "event");
  return new Map(events.map((event) => [event.topicHash, { event, names: event.inputs.map(({ name }) => name) }]));
}

/** Reads the events of one pool and its rules. */
export function poolEventReader({ pool, settlement, disputes }: PoolAddresses): (log: RawLog) => PoolEvent {
  const contracts = new Map(
    [
      { address: pool, abi: CreditPool__factory.createInterface() },
      { address: settlement, abi: CreditSettlement__factory.createInterface() },
      { address: disputes, abi: CreditDisputes__factory.createInterface() },
    ].map(({ address, abi }) => [address.toLowerCase(), { abi, events: eventsByTopic(abi) }]),
  );
  return ({ address, topics, data, blockNumber, blockHash, transactionHash, logIndex }) => {
    const contract = contracts.get(address.toLowerCase());
    const known = contract?.events.get(topics[0]?.toLowerCase() ?? "");
    if (contract === undefined || known === undefined) {
      throw new ChainError("INCONSISTENT", `log ${logIndex} of block ${blockNumber} is none of the pool's events`);
    }
    const { event, names } = known;
    const args = argumentsOf(names, contract.abi.decodeEventLog(event, data, topics));
    return { name: event.name, args, blockNumber, blockHash, transactionHash, logIndex } as unknown as PoolEvent;
  };
}

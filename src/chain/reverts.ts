// SPDX-License-Identifier: GPL-3.0-or-later
/** The contracts' refusals in words. */
import type { Result } from "ethers";
import { Interface } from "ethers";

import {
  ICreditDisputes__factory,
  ICreditPoolFactory__factory,
  ICreditPool__factory,
  ICreditSettlement__factory,
} from "../../typechain-types/index.js";

/** Why a contract refused. */
export interface Revert {
  /** The custom error's name, `Error` for a string, `Panic` for a failed assertion, or `Unknown`. */
  readonly name: string;
  readonly args: readonly unknown[];
  /** One sentence for people. */
  readonly message: string;
}

/** Errors of tokens and libraries that reach a caller through the pool. */
const LIBRARY_ERRORS = [
  "error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)",
  "error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)",
  "error ERC20InvalidReceiver(address receiver)",
  "error ERC20InvalidSender(address sender)",
  "error ERC2612ExpiredSignature(uint256 deadline)",
  "error ERC2612InvalidSigner(address signer, address owner)",
  "error ERC3009InvalidSignature()",
  "error ERC3009InvalidAuthorizationTime(uint256 validAfter, uint256 validBefore)",
  "error ERC3009UsedAuthorization(address authorizer, bytes32 nonce)",
  "error SafeERC20FailedOperation(address token)",
  "error ReentrancyGuardReentrantCall()",
  "error SafeCastOverflowedUintDowncast(uint8 bits, uint256 value)",
  "error NotALocalChain(uint256 chainId)",
  "error Error(string reason)",
  "error Panic(uint256 code)",
];

const INTERFACES = [
  ICreditPool__factory.createInterface(),
  ICreditSettlement__factory.createInterface(), // with its certified folds
  ICreditDisputes__factory.createInterface(),
  ICreditPoolFactory__factory.createInterface(),
  new Interface(LIBRARY_ERRORS),
];

const STATUS = ["never opened", "active", "expired", "closed", "slashed"];
const statusOf = (status: unknown): string => STATUS[Number(status)] ?? String(status);
const DISPUTE_STATUS = ["not opened", "open", "answered", "lost"];
const disputeStatusOf = (status: unknown): string => DISPUTE_STATUS[Number(status)] ?? String(status);
const FOLD_STATUS = ["not certified", "pending", "final", "fallen"];
const foldStatusOf = (status: unknown): string => FOLD_STATUS[Number(status)] ?? String(status);
const timeOf = (seconds: unknown): string => {
  const milliseconds = Number(seconds) * 1000;
  return Number.isFinite(milliseconds) && milliseconds < 8.64e15
    ? new Date(milliseconds).toISOString()
    : `second ${String(seconds)}`;
};
const shorten = (value: unknown): string => {
  const text = String(value);
  return text.length > 20 ? `${text.slice(0, 8)}…${text.slice(-6)}` : text;
};

/** What a person should read. An error without an entry is shown by name and values. */
const SENTENCES: Record<string, (args: Result) => string> = {
  IdentityCommitmentOutOfField: () => "the identity commitment is 0 or not below the field modulus",
  IdentityCommitmentUsed: ([id]) =>
    `the identity commitment ${shorten(id)} has an account in this pool already; an account is opened once, for ever: use another account number`,
  DepositOutOfRange: ([amount, minimum, maximum]) =>
    `the deposit ${amount} is not between ${minimum} and ${maximum} units`,
  BatchIsEmpty: () => "the batch is empty",
  BatchLengthMismatch: ([ids, amounts]) => `the batch has ${ids} identity commitments and ${amounts} amounts`,
  TreeIsFull: ([count]) => `the pool's tree is full (${count} accounts): the provider must open another pool`,
  ReceivedAmountMismatch: () => "the token did not deliver the exact sum: it takes a fee, or the transfer did nothing",
  PoolUnderfunded: ([owed, balance]) => `the pool holds ${balance} units and owes ${owed}: it takes no deposits`,
  LedgerIsFull: () => "the pool's ledger is full",
  AccountHoldsNothing: ([id, status]) => `account ${shorten(id)} holds nothing: it is ${statusOf(status)}`,
  AccountNotActive: ([id, status]) => `account ${shorten(id)} is not active: it is ${statusOf(status)}`,
  AccountNotOpen: ([id, status]) => `account ${shorten(id)} is not open: it is ${statusOf(status)}`,
  CloseIsPending: ([id]) => `account ${shorten(id)} is closing already`,
  NoPendingClose: ([id]) => `account ${shorten(id)} is not closing`,
  ChallengeWindowOpen: ([id, at]) =>
    `account ${shorten(id)} can be challenged until ${timeOf(at)}; finalize after that`,
  DeadlinePassed: ([deadline]) => `the close had to be submitted by ${timeOf(deadline)}`,
  FirstUnusedOutOfRange: ([j]) => `the first unused ticket ${j} is above 65,536`,
  RefundedChargesOutOfRange: ([rc, maximum]) => `refunded charges of ${rc} are more than all charges, ${maximum}`,
  RefundedHoldsOutOfRange: ([rp, maximum]) => `returned holds of ${rp} are more than all holds, ${maximum}`,
  StateNotCertified: ([state]) => `the state ${shorten(state)} is not certified on chain, or not final yet`,
  RecipientRefused: ([to]) => `${to} cannot be paid: it is the zero address or the pool itself`,
  RelayerRefused: ([to]) => `${to} cannot be the relayer`,
  FeeOutOfRange: ([fee]) => `the fee ${fee} is not below 2^96`,
  FeeWithoutRelayer: ([fee]) => `a fee of ${fee} is asked for, but no relayer is named`,
  CoverKeyOutOfField: ([slot]) => `cover key ${slot} is not below the field modulus`,
  NullifierOutOfField: () => "the nullifier is not below the field modulus",
  ProofRefused: () =>
    "the proof does not hold for exactly this request (another recipient, pool or key set?), or gas ran short",
  ConsentDeadlinePassed: ([deadline]) => `the provider's consent was good until ${timeOf(deadline)}`,
  ConsentRefused: () => "the provider did not sign this consent",
  AccountNotExpirable: ([id, at]) => `account ${shorten(id)} cannot be expired before ${timeOf(at)}`,
  NotProvider: ([caller]) => `only the provider may do this, and ${caller} is not`,
  RevenueExceeded: ([revenue, amount]) => `the provider's revenue is ${revenue} units, less than ${amount}`,
  NothingToClaim: ([account]) => `nothing is credited to ${account}`,
  NothingToBurn: () => "nothing awaits burning",
  BondExceeded: ([bond, amount]) => `the provider's bond is ${bond} units, less than ${amount}`,
  AwardExceeded: ([funds, amount]) => `the provider's bond and revenue are ${funds} units, less than ${amount}`,
  NotSettlement: () => "only the pool's settlement may do this",
  NotDisputes: () => "only the pool's disputes contract may do this",

  DisputeIsKnown: ([nullifier, status]) =>
    `there is a dispute over ticket ${shorten(nullifier)} already, it is ${disputeStatusOf(status)}; there is never a second one`,
  DisputeIsNotOpen: ([nullifier, status]) =>
    `the dispute over ticket ${shorten(nullifier)} is ${disputeStatusOf(status)}, and not open`,
  SessionSignatureRefused: ([session]) => `the session key ${session} did not sign this dispute and recipient`,
  AnswerWindowOpen: ([nullifier, at]) =>
    `the dispute over ticket ${shorten(nullifier)} can be answered until ${timeOf(at)}; resolve after that`,
  AnswerWindowPassed: ([nullifier, at]) =>
    `the dispute over ticket ${shorten(nullifier)} had to be answered before ${timeOf(at)}`,
  RefundedChargeOutOfRange: ([rc, maximum]) => `the refund of ${rc} is more than the ticket's price, ${maximum}`,
  ChargeIsNoMultiple: ([charge, unit]) => `the charge of ${charge} is no multiple of the pool's unit, ${unit}`,
  ChargeNotCovered: ([charge, cap]) => `the charge of ${charge} is more than the session's voucher allows, ${cap}`,
  VoucherRefused: ([session]) => `the session key ${session} did not sign this voucher`,
  HoldWithheld: ([rp, hold]) =>
    `the refund returns ${rp} of the policy hold of ${hold}: it is returned whole, or not at all after a recorded violation`,
  NothingUnpaid: ([nullifier]) =>
    `nothing can be paid for ticket ${shorten(nullifier)}: no award is owed, or bond and revenue are empty`,
  NothingToCollect: () => "no penalty is owed, or everything there is is needed for open disputes and awards",
  EvidenceHashIsZero: () => "the hash of the evidence is zero",
  ViolationIsKnown: ([nullifier]) => `a violation of ticket ${shorten(nullifier)} is recorded already`,
  WithdrawalNotAnnounced: ([announced, amount]) =>
    `notice was given of ${announced} units of the bond, less than ${amount}: announce the withdrawal first`,
  WithdrawalTooEarly: ([at]) => `the bond can be withdrawn from ${timeOf(at)} on`,
  FundsEncumbered: ([free, amount]) =>
    `${free} units of bond and revenue can be withdrawn, less than ${amount}: the rest answers for disputes`,

  FoldIsKnown: ([state, status]) =>
    `the fold to the state ${shorten(state)} was certified before, it is ${foldStatusOf(status)}`,
  FoldNullifiersRepeat: () => "the fold has one nullifier twice",
  FoldNullifierHeld: ([, holder]) =>
    `another fold holds one of these tickets for good: that to the state ${shorten(holder)}`,
  FoldIsNotPending: ([state, status]) =>
    `the fold to the state ${shorten(state)} is ${foldStatusOf(status)}, not pending`,
  FoldContentsMismatch: ([state]) =>
    `the fold to the state ${shorten(state)} was certified with other nullifiers, or on another base`,
  FoldWindowOpen: ([state, at]) =>
    `the fold to the state ${shorten(state)} can be challenged until ${timeOf(at)}; finalize after that`,
  FoldHasFallen: ([state]) =>
    `the fold to the state ${shorten(state)} has fallen: another fold holds one of its tickets`,
  FoldsDoNotConflict: () => "the two folds share no ticket, or are one and the same",
  VerifierRefused: ([verifier]) => `${verifier} is no verifier of this statement: it did not refuse a proof of nothing`,
  ERC20InsufficientBalance: ([, balance, needed]) =>
    `the payer holds ${balance} units of the token, and ${needed} are needed`,
  ERC20InsufficientAllowance: ([, allowance, needed]) =>
    `the pool may take ${allowance} units of the token, and ${needed} are needed`,
  ERC3009InvalidSignature: () => "the token says that its holder did not sign this authorization",
  ERC3009InvalidAuthorizationTime: ([after, before]) =>
    `the authorization is valid from ${timeOf(after)} to ${timeOf(before)} only`,
  ERC3009UsedAuthorization: () => "the authorization was used or cancelled already",
  SafeERC20FailedOperation: ([token]) => `the token ${token} refused a transfer`,
  Error: ([reason]) => String(reason),
  Panic: ([code]) => `a check inside the contract failed (panic 0x${BigInt(String(code)).toString(16)})`,
};

/** @param data the revert data, 0x-prefixed. */
export function explainRevert(data: string): Revert {
  if (data === "0x") return { name: "Unknown", args: [], message: "the contract gave no reason" };
  for (const contract of INTERFACES) {
    let parsed;
    try {
      parsed = contract.parseError(data);
    } catch {
      continue; // the selector is known, the arguments do not decode: some other contract's error
    }
    if (parsed === null) continue;
    const sentence = SENTENCES[parsed.name];
    const values = parsed.args.map(String).join(", ");
    return {
      name: parsed.name,
      args: [...parsed.args] as readonly unknown[],
      message: sentence === undefined ? `${parsed.name}(${values})` : sentence(parsed.args),
    };
  }
  return {
    name: "Unknown",
    args: [],
    message: `the contract gave the reason ${data.slice(0, 74)}, which is none of the pool's`,
  };
}

const isRevertData = (value: unknown): value is string =>
  typeof value === "string" && /^0x([0-9a-fA-F]{2})*$/.test(value) && (value === "0x" || value.length >= 10);

/** Finds revert data in what providers throw: each nests it somewhere else. */
export function revertDataOf(error: unknown, depth = 0): string | undefined {
  if (typeof error !== "object" || error === null || depth > 6) return undefined;
  const { data, error: inner, info, cause } = error as Record<string, unknown>;
  if (isRevertData(data) && data !== "0x") return data;
  for (const next of [data, inner, info, cause]) {
    const found = revertDataOf(next, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IRefundVerifier, IRequestVerifier, Proof} from "./IStatementVerifiers.sol";

/// @notice Open: waits for the provider. Answered: its refund ticket is in the event. Lost: no answer came in time, and the award is owed or paid.
enum DisputeStatus {
    None,
    Open,
    Answered,
    Lost
}

/// @notice The dispute over one ticket; there is never a second one.
/// @param sessionAddress The ticket's session key, which opened the dispute and signed the vouchers.
/// @param resolvableAt Until then it can be answered, from then on resolved, in seconds since 1970.
/// @param status See `DisputeStatus`.
/// @param recipient Who gets the award.
/// @param unpaid What of the award is owed and could not be paid yet, in token units.
struct Dispute {
    address sessionAddress;
    uint40 resolvableAt;
    DisputeStatus status;
    address recipient;
    uint96 unpaid;
}

/// @notice The provider's refund ticket for one nullifier.
/// @param nullifier The ticket's.
/// @param refundedCharge rc, at most C, in token units.
/// @param refundedHold rp: P, or 0 if a violation was recorded before the dispute, in token units.
/// @param signatureR8 The provider's EdDSA signature of the refund message: R8 ...
/// @param signatureS ... and S.
struct RefundTicket {
    uint256 nullifier;
    uint256 refundedCharge;
    uint256 refundedHold;
    uint256[2] signatureR8;
    uint256 signatureS;
}

/// @notice The voucher of a call: EIP-712 `Call` over the nullifier and these, signed by the session key.
/// @param sequence The number of the call in its session.
/// @param cap The most that the session may be charged in total so far, in token units.
/// @param requestHash A salted hash of the request.
/// @param signature 65 bytes; empty where there is no charge to cover.
struct Voucher {
    uint256 sequence;
    uint256 cap;
    bytes32 requestHash;
    bytes signature;
}

/// @notice What the provider's bond and revenue stand for, in token units.
/// @param openDisputes How many wait for an answer; each could take twice the hold.
/// @param unpaidAwards Owed to users who won.
/// @param unpaidPenalties To be burned, as much as the awards were.
/// @param encumbered All of the above together; the provider can withdraw nothing of it.
/// @param free What it can withdraw: at once out of revenue, after notice out of the bond.
/// @param announcedWithdrawal How much of the bond the provider gave notice of.
/// @param withdrawableAt From when on that can be withdrawn, in seconds since 1970.
struct Obligations {
    uint256 openDisputes;
    uint256 unpaidAwards;
    uint256 unpaidPenalties;
    uint256 encumbered;
    uint256 free;
    uint256 announcedWithdrawal;
    uint256 withdrawableAt;
}

/// @title What a provider answers for: refunds that it owes, violations that it reports; and the bond and revenue that pay for it.
/// @notice A user who handed in a ticket and has no correct refund ticket opens a dispute. The provider answers with the refund ticket, or
/// loses: the hold to the user, and as much again burned, so that losing to itself gains it nothing.
/// What a dispute cannot settle is whether an answer was good: up to the cap that the user signed, the provider may charge.
/// @custom:property P-01 Bond and revenue pay exactly what is recorded here.
/// @custom:property P-03 A user whose refund is withheld is made whole.
/// @custom:property P-05 A provider that answers once per dispute window pays nothing.
/// @custom:property P-06 Losing to oneself, and disputing a ticket that was refunded, never pays.
/// @custom:property P-07 A violation names a ticket, not a user.
interface ICreditDisputes {
    /// @notice A dispute is open. `y` is the ticket's share, for the message that `sessionAddress` gives: whoever holds another share of it can slash.
    event DisputeOpened(
        uint256 indexed nullifier,
        uint256 y,
        address sessionAddress,
        address recipient,
        uint256 resolvableAt
    );
    /// @notice The refund ticket of a disputed ticket; its owner can fold it.
    event DisputeAnswered(
        uint256 indexed nullifier,
        uint256 refundedCharge,
        uint256 refundedHold,
        uint256[2] signatureR8,
        uint256 signatureS
    );
    /// @notice No answer came: `award` is owed to `recipient`.
    event DisputeLost(uint256 indexed nullifier, address recipient, uint256 award);
    /// @notice An award, or a part of it, was paid; or credited, see `ICreditPool.PayoutCredited`.
    event AwardPaid(uint256 indexed nullifier, address recipient, uint256 amount);
    /// @notice The provider says that a ticket broke its policy. The hash is that of its evidence file.
    event ViolationReported(uint256 indexed nullifier, bytes32 evidenceHash);
    /// @notice The provider gave notice that it will withdraw so much of its bond; 0 takes an earlier notice back.
    event BondWithdrawalAnnounced(uint256 amount, uint256 availableAt);
    /// @notice The provider withdrew revenue.
    event RevenueWithdrawn(address indexed to, uint256 amount);

    error DisputeIsKnown(uint256 nullifier, DisputeStatus status);
    error DisputeIsNotOpen(uint256 nullifier, DisputeStatus status);
    error SessionSignatureRefused(address sessionAddress);
    error AnswerWindowOpen(uint256 nullifier, uint256 resolvableAt);
    error AnswerWindowPassed(uint256 nullifier, uint256 resolvableAt);
    error RefundedChargeOutOfRange(uint256 refundedCharge, uint256 maximum);
    error ChargeIsNoMultiple(uint256 charge, uint256 unit);
    error ChargeNotCovered(uint256 charge, uint256 cap);
    error VoucherRefused(address sessionAddress);
    error HoldWithheld(uint256 refundedHold, uint256 policyHold);
    error NothingUnpaid(uint256 nullifier);
    error NothingToCollect();
    error EvidenceHashIsZero();
    error ViolationIsKnown(uint256 nullifier);
    error WithdrawalNotAnnounced(uint256 announced, uint256 amount);
    error WithdrawalTooEarly(uint256 availableAt);
    error FundsEncumbered(uint256 free, uint256 amount);

    /// @notice Opens the dispute over a ticket. Its session key is the claimant: it signs EIP-712 `Dispute` over the nullifier and `recipient`.
    /// Anyone may submit. It reserves twice the hold of what the provider has, and never reverts for want of it.
    /// Warning: the ticket counts as used from here on. No ticket from `firstUnused` of a close on may be disputed: the account could be slashed.
    /// @param nullifier The ticket's.
    /// @param y Its share for the message x of `sessionAddress`.
    /// @param sessionAddress The session key's address.
    /// @param recipient Who gets the award: any address but zero and the pool.
    /// @param proof A proof of `circuits/request.circom`.
    /// @param signature The session key's, 65 bytes.
    /// @custom:reverts DisputeIsKnown, SessionSignatureRefused, ICreditSettlement.RecipientRefused
    /// @custom:reverts ICreditSettlement.ProofRefused if the proof does not hold for exactly these arguments, or gas ran short
    function openDispute(
        uint256 nullifier,
        uint256 y,
        address sessionAddress,
        address recipient,
        Proof calldata proof,
        bytes calldata signature
    ) external;

    /// @notice Answers a dispute with the provider's refund ticket, shown to be signed by it. The charge C − rc must be a multiple of `unit`, and
    /// covered by a voucher of the session; the hold comes back whole, or not at all if a violation was recorded before the dispute. Anyone may submit.
    /// @param proof A proof of `circuits/refund.circom`.
    /// @param voucher Looked at only if something was charged.
    /// @custom:reverts DisputeIsNotOpen, AnswerWindowPassed, RefundedChargeOutOfRange, ChargeIsNoMultiple, HoldWithheld, ChargeNotCovered, VoucherRefused
    /// @custom:reverts ICreditSettlement.ProofRefused if the signature is not the provider's, the proof does not hold, or gas ran short
    function answerDispute(RefundTicket calldata refund, Proof calldata proof, Voucher calldata voucher) external;

    /// @notice Decides a dispute that was not answered in time: the hold is owed to the recipient and paid as far as the bond, then the revenue,
    /// go; as much again is to be burned, out of what no open dispute and no unpaid award needs. Anyone may call.
    /// @custom:reverts DisputeIsNotOpen, AnswerWindowOpen
    function resolveDispute(uint256 nullifier) external;

    /// @notice Pays what is still owed of an award, as far as bond and revenue go now. Anyone may call.
    /// @custom:reverts NothingUnpaid if nothing is owed, or nothing is there
    function payAward(uint256 nullifier) external;

    /// @notice Sets aside to be burned what lost disputes cost the provider beyond the awards, as far as it can be spared. Anyone may call.
    /// @custom:reverts NothingToCollect
    function collectPenalties() external;

    /// @notice Records that a ticket broke the provider's policy, so that it may be refunded without its hold. Only the provider. The hold is burned
    /// when the account closes: the provider gains nothing, the record names nobody, and everybody can count.
    /// @param evidenceHash SHA-256 of the evidence file.
    /// @custom:reverts ICreditSettlement.NotProvider, ICreditSettlement.NullifierOutOfField, EvidenceHashIsZero, ViolationIsKnown
    /// @custom:reverts DisputeIsKnown once a dispute over the ticket was opened
    function reportViolation(uint256 nullifier, bytes32 evidenceHash) external;

    /// @notice Gives notice of a withdrawal from the bond, in place of an earlier notice. Only the provider.
    /// The notice is twice the dispute window: who handed in a ticket before it can still open a dispute that the bond pays.
    /// @custom:reverts ICreditSettlement.NotProvider
    function announceBondWithdrawal(uint256 amount) external;

    /// @notice Withdraws from the bond what was announced, or a part of it. Only the provider.
    /// @custom:reverts ICreditSettlement.NotProvider, WithdrawalNotAnnounced, WithdrawalTooEarly, FundsEncumbered; as `ICreditPool.payBond`
    function withdrawBond(address to, uint256 amount) external;

    /// @notice Pays `amount` of the revenue, in token units, to `to`. Only the provider.
    /// @custom:reverts ICreditSettlement.NotProvider, FundsEncumbered; as `ICreditPool.payRevenue`
    function withdrawRevenue(address to, uint256 amount) external;

    /// @notice The pool that these rules serve; never changes.
    function pool() external view returns (address);

    /// @notice The verifier of requests; never changes.
    function requestVerifier() external view returns (IRequestVerifier);

    /// @notice The verifier of refunds; never changes.
    function refundVerifier() external view returns (IRefundVerifier);

    /// @notice The disputes over many tickets, in the order asked; all zero where there is none.
    function disputesOf(uint256[] calldata nullifiers) external view returns (Dispute[] memory);

    /// @notice The evidence hashes of many tickets' violations, in the order asked; 0 where none was reported.
    function violationsOf(uint256[] calldata nullifiers) external view returns (bytes32[] memory);

    /// @notice What the provider owes and could come to owe.
    function obligations() external view returns (Obligations memory);

    /// @notice The EIP-712 digest that the session key signs to open a dispute; the domain names the pool as verifying contract.
    function disputeDigestOf(uint256 nullifier, address recipient) external view returns (bytes32);

    /// @notice x of a ticket: `uint256(keccak256(abi.encode("jeton.ticket.v1", scope, sessionAddress))) >> 8`.
    function ticketMessageOf(address sessionAddress) external view returns (uint256);
}

// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {AccountStatus} from "./ICreditPool.sol";
import {ICertifiedFolds} from "./ICertifiedFolds.sol";
import {ICloseVerifier, ISlashVerifier, Proof} from "./IStatementVerifiers.sol";

/// @notice A close of one account, as its owner proved it.
/// @param identityCommitment The account.
/// @param firstUnused j: tickets below it are paid for; tickets from it on were never used. 0 to 65,536.
/// @param refundedCharges Rc, refunds of charges, in token units: at most j · C.
/// @param refundedHolds Rp, returned policy holds, in token units: at most j · P.
/// @param certified A state that is certified and final on chain (`ICertifiedFolds`), or 0 for one that the provider signed, or none.
/// @param recipient Who is paid: any address but zero and the pool.
/// @param relayer Who gets the fee, whoever submits; zero for none.
/// @param fee What the relayer gets, in token units, out of the recipient's part and never more than it.
/// @param deadline The last second in which the request can be submitted, in seconds since 1970.
/// @param coverKeys The subtree keys of the tickets [j, 65536): 16 slots for each level, zero where there is none.
/// @param proof A proof of `circuits/close.circom`.
struct CloseRequest {
    uint256 identityCommitment;
    uint256 firstUnused;
    uint256 refundedCharges;
    uint256 refundedHolds;
    uint256 certified;
    address recipient;
    address relayer;
    uint256 fee;
    uint256 deadline;
    uint256[64] coverKeys;
    Proof proof;
}

/// @notice A close in its challenge window; all zero if there is none. What the account holds beyond the amounts is burned.
/// @param toRecipient What the recipient gets, the fee taken off, in token units.
/// @param toProvider What becomes revenue, in token units.
/// @param finalizableAt When it can be made final, in seconds since 1970.
/// @param recipient Who is paid.
/// @param fee What the relayer gets, cut to the user's part, in token units.
/// @param relayer Who gets the fee; zero when the fee is.
struct PendingClose {
    uint104 toRecipient;
    uint96 toProvider;
    uint40 finalizableAt;
    address recipient;
    uint96 fee;
    address relayer;
}

/// @title The rules of one pool's accounts: close, challenge, slash, expire; and the folds that the chain certifies.
/// @notice It holds no money and no account: it tells the escrow how an account ends.
/// @custom:property P-03 An honest user gets at least D + S − j·hold + Rc + Rp back, with the provider offline and hostile.
/// @custom:property P-04 An honest user is never slashed.
/// @custom:property P-05 The provider is paid in full for every ticket it served, if it watches once per challenge window.
/// @custom:property P-06 Slashing yourself, closing low, skipping tickets, replaying, using an old state or root never pays.
/// @custom:property P-07 No public value of one ticket equals, or can be computed from, one of another, of the account or of the deposit, before a slash.
/// @custom:property P-08 Nobody but the owner of the secret can close, nobody without it can slash; there is no administrator.
interface ICreditSettlement is ICertifiedFolds {
    /// @notice A close began; `coverKeys` reveal the tickets from `firstUnused` on, so that anyone who saw one of them used can challenge.
    /// `fee` is as asked for; the payout cuts it to the user's part. With consent, `finalizableAt` is now.
    event CloseStarted(
        uint256 indexed identityCommitment,
        uint256 firstUnused,
        uint256 refundedCharges,
        uint256 refundedHolds,
        address recipient,
        address relayer,
        uint256 fee,
        uint256 finalizableAt,
        uint256[64] coverKeys
    );
    /// @notice A close is final. The pool's `AccountReleased` tells the amounts.
    event CloseFinalized(uint256 indexed identityCommitment);
    /// @notice An account was slashed on two shares of the ticket with this nullifier. The pool's `AccountReleased` tells the amounts.
    event AccountSlashed(uint256 indexed identityCommitment, uint256 nullifier, address recipient);
    /// @notice An account's lifetime ended. The pool's `DepositForfeited` tells the amount.
    event AccountExpired(uint256 indexed identityCommitment);

    error AccountNotOpen(uint256 identityCommitment, AccountStatus status);
    error CloseIsPending(uint256 identityCommitment);
    error NoPendingClose(uint256 identityCommitment);
    error ChallengeWindowOpen(uint256 identityCommitment, uint256 finalizableAt);
    error DeadlinePassed(uint256 deadline);
    error FirstUnusedOutOfRange(uint256 firstUnused);
    error RefundedChargesOutOfRange(uint256 refundedCharges, uint256 maximum);
    error RefundedHoldsOutOfRange(uint256 refundedHolds, uint256 maximum);
    error RecipientRefused(address recipient);
    error RelayerRefused(address relayer);
    error FeeOutOfRange(uint256 fee);
    error FeeWithoutRelayer(uint256 fee);
    error CoverKeyOutOfField(uint256 slot, uint256 key);
    error NullifierOutOfField(uint256 nullifier);
    error ProofRefused();
    error ConsentDeadlinePassed(uint256 consentDeadline);
    error ConsentRefused();
    error AccountNotExpirable(uint256 identityCommitment, uint256 expirableAt);
    error NotProvider(address caller);

    /// @notice Starts to close an open account. The proof is the authorization: anyone may submit it, and everything in the
    /// request is bound by it. After `challengeWindow` seconds anyone can make it final, unless the account is slashed first.
    /// The recipient gets D + S − j·hold + Rc + Rp, less the fee; if that would be less than S (an old or lost state), S, less the fee.
    /// An account that has expired pays S, less the fee.
    /// Warning: a close cannot be taken back or replaced, and no ticket from `firstUnused` on may ever be used again, even if the transaction reverts.
    /// Warning: skipped tickets below `firstUnused` are paid for.
    /// @custom:reverts AccountNotOpen, CloseIsPending, DeadlinePassed, FirstUnusedOutOfRange, RefundedChargesOutOfRange, RefundedHoldsOutOfRange
    /// @custom:reverts StateNotCertified, RecipientRefused, RelayerRefused, FeeOutOfRange, FeeWithoutRelayer, CoverKeyOutOfField
    /// @custom:reverts ProofRefused if the proof does not hold for exactly this request, or gas ran short
    /// @custom:property P-03 P-05 P-06 P-08
    function startClose(CloseRequest calldata request) external;

    /// @notice As `startClose`, and final at once, because the provider agreed: it gave an EIP-712 signature over the account, the whole
    /// close and a deadline (`consentDigestOf`). Anyone may submit.
    /// A pending close is final at once if the consent is for one that pays the same; no other can take its place, so that a
    /// provider cannot put an older, worse proof of the same account in its stead.
    /// @param consentDeadline The last second in which the consent can be used, in seconds since 1970.
    /// @param signature The provider's; ERC-1271 if the provider is a contract.
    /// @custom:reverts as `startClose`; ConsentDeadlinePassed, ConsentRefused
    /// @custom:property P-02 P-03 P-08
    function closeWithConsent(
        CloseRequest calldata request,
        uint256 consentDeadline,
        bytes calldata signature
    ) external;

    /// @notice Pays out a pending close after its challenge window. Anyone may call.
    /// @custom:reverts NoPendingClose, ChallengeWindowOpen
    /// @custom:property P-02 P-03
    function finalizeClose(uint256 identityCommitment) external;

    /// @notice Ends an open account whose owner put two messages on one ticket: D to the provider (unless it expired), `bountyBps` of S to
    /// `recipient`, the rest of S burned. A pending close falls. Anyone may submit; the proof binds the recipient.
    /// Warning: whoever holds the same two shares can prove them for himself; only the bounty is at stake.
    /// @param nullifier The ticket's.
    /// @param recipient Any address but zero and the pool.
    /// @custom:reverts AccountNotOpen, NullifierOutOfField, RecipientRefused
    /// @custom:reverts ProofRefused if the proof does not hold for exactly these arguments, or gas ran short
    /// @custom:property P-04 P-05 P-06 P-08
    function slash(uint256 identityCommitment, uint256 nullifier, address recipient, Proof calldata proof) external;

    /// @notice Gives the deposit of an account that outlived `accountLifetime` and is not closing to the provider. The stake
    /// stays claimable by a close. Anyone may call.
    /// @custom:reverts ICreditPool.AccountNotActive, CloseIsPending, AccountNotExpirable
    function expire(uint256 identityCommitment) external;

    /// @notice The pool that these rules serve; never changes.
    function pool() external view returns (address);

    /// @notice The verifier of closes; never changes.
    function closeVerifier() external view returns (ICloseVerifier);

    /// @notice The verifier of slashes; never changes.
    function slashVerifier() external view returns (ISlashVerifier);

    /// @notice The pending closes of many accounts, in the order asked; all zero where there is none.
    function pendingClosesOf(uint256[] calldata identityCommitments) external view returns (PendingClose[] memory);

    /// @notice z of a close: `keccak256(abi.encode(Π, identityCommitment, coverKeys, recipient, relayer, fee, deadline)) mod p`.
    /// The rest of the request, and the proof, do not matter to it.
    function closeChallengeOf(CloseRequest calldata request) external view returns (uint256);

    /// @notice The EIP-712 digest that the provider signs to consent; the domain names the pool as verifying contract.
    function consentDigestOf(CloseRequest calldata request, uint256 consentDeadline) external view returns (bytes32);
}

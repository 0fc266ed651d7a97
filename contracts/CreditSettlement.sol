// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {SNARK_SCALAR_FIELD} from "@zk-kit/lean-imt.sol/Constants.sol";
import {CertifiedFolds} from "./CertifiedFolds.sol";
import {Account, AccountStatus, Distribution, ICreditPool} from "./interfaces/ICreditPool.sol";
import {RuleTerms} from "./interfaces/ICreditRules.sol";
import {CloseRequest, ICreditSettlement, PendingClose} from "./interfaces/ICreditSettlement.sol";
import {ICloseVerifier, ISlashVerifier, Proof} from "./interfaces/IStatementVerifiers.sol";
import {CloseRequests} from "./libraries/CloseRequests.sol";
import {Payouts} from "./libraries/Payouts.sol";
import {PoolValidation} from "./libraries/PoolValidation.sol";
import {Protocol} from "./libraries/Protocol.sol";
import {CloseStatement, SlashStatement, Statements} from "./libraries/Statements.sol";

/// @title Jeton's rules for accounts.
/// @dev D, S, C and P always come from storage, never from calldata. Nothing here needs a guard against re-entry: the pool is
/// the only contract called that can call others, it is called last, and it pays out for an account only once.
contract CreditSettlement is CertifiedFolds, ICreditSettlement {
    using SafeCast for uint256;

    ICreditPool private immutable _pool;
    uint256 private immutable _ticketPrice;
    uint256 private immutable _policyHold;
    uint256 private immutable _bountyBps;
    uint256 private immutable _accountLifetime;
    /// @inheritdoc ICreditSettlement
    ICloseVerifier public immutable override closeVerifier;
    /// @inheritdoc ICreditSettlement
    ISlashVerifier public immutable override slashVerifier;

    mapping(uint256 identityCommitment => PendingClose) private _pendingCloses;

    // ---------------------------------------------------------------- CREATION

    /// @param pool_ The pool, still under construction; it has validated the terms.
    constructor(address pool_, RuleTerms memory terms) CertifiedFolds(terms) {
        _pool = ICreditPool(pool_);
        _ticketPrice = terms.ticketPrice;
        _policyHold = terms.policyHold;
        _bountyBps = terms.bountyBps;
        _accountLifetime = terms.accountLifetime;
        closeVerifier = terms.verifiers.close;
        slashVerifier = terms.verifiers.slash;
    }

    /// @inheritdoc ICreditSettlement
    function pool() external view returns (address) {
        return address(_pool);
    }

    // ------------------------------------------------------------------- CLOSE

    /// @inheritdoc ICreditSettlement
    function startClose(CloseRequest calldata request) external {
        if (_isClosing(request.identityCommitment)) revert CloseIsPending(request.identityCommitment);
        Account memory account = _requireClosable(request);

        uint256 finalizableAt = block.timestamp + _challengeWindow;
        _recordClose(request, account, finalizableAt);
    }

    /// @inheritdoc ICreditSettlement
    function closeWithConsent(
        CloseRequest calldata request,
        uint256 consentDeadline,
        bytes calldata signature
    ) external {
        if (block.timestamp > consentDeadline) revert ConsentDeadlinePassed(consentDeadline);
        bytes32 digest = CloseRequests.consentDigestOf(request, consentDeadline, address(_pool));
        if (!SignatureChecker.isValidSignatureNowCalldata(_provider, digest, signature)) revert ConsentRefused();
        Account memory account = _requireClosable(request);

        if (_isClosing(request.identityCommitment)) _requireSameClose(request, account);
        else _recordClose(request, account, block.timestamp);
        _finalize(request.identityCommitment);
    }

    /// @inheritdoc ICreditSettlement
    function closeChallengeOf(CloseRequest calldata request) external view returns (uint256) {
        return CloseRequests.challengeOf(request, _poolHash);
    }

    /// @inheritdoc ICreditSettlement
    function consentDigestOf(CloseRequest calldata request, uint256 consentDeadline) external view returns (bytes32) {
        return CloseRequests.consentDigestOf(request, consentDeadline, address(_pool));
    }

    /// @dev Every check of a close, the proof last.
    function _requireClosable(CloseRequest calldata request) private view returns (Account memory account) {
        if (block.timestamp > request.deadline) revert DeadlinePassed(request.deadline);
        _requireRecipient(request.recipient);
        _requireFee(request.relayer, request.fee);
        account = _requireOpen(request.identityCommitment);
        _requireRefunds(request.firstUnused, request.refundedCharges, request.refundedHolds);
        if (request.certified != 0) _requireFinal(request.certified);
        _requireCloseProof(request, account.deposit);
    }

    function _requireFee(address relayer, uint256 fee) private view {
        if (relayer == address(_pool)) revert RelayerRefused(relayer);
        if (relayer == address(0) && fee != 0) revert FeeWithoutRelayer(fee);
        if (fee >= PoolValidation.AMOUNT_LIMIT) revert FeeOutOfRange(fee);
    }

    function _requireRefunds(uint256 firstUnused, uint256 refundedCharges, uint256 refundedHolds) private view {
        if (firstUnused > Protocol.TICKET_COUNT) revert FirstUnusedOutOfRange(firstUnused);
        uint256 charged = firstUnused * _ticketPrice;
        if (refundedCharges > charged) revert RefundedChargesOutOfRange(refundedCharges, charged);
        uint256 withheld = firstUnused * _policyHold;
        if (refundedHolds > withheld) revert RefundedHoldsOutOfRange(refundedHolds, withheld);
    }

    function _requireCloseProof(CloseRequest calldata request, uint256 deposit) private view {
        uint256 z = CloseRequests.challengeOf(request, _poolHash);
        CloseStatement memory statement = CloseStatement({
            identityCommitment: request.identityCommitment,
            deposit: deposit,
            firstUnused: request.firstUnused,
            refundedCharges: request.refundedCharges,
            refundedHolds: request.refundedHolds,
            certified: request.certified,
            z: z,
            e: CloseRequests.evaluate(request.coverKeys, z),
            poolHash: _poolHash
        });
        uint256[9] memory signals = Statements.signalsOf(statement);
        Proof calldata proof = request.proof;
        if (!closeVerifier.verifyProof(proof.a, proof.b, proof.c, signals)) revert ProofRefused();
    }

    /// @dev What a close pays. What the account holds beyond it is burned.
    function _splitOf(
        CloseRequest calldata request,
        Account memory account
    ) private view returns (uint256 toRecipient, uint256 toProvider, uint256 fee) {
        uint256 toUser;
        (toUser, toProvider, ) = Payouts.ofClose(
            account,
            request.firstUnused,
            request.refundedCharges,
            request.refundedHolds,
            _ticketPrice,
            _policyHold
        );
        fee = Payouts.cutFee(toUser, request.fee);
        toRecipient = toUser - fee;
    }

    /// @dev A consented close that somebody sent without its consent is final with it; another one cannot take a pending one's place.
    function _requireSameClose(CloseRequest calldata request, Account memory account) private view {
        PendingClose memory pending = _pendingCloses[request.identityCommitment];
        (uint256 toRecipient, uint256 toProvider, uint256 fee) = _splitOf(request, account);
        bool isSame =
            pending.toRecipient == toRecipient &&
                pending.recipient == request.recipient &&
                pending.toProvider == toProvider &&
                pending.fee == fee &&
                (fee == 0 || pending.relayer == request.relayer);
        if (!isSame) revert CloseIsPending(request.identityCommitment);
    }

    /// @dev The amounts are fixed here: until the close is final or the account slashed, nothing they depend on can change.
    function _recordClose(CloseRequest calldata request, Account memory account, uint256 finalizableAt) private {
        (uint256 toRecipient, uint256 toProvider, uint256 fee) = _splitOf(request, account);
        PendingClose storage pending = _pendingCloses[request.identityCommitment];
        pending.toRecipient = toRecipient.toUint104();
        pending.toProvider = toProvider.toUint96();
        pending.finalizableAt = finalizableAt.toUint40();
        pending.recipient = request.recipient;
        pending.fee = fee.toUint96();
        if (fee != 0) pending.relayer = request.relayer;
        emit CloseStarted(
            request.identityCommitment,
            request.firstUnused,
            request.refundedCharges,
            request.refundedHolds,
            request.recipient,
            request.relayer,
            request.fee,
            finalizableAt,
            request.coverKeys
        );
    }

    // --------------------------------------------------------------- CHALLENGE

    /// @inheritdoc ICreditSettlement
    function finalizeClose(uint256 identityCommitment) external {
        uint256 finalizableAt = _pendingCloses[identityCommitment].finalizableAt;
        if (finalizableAt == 0) revert NoPendingClose(identityCommitment);
        if (block.timestamp < finalizableAt) revert ChallengeWindowOpen(identityCommitment, finalizableAt);

        _finalize(identityCommitment);
    }

    /// @inheritdoc ICreditSettlement
    function pendingClosesOf(
        uint256[] calldata identityCommitments
    ) external view returns (PendingClose[] memory pendingCloses) {
        pendingCloses = new PendingClose[](identityCommitments.length);
        for (uint256 i = 0; i < pendingCloses.length; i++) pendingCloses[i] = _pendingCloses[identityCommitments[i]];
    }

    function _isClosing(uint256 identityCommitment) private view returns (bool) {
        return _pendingCloses[identityCommitment].finalizableAt != 0;
    }

    /// @dev Pays out a pending close; what the account holds beyond its amounts is burned.
    function _finalize(uint256 identityCommitment) private {
        uint256 held = Payouts.held(_pool.accountOf(identityCommitment));
        PendingClose storage pending = _pendingCloses[identityCommitment];
        Distribution memory distribution = Distribution({
            recipient: pending.recipient,
            toRecipient: pending.toRecipient,
            relayer: address(0),
            toRelayer: pending.fee,
            toProvider: pending.toProvider,
            toBurn: 0
        });
        if (distribution.toRelayer != 0) distribution.relayer = pending.relayer;
        distribution.toBurn = held - distribution.toRecipient - distribution.toRelayer - distribution.toProvider;

        _discardClose(pending);
        emit CloseFinalized(identityCommitment);

        _pool.release(identityCommitment, AccountStatus.Closed, distribution);
    }

    /// @dev The slot of the relayer is touched only if it was written.
    function _discardClose(PendingClose storage pending) private {
        if (pending.fee != 0) delete pending.relayer;
        (pending.toRecipient, pending.toProvider, pending.finalizableAt) = (0, 0, 0);
        (pending.recipient, pending.fee) = (address(0), 0);
    }

    // ------------------------------------------------------------------- SLASH

    /// @inheritdoc ICreditSettlement
    function slash(uint256 identityCommitment, uint256 nullifier, address recipient, Proof calldata proof) external {
        _requireRecipient(recipient);
        Account memory account = _requireOpen(identityCommitment);
        if (nullifier >= SNARK_SCALAR_FIELD) revert NullifierOutOfField(nullifier);
        _requireSlashProof(identityCommitment, nullifier, recipient, proof);

        if (_isClosing(identityCommitment)) _discardClose(_pendingCloses[identityCommitment]);
        emit AccountSlashed(identityCommitment, nullifier, recipient);

        (uint256 bounty, uint256 toProvider, uint256 toBurn) = Payouts.ofSlash(account, _bountyBps);
        _pool.release(
            identityCommitment,
            AccountStatus.Slashed,
            Distribution({
                recipient: recipient,
                toRecipient: bounty,
                relayer: address(0),
                toRelayer: 0,
                toProvider: toProvider,
                toBurn: toBurn
            })
        );
    }

    /// @dev The context binds the recipient, so a copied transaction pays nobody else.
    function _requireSlashProof(
        uint256 identityCommitment,
        uint256 nullifier,
        address recipient,
        Proof calldata proof
    ) private view {
        SlashStatement memory statement = SlashStatement({
            identityCommitment: identityCommitment,
            nullifier: nullifier,
            context: uint256(keccak256(abi.encode(_poolHash, recipient))) >> 8,
            poolHash: _poolHash
        });
        uint256[4] memory signals = Statements.signalsOf(statement);
        if (!slashVerifier.verifyProof(proof.a, proof.b, proof.c, signals)) revert ProofRefused();
    }

    function _requireOpen(uint256 identityCommitment) private view returns (Account memory account) {
        account = _pool.accountOf(identityCommitment);
        if (Payouts.held(account) == 0) revert AccountNotOpen(identityCommitment, account.status);
    }

    function _requireRecipient(address recipient) private view {
        if (recipient == address(0) || recipient == address(_pool)) revert RecipientRefused(recipient);
    }

    // ------------------------------------------------------------------ EXPIRE

    /// @inheritdoc ICreditSettlement
    function expire(uint256 identityCommitment) external {
        Account memory account = _pool.accountOf(identityCommitment);
        if (_isClosing(identityCommitment)) revert CloseIsPending(identityCommitment);
        uint256 expirableAt = account.openedAt + _accountLifetime;
        if (block.timestamp < expirableAt) revert AccountNotExpirable(identityCommitment, expirableAt);

        emit AccountExpired(identityCommitment);

        _pool.expire(identityCommitment);
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {SNARK_SCALAR_FIELD} from "@zk-kit/lean-imt.sol/Constants.sol";
import {ProviderFunds} from "./ProviderFunds.sol";
import {Dispute, DisputeStatus, ICreditDisputes, RefundTicket, Voucher} from "./interfaces/ICreditDisputes.sol";
import {RuleTerms} from "./interfaces/ICreditRules.sol";
import {ICreditSettlement} from "./interfaces/ICreditSettlement.sol";
import {IRefundVerifier, IRequestVerifier, Proof} from "./interfaces/IStatementVerifiers.sol";
import {Protocol} from "./libraries/Protocol.sol";
import {RefundStatement, RequestStatement, Statements} from "./libraries/Statements.sol";
import {TypedData} from "./libraries/TypedData.sol";

/// @title What the provider answers for: disputes and violations.
/// @dev Nothing here needs a guard against re-entry: the pool is the only contract called that can call others, and it is called last,
/// when every book is written.
contract CreditDisputes is ProviderFunds {
    using SafeCast for uint256;

    uint256 private immutable _poolHash;
    uint256 private immutable _scope;
    uint256 private immutable _ticketPrice;
    uint256 private immutable _policyHold;
    uint256 private immutable _unit;
    /// @inheritdoc ICreditDisputes
    IRequestVerifier public immutable override requestVerifier;
    /// @inheritdoc ICreditDisputes
    IRefundVerifier public immutable override refundVerifier;

    mapping(uint256 nullifier => Dispute) private _disputes;
    mapping(uint256 nullifier => bytes32 evidenceHash) private _violations;

    // ---------------------------------------------------------------- CREATION

    /// @param pool_ The pool, still under construction; it has validated the terms.
    constructor(address pool_, RuleTerms memory terms) ProviderFunds(pool_, terms) {
        _poolHash = terms.poolHash;
        _scope = terms.scope;
        _ticketPrice = terms.ticketPrice;
        _policyHold = terms.policyHold;
        _unit = terms.unit;
        requestVerifier = terms.verifiers.request;
        refundVerifier = terms.verifiers.refund;
    }

    // ----------------------------------------------------------------- DISPUTE

    /// @inheritdoc ICreditDisputes
    function openDispute(
        uint256 nullifier,
        uint256 y,
        address sessionAddress,
        address recipient,
        Proof calldata proof,
        bytes calldata signature
    ) external {
        DisputeStatus status = _disputes[nullifier].status;
        if (status != DisputeStatus.None) revert DisputeIsKnown(nullifier, status);
        if (recipient == address(0) || recipient == address(_pool)) {
            revert ICreditSettlement.RecipientRefused(recipient);
        }
        bytes32 digest = TypedData.disputeDigestOf(nullifier, recipient, address(_pool));
        if (!_isSignedBy(sessionAddress, digest, signature)) revert SessionSignatureRefused(sessionAddress);
        _requireRequestProof(nullifier, y, sessionAddress, proof);

        uint256 resolvableAt = block.timestamp + _disputeWindow;
        _disputes[nullifier] = Dispute({
            sessionAddress: sessionAddress,
            resolvableAt: resolvableAt.toUint40(),
            status: DisputeStatus.Open,
            recipient: recipient,
            unpaid: 0
        });
        _openDisputes += 1;
        emit DisputeOpened(nullifier, y, sessionAddress, recipient, resolvableAt);
    }

    /// @inheritdoc ICreditDisputes
    function answerDispute(RefundTicket calldata refund, Proof calldata proof, Voucher calldata voucher) external {
        Dispute storage dispute = _requireOpenDispute(refund.nullifier);
        if (block.timestamp >= dispute.resolvableAt) revert AnswerWindowPassed(refund.nullifier, dispute.resolvableAt);
        _requireCharge(refund, dispute.sessionAddress, voucher);
        bool isHoldBack = refund.refundedHold == _policyHold;
        bool isHoldLost = refund.refundedHold == 0 && _violations[refund.nullifier] != 0;
        if (!isHoldBack && !isHoldLost) revert HoldWithheld(refund.refundedHold, _policyHold);
        _requireRefundProof(refund, proof);

        dispute.status = DisputeStatus.Answered;
        _openDisputes -= 1;
        emit DisputeAnswered(
            refund.nullifier,
            refund.refundedCharge,
            refund.refundedHold,
            refund.signatureR8,
            refund.signatureS
        );
    }

    /// @inheritdoc ICreditDisputes
    function resolveDispute(uint256 nullifier) external {
        Dispute storage dispute = _requireOpenDispute(nullifier);
        if (block.timestamp < dispute.resolvableAt) revert AnswerWindowOpen(nullifier, dispute.resolvableAt);

        dispute.status = DisputeStatus.Lost;
        emit DisputeLost(nullifier, dispute.recipient, _hold);
        _payOut(nullifier, _hold, _debtsWithLoss());
    }

    /// @inheritdoc ICreditDisputes
    function payAward(uint256 nullifier) external {
        uint256 unpaid = _disputes[nullifier].unpaid;
        if (unpaid == 0 || _funds() == 0) revert NothingUnpaid(nullifier);

        _payOut(nullifier, unpaid, _debts);
    }

    /// @inheritdoc ICreditDisputes
    function disputesOf(uint256[] calldata nullifiers) external view returns (Dispute[] memory disputes) {
        disputes = new Dispute[](nullifiers.length);
        for (uint256 i = 0; i < disputes.length; i++) disputes[i] = _disputes[nullifiers[i]];
    }

    /// @inheritdoc ICreditDisputes
    function disputeDigestOf(uint256 nullifier, address recipient) external view returns (bytes32) {
        return TypedData.disputeDigestOf(nullifier, recipient, address(_pool));
    }

    /// @inheritdoc ICreditDisputes
    function ticketMessageOf(address sessionAddress) public view returns (uint256) {
        return uint256(keccak256(abi.encode(Protocol.LABEL_TICKET, _scope, sessionAddress))) >> 8;
    }

    function _requireOpenDispute(uint256 nullifier) private view returns (Dispute storage dispute) {
        dispute = _disputes[nullifier];
        if (dispute.status != DisputeStatus.Open) revert DisputeIsNotOpen(nullifier, dispute.status);
    }

    /// @dev rc is at most C, and what is kept of C is a price that the session agreed to.
    function _requireCharge(
        RefundTicket calldata refund,
        address sessionAddress,
        Voucher calldata voucher
    ) private view {
        if (refund.refundedCharge > _ticketPrice) {
            revert RefundedChargeOutOfRange(refund.refundedCharge, _ticketPrice);
        }
        uint256 charge = _ticketPrice - refund.refundedCharge;
        if (charge == 0) return;
        if (charge % _unit != 0) revert ChargeIsNoMultiple(charge, _unit);
        if (charge > voucher.cap) revert ChargeNotCovered(charge, voucher.cap);
        bytes32 digest = TypedData.callDigestOf(
            refund.nullifier,
            voucher.sequence,
            voucher.cap,
            voucher.requestHash,
            address(_pool)
        );
        if (!_isSignedBy(sessionAddress, digest, voucher.signature)) revert VoucherRefused(sessionAddress);
    }

    /// @dev A session key is a key: code at its address changes nothing.
    function _isSignedBy(address signer, bytes32 digest, bytes calldata signature) private pure returns (bool) {
        (address recovered, ECDSA.RecoverError problem, ) = ECDSA.tryRecoverCalldata(digest, signature);
        return problem == ECDSA.RecoverError.NoError && recovered == signer;
    }

    function _requireRequestProof(
        uint256 nullifier,
        uint256 y,
        address sessionAddress,
        Proof calldata proof
    ) private view {
        RequestStatement memory statement = RequestStatement({
            nullifier: nullifier,
            y: y,
            x: ticketMessageOf(sessionAddress),
            poolHash: _poolHash
        });
        uint256[4] memory signals = Statements.signalsOf(statement);
        if (!requestVerifier.verifyProof(proof.a, proof.b, proof.c, signals)) revert ICreditSettlement.ProofRefused();
    }

    function _requireRefundProof(RefundTicket calldata refund, Proof calldata proof) private view {
        RefundStatement memory statement = RefundStatement({
            nullifier: refund.nullifier,
            refundedCharge: refund.refundedCharge,
            refundedHold: refund.refundedHold,
            signatureR8: refund.signatureR8,
            signatureS: refund.signatureS,
            poolHash: _poolHash
        });
        uint256[7] memory signals = Statements.signalsOf(statement);
        if (!refundVerifier.verifyProof(proof.a, proof.b, proof.c, signals)) revert ICreditSettlement.ProofRefused();
    }

    /// @dev Pays what can be paid of an award, of which so much is `unpaid`, and sets aside what can be spared of the penalties.
    function _payOut(uint256 nullifier, uint256 unpaid, Debts memory debts) private {
        Dispute storage dispute = _disputes[nullifier];
        (address recipient, uint256 funds) = (dispute.recipient, _funds());
        (uint256 award, uint256 penalty) = _writeDebts(debts, unpaid, funds);
        dispute.unpaid = (unpaid - award).toUint96();
        if (award == 0) return;
        emit AwardPaid(nullifier, recipient, award);

        _pool.payAward(recipient, award, penalty);
    }

    // --------------------------------------------------------------- VIOLATION

    /// @inheritdoc ICreditDisputes
    function reportViolation(uint256 nullifier, bytes32 evidenceHash) external onlyProvider {
        if (nullifier >= SNARK_SCALAR_FIELD) revert ICreditSettlement.NullifierOutOfField(nullifier);
        if (evidenceHash == 0) revert EvidenceHashIsZero();
        if (_violations[nullifier] != 0) revert ViolationIsKnown(nullifier);
        DisputeStatus status = _disputes[nullifier].status;
        if (status != DisputeStatus.None) revert DisputeIsKnown(nullifier, status);

        _violations[nullifier] = evidenceHash;
        emit ViolationReported(nullifier, evidenceHash);
    }

    /// @inheritdoc ICreditDisputes
    function violationsOf(uint256[] calldata nullifiers) external view returns (bytes32[] memory evidenceHashes) {
        evidenceHashes = new bytes32[](nullifiers.length);
        for (uint256 i = 0; i < evidenceHashes.length; i++) evidenceHashes[i] = _violations[nullifiers[i]];
    }
}

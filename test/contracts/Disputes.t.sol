// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Dispute, DisputeStatus, ICreditDisputes} from "../../contracts/interfaces/ICreditDisputes.sol";
import {RefundTicket, Voucher} from "../../contracts/interfaces/ICreditDisputes.sol";
import {ICreditPool, PoolParameters} from "../../contracts/interfaces/ICreditPool.sol";
import {ICreditSettlement} from "../../contracts/interfaces/ICreditSettlement.sol";
import {Proof} from "../../contracts/interfaces/IStatementVerifiers.sol";
import {PoolTest} from "./support/PoolTest.sol";
import {TicketUser} from "./support/TicketUser.sol";

/// @dev A dispute from its opening to its answer, and violations, with the model verifier. `Awards.t.sol` has those that are lost.
contract DisputesTest is PoolTest, TicketUser {
    uint256 private constant HOLD = C + P;
    address private constant USER = address(0xBEEF);
    address private constant STRANGER = address(0xBAD);

    uint256 private _nullifier;
    uint256 private _secret;

    function setUp() public override {
        super.setUp();
        pool.postBond(10 * HOLD);
        (_nullifier, _secret) = (nullifierOf(1), sessionSecretOf(1));
    }

    // -------------------------------------------------------------------- OPEN

    function test_open_waitsForTheProviderAndReservesTwiceTheHold() public {
        vm.expectEmit(true, true, true, true, address(disputes));
        emit ICreditDisputes.DisputeOpened(
            _nullifier,
            shareOf(_nullifier, sessionOf(1)),
            sessionOf(1),
            USER,
            START + DISPUTE_WINDOW
        );
        openDispute(1, USER);
        Dispute memory dispute = disputeOf(_nullifier);
        assertTrue(dispute.status == DisputeStatus.Open, "open");
        assertTrue(dispute.sessionAddress == sessionOf(1) && dispute.recipient == USER, "claimant and recipient");
        assertEq(dispute.resolvableAt, START + DISPUTE_WINDOW, "resolvable");
        assertEq(dispute.unpaid, 0, "unpaid");
        assertEq(disputes.obligations().openDisputes, 1, "open disputes");
        assertEq(disputes.obligations().encumbered, 2 * HOLD, "encumbered");
        assertEq(disputes.obligations().free, 8 * HOLD, "free");
        assertEq(token.balanceOf(USER), 0, "nothing moves");
    }

    function test_open_needsNoBondAndCanBeSubmittedByAnyone() public {
        usePool(factory.createPool(parametersOf(PROVIDER), providerKeyEighth()));
        for (uint256 i = 1; i < 4; i++) openDispute(i, USER);
        bytes memory call = openingOf(4, USER);
        vm.prank(STRANGER);
        (bool success, ) = address(disputes).call(call);
        assertTrue(success, "submitted by a stranger");
        assertEq(disputes.obligations().encumbered, 8 * HOLD, "encumbered beyond what there is");
        assertEq(disputes.obligations().free, 0, "free");
    }

    function test_open_happensOncePerTicketWhateverBecameOfIt() public {
        openDispute(1, USER);
        _refuseOpening(openingOf(1, USER), _known(DisputeStatus.Open));
        answerInFull(_nullifier);
        _refuseOpening(openingOf(1, STRANGER), _known(DisputeStatus.Answered));
        openDispute(2, USER);
        vm.warp(START + DISPUTE_WINDOW);
        disputes.resolveDispute(nullifierOf(2));
        _nullifier = nullifierOf(2);
        _refuseOpening(openingOf(2, USER), _known(DisputeStatus.Lost));
    }

    function test_open_refusesARecipientThatNobodyOwns() public {
        bytes4 refused = ICreditSettlement.RecipientRefused.selector;
        _refuseOpening(openingOf(1, address(0)), abi.encodeWithSelector(refused, address(0)));
        _refuseOpening(openingOf(1, address(pool)), abi.encodeWithSelector(refused, address(pool)));
    }

    function test_open_takesTheSessionKeysWordForThisTicketAndRecipientAlone() public {
        bytes memory good = disputeSignature(_secret, _nullifier, USER);
        _refuseSignature(STRANGER, good);
        _refuseSignature(USER, disputeSignature(_secret + 1, _nullifier, USER));
        _refuseSignature(USER, disputeSignature(_secret, nullifierOf(2), USER));
        _refuseSignature(USER, "");
        _refuseSignature(USER, abi.encodePacked(good, uint8(0)));
        vm.chainId(31338);
        bytes memory onAnotherChain = disputeSignature(_secret, _nullifier, USER);
        vm.chainId(31337);
        _refuseSignature(USER, onAnotherChain);
        ICreditPool first = pool;
        usePool(factory.createPool(parametersOf(PROVIDER), providerKeyEighth()));
        bytes memory inAnotherPool = disputeSignature(_secret, _nullifier, USER);
        usePool(first);
        _refuseSignature(USER, inAnotherPool);
    }

    /// @dev Recovery that fails gives the zero address: nobody can claim to be it.
    function test_open_refusesTheZeroAddressForASession() public {
        uint256 y = shareOf(_nullifier, address(0));
        Proof memory proof = requestProof(_nullifier, y, address(0));
        bytes memory junk = abi.encodePacked(bytes32(uint256(1)), bytes32(uint256(1)), uint8(99));
        _refuseOpening(
            abi.encodeCall(disputes.openDispute, (_nullifier, y, address(0), USER, proof, junk)),
            abi.encodeWithSelector(ICreditDisputes.SessionSignatureRefused.selector, address(0))
        );
    }

    function test_open_needsAProofForExactlyThisTicketShareAndSession() public {
        uint256 y = shareOf(_nullifier, sessionOf(1));
        bytes memory signature = disputeSignature(_secret, _nullifier, USER);
        Proof[4] memory others = [
            requestProof(_nullifier + 1, y, sessionOf(1)),
            requestProof(_nullifier, y + 1, sessionOf(1)),
            requestProof(_nullifier, y, sessionOf(2)),
            slashProof(_nullifier, y, USER)
        ];
        for (uint256 i = 0; i < 4; i++) {
            bytes memory call = abi.encodeCall(
                disputes.openDispute,
                (_nullifier, y, sessionOf(1), USER, others[i], signature)
            );
            _refuseOpening(call, abi.encodeWithSelector(ICreditSettlement.ProofRefused.selector));
        }
    }

    function test_message_andDigestAreThoseOfTheProtocol() public view {
        uint256 x = uint256(keccak256(abi.encode("jeton.ticket.v1", pool.scope(), USER))) >> 8;
        assertEq(disputes.ticketMessageOf(USER), x, "x");
        bytes memory signature = disputeSignature(_secret, _nullifier, USER);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_secret, disputes.disputeDigestOf(_nullifier, USER));
        assertTrue(keccak256(signature) == keccak256(abi.encodePacked(r, s, v)), "digest");
    }

    // ------------------------------------------------------------------ ANSWER

    function test_answer_inFullNeedsNoVoucherAndFreesTheReserve() public {
        openDispute(1, USER);
        RefundTicket memory refund = refundOf(_nullifier, C, P);
        vm.expectEmit(true, true, true, true, address(disputes));
        emit ICreditDisputes.DisputeAnswered(_nullifier, C, P, refund.signatureR8, refund.signatureS);
        disputes.answerDispute(refund, refundProof(refund), noVoucher());
        assertTrue(disputeOf(_nullifier).status == DisputeStatus.Answered, "answered");
        assertEq(disputes.obligations().encumbered, 0, "encumbered");
        assertEq(pool.ledger().bond, 10 * HOLD, "it cost nothing");
    }

    function testFuzz_answer_isTakenIfAVoucherCoversTheCharge(uint256 units, uint256 cap, address caller) public {
        uint256 charge = bound(units, 1, C / UNIT) * UNIT;
        cap = bound(cap, charge, type(uint256).max);
        openDispute(1, USER);
        bytes memory call = answerOf(refundOf(_nullifier, C - charge, P), voucherOf(_secret, _nullifier, cap));
        vm.prank(caller);
        (bool success, ) = address(disputes).call(call);
        assertTrue(success, "answered");
    }

    function testFuzz_answer_isRefusedIfTheCapIsBelowTheCharge(uint256 units, uint256 cap) public {
        uint256 charge = bound(units, 1, C / UNIT) * UNIT;
        cap = bound(cap, 0, charge - 1);
        openDispute(1, USER);
        _refuseAnswer(
            answerOf(refundOf(_nullifier, C - charge, P), voucherOf(_secret, _nullifier, cap)),
            abi.encodeWithSelector(ICreditDisputes.ChargeNotCovered.selector, charge, cap)
        );
    }

    function testFuzz_answer_isRefusedIfMoreThanThePriceIsRefunded(uint256 refunded) public {
        refunded = bound(refunded, C + 1, type(uint256).max);
        openDispute(1, USER);
        _refuseAnswer(
            answerOf(refundOf(_nullifier, refunded, P), voucherOf(_secret, _nullifier, C)),
            abi.encodeWithSelector(ICreditDisputes.RefundedChargeOutOfRange.selector, refunded, C)
        );
    }

    function testFuzz_answer_isRefusedIfTheChargeIsNoMultipleOfTheUnit(uint256 charge) public {
        charge = bound(charge, 1, C - 1);
        if (charge % UNIT == 0) charge += 1;
        openDispute(1, USER);
        _refuseAnswer(
            answerOf(refundOf(_nullifier, C - charge, P), voucherOf(_secret, _nullifier, C)),
            abi.encodeWithSelector(ICreditDisputes.ChargeIsNoMultiple.selector, charge, UNIT)
        );
    }

    function test_answer_takesAVoucherOfThisTicketsSessionAlone() public {
        openDispute(1, USER);
        Voucher memory good = voucherOf(_secret, _nullifier, C);
        Voucher[6] memory others;
        for (uint256 i = 0; i < 6; i++) others[i] = abi.decode(abi.encode(good), (Voucher));
        others[0] = voucherOf(_secret + 1, _nullifier, C);
        others[1] = voucherOf(_secret, nullifierOf(2), C);
        others[2].sequence += 1;
        others[3].cap += 1;
        others[4].requestHash = keccak256("another request");
        others[5].signature = "";
        for (uint256 i = 0; i < 6; i++) _refuseVoucher(others[i]);
        vm.chainId(31338);
        Voucher memory onAnotherChain = voucherOf(_secret, _nullifier, C);
        vm.chainId(31337);
        _refuseVoucher(onAnotherChain);
        disputes.answerDispute(refundOf(_nullifier, 0, P), refundProof(refundOf(_nullifier, 0, P)), good);
    }

    function test_answer_isTakenInTheLastSecondOfTheWindowAndNotLater() public {
        openDispute(1, USER);
        openDispute(2, USER);
        vm.warp(START + DISPUTE_WINDOW - 1);
        answerInFull(_nullifier);
        vm.warp(START + DISPUTE_WINDOW);
        _refuseAnswer(
            answerOf(refundOf(nullifierOf(2), C, P), noVoucher()),
            abi.encodeWithSelector(ICreditDisputes.AnswerWindowPassed.selector, nullifierOf(2), START + DISPUTE_WINDOW)
        );
    }

    function test_answer_isForOpenDisputesAlone() public {
        bytes memory call = answerOf(refundOf(_nullifier, C, P), noVoucher());
        _refuseAnswer(call, _notOpen(DisputeStatus.None));
        openDispute(1, USER);
        answerInFull(_nullifier);
        _refuseAnswer(call, _notOpen(DisputeStatus.Answered));
        openDispute(2, USER);
        vm.warp(START + DISPUTE_WINDOW);
        disputes.resolveDispute(nullifierOf(2));
        _nullifier = nullifierOf(2);
        _refuseAnswer(answerOf(refundOf(_nullifier, C, P), noVoucher()), _notOpen(DisputeStatus.Lost));
    }

    function testFuzz_answer_givesTheHoldBackWhole(uint256 refundedHold) public {
        if (refundedHold == P) refundedHold = 0;
        openDispute(1, USER);
        _refuseAnswer(
            answerOf(refundOf(_nullifier, C, refundedHold), noVoucher()),
            abi.encodeWithSelector(ICreditDisputes.HoldWithheld.selector, refundedHold, P)
        );
    }

    function test_answer_keepsTheHoldOfATicketThatWasReportedBefore() public {
        vm.prank(PROVIDER);
        disputes.reportViolation(_nullifier, "evidence");
        openDispute(1, USER);
        _refuseAnswer(
            answerOf(refundOf(_nullifier, C, 1), noVoucher()),
            abi.encodeWithSelector(ICreditDisputes.HoldWithheld.selector, 1, P)
        );
        RefundTicket memory refund = refundOf(_nullifier, C, 0);
        disputes.answerDispute(refund, refundProof(refund), noVoucher());
        assertTrue(disputeOf(_nullifier).status == DisputeStatus.Answered, "answered");
    }

    function test_answer_mayGiveTheHoldOfAReportedTicketBack() public {
        vm.prank(PROVIDER);
        disputes.reportViolation(_nullifier, "evidence");
        openDispute(1, USER);
        answerInFull(_nullifier);
    }

    function test_answer_withNoHoldToGiveBackNeedsNoViolation() public {
        PoolParameters memory p = parametersOf(PROVIDER);
        p.policyHold = 0;
        usePool(factory.createPool(p, providerKeyEighth()));
        openDispute(1, USER);
        RefundTicket memory refund = refundOf(_nullifier, C, 0);
        disputes.answerDispute(refund, refundProof(refund), noVoucher());
    }

    function test_answer_needsAProofForExactlyThisRefund() public {
        openDispute(1, USER);
        RefundTicket memory refund = refundOf(_nullifier, C - UNIT, P);
        Voucher memory voucher = voucherOf(_secret, _nullifier, C);
        for (uint256 field = 0; field < 6; field++) {
            RefundTicket memory other = abi.decode(abi.encode(refund), (RefundTicket));
            if (field == 0) other.nullifier = nullifierOf(2);
            if (field == 1) other.refundedCharge += UNIT;
            if (field == 2) other.refundedHold = 0;
            if (field == 3) other.signatureR8[0] += 1;
            if (field == 4) other.signatureR8[1] += 1;
            if (field == 5) other.signatureS += 1;
            _refuseAnswer(
                abi.encodeCall(disputes.answerDispute, (refund, refundProof(other), voucher)),
                abi.encodeWithSelector(ICreditSettlement.ProofRefused.selector)
            );
        }
        ICreditPool first = pool;
        usePool(factory.createPool(parametersOf(PROVIDER), providerKeyEighth()));
        Proof memory inAnotherPool = refundProof(refund);
        usePool(first);
        _refuseAnswer(
            abi.encodeCall(disputes.answerDispute, (refund, inAnotherPool, voucher)),
            abi.encodeWithSelector(ICreditSettlement.ProofRefused.selector)
        );
    }

    // --------------------------------------------------------------- VIOLATION

    function test_violation_isRecordedOnceByTheProvider() public {
        vm.expectEmit(true, true, true, true, address(disputes));
        emit ICreditDisputes.ViolationReported(_nullifier, "evidence");
        vm.prank(PROVIDER);
        disputes.reportViolation(_nullifier, "evidence");
        assertTrue(violationOf(_nullifier) == "evidence", "recorded");
        _refuseReport(
            PROVIDER,
            _nullifier,
            "other",
            abi.encodeWithSelector(ICreditDisputes.ViolationIsKnown.selector, _nullifier)
        );
        assertTrue(violationOf(_nullifier) == "evidence", "kept");
    }

    function test_violation_ofWhatIsNoTicketOrWithoutEvidenceOrByAnotherIsRefused() public {
        bytes memory notProvider = abi.encodeWithSelector(ICreditSettlement.NotProvider.selector, STRANGER);
        _refuseReport(STRANGER, _nullifier, "evidence", notProvider);
        _refuseReport(PROVIDER, _nullifier, 0, abi.encodeWithSelector(ICreditDisputes.EvidenceHashIsZero.selector));
        bytes memory outOfField = abi.encodeWithSelector(ICreditSettlement.NullifierOutOfField.selector, FIELD);
        _refuseReport(PROVIDER, FIELD, "evidence", outOfField);
        vm.prank(PROVIDER);
        disputes.reportViolation(FIELD - 1, "evidence");
    }

    function test_violation_isRefusedOnceTheTicketIsDisputed() public {
        openDispute(1, USER);
        _refuseReport(PROVIDER, _nullifier, "evidence", _known(DisputeStatus.Open));
        answerInFull(_nullifier);
        _refuseReport(PROVIDER, _nullifier, "evidence", _known(DisputeStatus.Answered));
        openDispute(2, USER);
        vm.warp(START + DISPUTE_WINDOW);
        disputes.resolveDispute(nullifierOf(2));
        _nullifier = nullifierOf(2);
        _refuseReport(PROVIDER, _nullifier, "evidence", _known(DisputeStatus.Lost));
    }

    // ----------------------------------------------------------------- HELPERS

    function _known(DisputeStatus status) private view returns (bytes memory) {
        return abi.encodeWithSelector(ICreditDisputes.DisputeIsKnown.selector, _nullifier, status);
    }

    function _notOpen(DisputeStatus status) private view returns (bytes memory) {
        return abi.encodeWithSelector(ICreditDisputes.DisputeIsNotOpen.selector, _nullifier, status);
    }

    function _refuseOpening(bytes memory call, bytes memory expected) private {
        assertRefused(USER, address(disputes), call, expected);
    }

    function _refuseSignature(address recipient, bytes memory signature) private {
        uint256 y = shareOf(_nullifier, sessionOf(1));
        Proof memory proof = requestProof(_nullifier, y, sessionOf(1));
        _refuseOpening(
            abi.encodeCall(disputes.openDispute, (_nullifier, y, sessionOf(1), recipient, proof, signature)),
            abi.encodeWithSelector(ICreditDisputes.SessionSignatureRefused.selector, sessionOf(1))
        );
    }

    function _refuseAnswer(bytes memory call, bytes memory expected) private {
        assertRefused(PROVIDER, address(disputes), call, expected);
    }

    function _refuseVoucher(Voucher memory voucher) private {
        _refuseAnswer(
            answerOf(refundOf(_nullifier, 0, P), voucher),
            abi.encodeWithSelector(ICreditDisputes.VoucherRefused.selector, sessionOf(1))
        );
    }

    function _refuseReport(address caller, uint256 nullifier, bytes32 evidence, bytes memory expected) private {
        bytes memory call = abi.encodeCall(disputes.reportViolation, (nullifier, evidence));
        assertRefused(caller, address(disputes), call, expected);
    }
}

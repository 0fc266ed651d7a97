// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {DisputeStatus, RefundTicket, Voucher} from "../../../contracts/interfaces/ICreditDisputes.sol";
import {Proof} from "../../../contracts/interfaces/IStatementVerifiers.sol";
import {DisputeModel} from "./DisputeModel.sol";

/// @title Random disputes, right and wrong answers, violations, and a provider that takes what it can.
abstract contract DisputeHandler is DisputeModel {
    // ----------------------------------------------------------------- DISPUTE

    /// @dev Mostly over the next ticket. A hostile owner may have given it to another session key than the message's: the proof holds for it too.
    function openDispute(uint256 seed, uint256 who, uint256 flaw) external {
        uint256 ticket = seed % 4 == 0 ? bound(seed, 0, cases.length) : cases.length;
        (uint256 nullifier, address recipient) = (nullifierOf(ticket), _person(who));
        uint256 secret = sessionSecretOf(flaw % 5 == 0 ? ticket + 1_000_000 : ticket);
        flaw = flaw % 12;
        if (flaw == 1) recipient = address(0);
        if (flaw == 2) recipient = address(pool);
        address session = vm.addr(secret);
        uint256 y = shareOf(nullifier, session);
        Proof memory proof = requestProof(nullifier, y, flaw == 3 ? _person(who) : session);
        bytes memory signature = disputeSignature(flaw == 4 ? secret + 1 : secret, nullifier, recipient);
        // A copied dispute with another recipient.
        if (flaw == 6) recipient = _person((who % 6) + 1);
        bool isExpected = ticket == cases.length && (flaw == 0 || flaw == 5 || flaw > 6);
        bytes memory call = abi.encodeCall(disputes.openDispute, (nullifier, y, session, recipient, proof, signature));
        if (!_attempt(Kind.OpenDispute, _person(seed), address(disputes), call, isExpected)) return;
        cases.push(
            Case(nullifier, secret, session, recipient, block.timestamp + DISPUTE_WINDOW, DisputeStatus.Open, 0)
        );
    }

    /// @dev Refund and voucher are right or wrong apart from each other. Flaws: 0 the proof, 1 to 3 the voucher's signer, ticket, cap.
    function answerDispute(uint256 seed, uint256 rc, uint256 rp, uint256 cap, uint256 flaw) external {
        uint256 i = _caseNear(seed, DisputeStatus.Open);
        RefundTicket memory refund = _refund(nullifierOf(i), rc, rp);
        Voucher memory voucher = _voucher(i, refund.refundedCharge < C ? C - refund.refundedCharge : 0, cap, flaw);
        bool isExpected = _isAnswerable(i) && _isRight(refund, voucher.cap, flaw);
        if (flaw % 16 == 0) refund.signatureS += 1;
        Proof memory proof = refundProof(refund);
        if (flaw % 16 == 0) refund.signatureS -= 1;
        bytes memory call = abi.encodeCall(disputes.answerDispute, (refund, proof, voucher));
        if (!_attempt(Kind.AnswerDispute, _person(seed), address(disputes), call, isExpected)) return;
        cases[i].status = DisputeStatus.Answered;
    }

    function resolveDispute(uint256 seed) external {
        uint256 i = _caseNear(seed, DisputeStatus.Open);
        bool isOpen = i < cases.length && cases[i].status == DisputeStatus.Open;
        bool isExpected = isOpen && block.timestamp >= cases[i].resolvableAt;
        bytes memory call = abi.encodeCall(disputes.resolveDispute, (nullifierOf(i)));
        if (_attempt(Kind.ResolveDispute, _person(seed), address(disputes), call, isExpected)) _modelResolve(i);
    }

    function payAward(uint256 seed) external {
        uint256 i = _caseNear(seed, DisputeStatus.Lost);
        bool isLost = i < cases.length && cases[i].status == DisputeStatus.Lost;
        bool isExpected = isLost && cases[i].paid < HOLD && bond + revenue != 0;
        bytes memory call = abi.encodeCall(disputes.payAward, (nullifierOf(i)));
        if (_attempt(Kind.PayAward, _person(seed), address(disputes), call, isExpected)) _modelPayAward(i);
    }

    function collectPenalties(uint256 who) external {
        bytes memory call = abi.encodeCall(disputes.collectPenalties, ());
        bool isExpected = _collectable() != 0;
        if (_attempt(Kind.CollectPenalties, _person(who), address(disputes), call, isExpected)) _modelCollect();
    }

    // --------------------------------------------------------------- VIOLATION

    function reportViolation(uint256 seed, uint256 who) external {
        uint256 ticket = seed % 2 == 0 ? cases.length : bound(seed, 0, cases.length);
        uint256 nullifier = nullifierOf(ticket);
        bytes32 evidence = _oneIn(8, seed, "evidence") ? bytes32(0) : keccak256(abi.encode(seed));
        address reporter = _providerOr(who);
        bool isExpected = reporter == PROVIDER && evidence != 0 && ticket == cases.length && evidenceOf[nullifier] == 0;
        bytes memory call = abi.encodeCall(disputes.reportViolation, (nullifier, evidence));
        if (!_attempt(Kind.ReportViolation, reporter, address(disputes), call, isExpected)) return;
        evidenceOf[nullifier] = evidence;
    }

    // -------------------------------------------------------- BOND AND REVENUE

    function postBond(uint256 amount) external {
        amount = bound(amount, 0, 2 * HOLD);
        _attempt(Kind.PostBond, address(this), address(pool), abi.encodeCall(pool.postBond, (amount)), true);
        bond += amount;
        posted += amount;
        paidIn += amount;
    }

    function announceBondWithdrawal(uint256 amount, uint256 who) external {
        amount = _near(amount, bond);
        address caller = _providerOr(who);
        bytes memory call = abi.encodeCall(disputes.announceBondWithdrawal, (amount));
        if (!_attempt(Kind.AnnounceBondWithdrawal, caller, address(disputes), call, caller == PROVIDER)) return;
        (announced, availableAt) = (amount, block.timestamp + 2 * DISPUTE_WINDOW);
    }

    function withdrawBond(uint256 amount, uint256 limit, uint256 who, uint256 toWhom) external {
        uint256[3] memory limits = [bond, announced, _free()];
        amount = _near(amount, limits[limit % 3]);
        (address caller, address to) = (_providerOr(who), _person(toWhom));
        bool isExpected = caller == PROVIDER && amount <= bond && amount <= announced && amount <= _free();
        isExpected = isExpected && block.timestamp >= availableAt && _canReceive(to);
        bytes memory call = abi.encodeCall(disputes.withdrawBond, (to, amount));
        if (!_attempt(Kind.WithdrawBond, caller, address(disputes), call, isExpected)) return;
        bond -= amount;
        announced -= amount;
        withdrawn += amount;
        received[to] += amount;
    }

    function withdrawRevenue(uint256 amount, uint256 limit, uint256 who, uint256 toWhom) external {
        uint256 free = _free();
        amount = limit % 3 != 0 && free < revenue ? _near(amount, free) : _near(amount, revenue);
        (address caller, address to) = (_providerOr(who), _person(toWhom));
        bool isExpected = caller == PROVIDER && amount <= revenue && amount <= _free() && _canReceive(to);
        bytes memory call = abi.encodeCall(disputes.withdrawRevenue, (to, amount));
        if (!_attempt(Kind.WithdrawRevenue, caller, address(disputes), call, isExpected)) return;
        revenue -= amount;
        withdrawn += amount;
        received[to] += amount;
    }

    // ----------------------------------------------------------------- CHOICES

    /// @dev Mostly a dispute of this status; or any, or none.
    function _caseNear(uint256 seed, DisputeStatus status) internal view returns (uint256 i) {
        for (uint256 k = 0; seed % 8 != 0 && k < cases.length; k++) {
            i = ((seed >> 3) + k) % cases.length;
            if (cases[i].status == status) return i;
        }
        return bound(seed >> 3, 0, cases.length);
    }

    function _refund(uint256 nullifier, uint256 rc, uint256 rp) private pure returns (RefundTicket memory) {
        rc = rc % 4 == 0 ? bound(rc, 0, C + UNIT) : bound(rc, 0, C / UNIT) * UNIT;
        if (rp % 8 == 0) rp = _near(rp / 8, P);
        else rp = rp % 8 == 1 || rp % 8 == 2 ? 0 : P;
        return refundOf(nullifier, rc, rp);
    }

    function _voucher(
        uint256 i,
        uint256 charge,
        uint256 cap,
        uint256 flaw
    ) private view returns (Voucher memory voucher) {
        if (charge == 0 && flaw % 3 == 0) return voucher;
        uint256 signer = i == cases.length ? 1 : cases[i].secret;
        voucher = voucherOf(
            flaw % 16 == 1 ? signer + 1 : signer,
            flaw % 16 == 2 ? nullifierOf(i + 1) : nullifierOf(i),
            cap % 2 == 0 ? _near(cap / 2, charge) : C
        );
        if (flaw % 16 == 3) voucher.cap += 1;
    }

    /// @dev Whether the provider signed this refund, may keep what it keeps, and has a sound voucher for the charge.
    function _isRight(RefundTicket memory refund, uint256 cap, uint256 flaw) private view returns (bool) {
        if (flaw % 16 == 0 || refund.refundedCharge > C) return false;
        bool isHoldRight = refund.refundedHold == P || (refund.refundedHold == 0 && evidenceOf[refund.nullifier] != 0);
        bool isSound = flaw % 16 == 0 || flaw % 16 > 3;
        uint256 charge = C - refund.refundedCharge;
        return isHoldRight && charge % UNIT == 0 && (charge == 0 || (isSound && cap >= charge));
    }

    function _isAnswerable(uint256 i) private view returns (bool) {
        return i < cases.length && cases[i].status == DisputeStatus.Open && block.timestamp < cases[i].resolvableAt;
    }

    function _providerOr(uint256 who) private view returns (address) {
        return who % 8 == 0 ? _person(who / 8) : PROVIDER;
    }
}

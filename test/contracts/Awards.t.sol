// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Dispute, DisputeStatus, ICreditDisputes, Obligations} from "../../contracts/interfaces/ICreditDisputes.sol";
import {ICreditPool, Ledger} from "../../contracts/interfaces/ICreditPool.sol";
import {MoodyToken} from "./support/HostileTokens.sol";
import {PoolTest} from "./support/PoolTest.sol";
import {TicketUser} from "./support/TicketUser.sol";

/// @dev Disputes that nobody answered: who is paid, in which order, out of what.
contract AwardsTest is PoolTest, TicketUser {
    uint256 private constant HOLD = C + P;
    uint256 private constant ID = 42;
    address private constant USER = address(0xBEEF);
    address private constant OTHER = address(0xCAFE);
    address private constant BURN = 0x000000000000000000000000000000000000dEaD;

    // ----------------------------------------------------------------- RESOLVE

    function test_resolve_paysTheHoldAndSetsAsMuchAsideToBeBurned() public {
        pool.postBond(5 * HOLD);
        _lose(1, USER);
        assertEq(token.balanceOf(USER), HOLD, "award");
        _assertLedger(3 * HOLD, 0, HOLD);
        _assertDebts(0, 0, 0);
        Dispute memory dispute = disputeOf(nullifierOf(1));
        assertTrue(dispute.status == DisputeStatus.Lost && dispute.unpaid == 0, "lost and paid");
        pool.burn();
        assertEq(token.balanceOf(BURN), HOLD, "burned");
    }

    function test_resolve_waitsForTheWholeWindow() public {
        openDispute(1, USER);
        vm.warp(START + DISPUTE_WINDOW - 1);
        _refuse(
            abi.encodeCall(disputes.resolveDispute, (nullifierOf(1))),
            abi.encodeWithSelector(ICreditDisputes.AnswerWindowOpen.selector, nullifierOf(1), START + DISPUTE_WINDOW)
        );
        vm.warp(START + DISPUTE_WINDOW);
        vm.prank(OTHER);
        disputes.resolveDispute(nullifierOf(1));
    }

    function test_resolve_isForOpenDisputesAloneAndHappensOnce() public {
        pool.postBond(5 * HOLD);
        bytes memory call = abi.encodeCall(disputes.resolveDispute, (nullifierOf(1)));
        _refuse(call, _notOpen(DisputeStatus.None));
        _lose(1, USER);
        _refuse(call, _notOpen(DisputeStatus.Lost));
        assertEq(token.balanceOf(USER), HOLD, "paid once");
        openDispute(2, USER);
        answerInFull(nullifierOf(2));
        vm.warp(block.timestamp + DISPUTE_WINDOW);
        call = abi.encodeCall(disputes.resolveDispute, (nullifierOf(2)));
        bytes4 notOpen = ICreditDisputes.DisputeIsNotOpen.selector;
        _refuse(call, abi.encodeWithSelector(notOpen, nullifierOf(2), DisputeStatus.Answered));
    }

    function test_resolve_takesTheBondFirstAndThenTheRevenue() public {
        pool.postBond(HOLD + 1);
        _earn(10 * HOLD);
        uint256 stakePart = pool.ledger().awaitingBurn;
        _lose(1, USER);
        _assertLedger(0, 10 * HOLD - (HOLD - 1), stakePart + HOLD);
    }

    function test_resolve_ofAnEmptyProviderOwesEverything() public {
        pool.deposit(ID, 10 * HOLD);
        uint256 escrowed = pool.ledger().escrowed;
        _lose(1, USER);
        assertEq(token.balanceOf(USER), 0, "nothing to pay with");
        assertEq(disputeOf(nullifierOf(1)).unpaid, HOLD, "unpaid");
        _assertDebts(0, HOLD, HOLD);
        assertEq(pool.ledger().escrowed, escrowed, "no account pays for it");
    }

    function test_resolve_paysARecipientThatCannotReceiveByCredit() public {
        pool.postBond(2 * HOLD);
        token.setMood(USER, MoodyToken.Mood.Reverts);
        _lose(1, USER);
        assertEq(pool.creditOf(USER), HOLD, "credit");
        vm.prank(USER);
        pool.claim(OTHER);
        assertEq(token.balanceOf(OTHER), HOLD, "claimed");
    }

    // --------------------------------------------------------------- SENIORITY

    /// @dev An award comes before the reserve of other disputes; the reserve before the penalties; the penalties before the provider.
    function testFuzz_resolve_keepsTheOrder(uint256 bond, uint256 open, uint256 lost) public {
        bond = bound(bond, 0, 12 * HOLD);
        (open, lost) = (bound(open, 0, 3), bound(lost, 1, 3));
        pool.postBond(bond);
        for (uint256 i = 0; i < lost; i++) openDispute(i, USER);
        vm.warp(START + DISPUTE_WINDOW);
        for (uint256 i = lost; i < lost + open; i++) openDispute(i, OTHER);
        for (uint256 i = 0; i < lost; i++) disputes.resolveDispute(nullifierOf(i));
        if (_canCollect()) disputes.collectPenalties();
        uint256 awards = _min(bond, lost * HOLD);
        uint256 spare = _above(bond - awards, open * 2 * HOLD + (lost * HOLD - awards));
        uint256 burnt = _min(spare, lost * HOLD);
        assertEq(token.balanceOf(USER), awards, "awards");
        assertEq(pool.ledger().awaitingBurn, burnt, "penalties");
        _assertDebts(open, lost * HOLD - awards, lost * HOLD - burnt);
        uint256 encumbered = open * 2 * HOLD + 2 * lost * HOLD - awards - burnt;
        assertEq(disputes.obligations().encumbered, encumbered, "encumbered");
        assertEq(disputes.obligations().free, _above(bond - awards - burnt, encumbered), "free");
    }

    function test_penalty_waitsForOpenDisputesAndIsCollectedAfterThem() public {
        pool.postBond(3 * HOLD);
        openDispute(1, USER);
        vm.warp(START + 1);
        openDispute(2, OTHER);
        vm.warp(START + DISPUTE_WINDOW);
        disputes.resolveDispute(nullifierOf(1));
        _assertLedger(2 * HOLD, 0, 0);
        _refuse(abi.encodeCall(disputes.collectPenalties, ()), _nothingToCollect());
        answerInFull(nullifierOf(2));
        disputes.collectPenalties();
        _assertLedger(HOLD, 0, HOLD);
        _refuse(abi.encodeCall(disputes.collectPenalties, ()), _nothingToCollect());
    }

    function test_penalty_isCollectedAsFarAsItCanBeSpared() public {
        pool.postBond(HOLD);
        _lose(1, USER);
        pool.postBond(HOLD / 4);
        disputes.collectPenalties();
        _assertDebts(0, 0, HOLD - HOLD / 4);
        _assertLedger(0, 0, HOLD / 4);
    }

    function test_penalty_waitsForUnpaidAwards() public {
        _lose(1, USER);
        _lose(2, OTHER);
        pool.postBond(2 * HOLD - 1);
        _refuse(abi.encodeCall(disputes.collectPenalties, ()), _nothingToCollect());
        pool.postBond(2);
        disputes.collectPenalties();
        assertEq(pool.ledger().awaitingBurn, 1, "what is left of both awards");
        disputes.payAward(nullifierOf(1));
        disputes.payAward(nullifierOf(2));
        assertEq(token.balanceOf(USER) + token.balanceOf(OTHER), 2 * HOLD, "both paid");
    }

    // --------------------------------------------------------------- PAY LATER

    /// @dev In any number of parts, out of whatever comes in, the award is paid to the unit and never twice.
    function testFuzz_payAward_inParts(uint256[5] memory parts) public {
        _lose(1, USER);
        uint256 posted = 0;
        for (uint256 i = 0; i < 5; i++) {
            uint256 part = bound(parts[i], 0, HOLD / 2);
            pool.postBond(part);
            posted += part;
            bool isDue = part != 0 && disputeOf(nullifierOf(1)).unpaid != 0;
            bytes memory call = abi.encodeCall(disputes.payAward, (nullifierOf(1)));
            if (isDue) disputes.payAward(nullifierOf(1));
            else if (disputeOf(nullifierOf(1)).unpaid == 0) _refuse(call, _nothingUnpaid(1));
            assertEq(token.balanceOf(USER), _min(posted, HOLD), "award so far");
            assertEq(disputeOf(nullifierOf(1)).unpaid, _above(HOLD, posted), "unpaid");
        }
        if (_canCollect()) disputes.collectPenalties();
        assertEq(pool.ledger().awaitingBurn, _min(_above(posted, HOLD), HOLD), "penalty");
        _assertDebts(0, _above(HOLD, posted), HOLD - pool.ledger().awaitingBurn);
    }

    function test_payAward_comesOutOfRevenueThatArrivesLater() public {
        _lose(1, USER);
        bytes memory call = abi.encodeCall(disputes.payAward, (nullifierOf(1)));
        _refuse(call, _nothingUnpaid(1));
        _earn(3 * HOLD);
        vm.prank(OTHER);
        disputes.payAward(nullifierOf(1));
        assertEq(token.balanceOf(USER), HOLD, "award");
        assertEq(pool.ledger().revenue, HOLD, "and the penalty with it");
        _refuse(call, _nothingUnpaid(1));
        _assertDebts(0, 0, 0);
    }

    function test_payAward_ofWhatIsNotOwedIsRefused() public {
        pool.postBond(HOLD);
        _refuse(abi.encodeCall(disputes.payAward, (nullifierOf(1))), _nothingUnpaid(1));
        openDispute(1, USER);
        _refuse(abi.encodeCall(disputes.payAward, (nullifierOf(1))), _nothingUnpaid(1));
        answerInFull(nullifierOf(1));
        _refuse(abi.encodeCall(disputes.payAward, (nullifierOf(1))), _nothingUnpaid(1));
    }

    /// @dev Two awards, one that fits: the first to be resolved, or claimed, is paid first.
    function test_payAward_goesToWhoComesFirst() public {
        pool.postBond(HOLD + HOLD / 2);
        openDispute(1, USER);
        openDispute(2, OTHER);
        vm.warp(START + DISPUTE_WINDOW);
        disputes.resolveDispute(nullifierOf(2));
        disputes.resolveDispute(nullifierOf(1));
        assertEq(token.balanceOf(OTHER), HOLD, "first");
        assertEq(token.balanceOf(USER), HOLD / 2, "second");
        assertEq(disputeOf(nullifierOf(1)).unpaid, HOLD - HOLD / 2, "unpaid");
    }

    // ---------------------------------------------------------------- PROPERTIES

    /// @dev P-06: a provider that disputes itself and loses, to an alias, ends with a hold less for every time, once it could pay it all.
    function testFuzz_losingToOneself_costsAHoldEachTime(uint256 bond, uint256 times) public {
        times = bound(times, 1, 6);
        bond = bound(bond, 2 * times * HOLD, 40 * HOLD);
        pool.postBond(bond);
        for (uint256 i = 0; i < times; i++) openDispute(i, OTHER);
        vm.warp(START + DISPUTE_WINDOW);
        for (uint256 i = 0; i < times; i++) disputes.resolveDispute(nullifierOf(i));
        _withdrawEverything();
        assertEq(token.balanceOf(PROVIDER) + token.balanceOf(OTHER), bond - times * HOLD, "provider and alias");
    }

    /// @dev P-06: where it could not, both have no more than before, and owe what is to be burned out of all that will come in.
    function testFuzz_losingToOneself_neverPays(uint256 bond, uint256 times) public {
        times = bound(times, 1, 6);
        bond = bound(bond, 0, 2 * times * HOLD);
        pool.postBond(bond);
        for (uint256 i = 0; i < times; i++) openDispute(i, OTHER);
        vm.warp(START + DISPUTE_WINDOW);
        for (uint256 i = 0; i < times; i++) disputes.resolveDispute(nullifierOf(i));
        _withdrawEverything();
        Obligations memory o = disputes.obligations();
        uint256 lost = pool.ledger().awaitingBurn + o.unpaidPenalties;
        assertEq(lost, times * HOLD, "burned or to be burned");
        uint256 kept = token.balanceOf(PROVIDER) + token.balanceOf(OTHER);
        assertEq(kept, bond - pool.ledger().awaitingBurn, "provider and alias");
        pool.postBond(2 * times * HOLD);
        _withdrawEverything();
        uint256 later = token.balanceOf(PROVIDER) + token.balanceOf(OTHER) + o.unpaidAwards;
        assertTrue(later <= bond + 2 * times * HOLD, "nothing gained");
    }

    /// @dev A limit, and not a gain: awards are paid in the order in which disputes are resolved, so a provider that leaves can lose to itself first,
    /// and have its bond out after one dispute window. It owes the user, and as much again as all awards, out of all that it earns later.
    function test_losingToOneself_canEmptyTheBondBeforeALaterDispute() public {
        pool.postBond(4 * HOLD);
        for (uint256 i = 0; i < 4; i++) openDispute(i, OTHER);
        vm.warp(START + 1);
        openDispute(4, USER);
        vm.warp(START + 1 + DISPUTE_WINDOW);
        for (uint256 i = 0; i < 5; i++) disputes.resolveDispute(nullifierOf(i));
        assertEq(token.balanceOf(OTHER), 4 * HOLD, "the alias has the whole bond, and no more");
        _assertDebts(0, HOLD, 5 * HOLD);
        _earn(6 * HOLD);
        disputes.payAward(nullifierOf(4));
        assertEq(token.balanceOf(USER), HOLD, "the user is paid before anything else");
        _assertDebts(0, 0, 0);
        assertEq(pool.ledger().revenue, 0, "and the rest is burned");
    }

    /// @dev P-05: a provider that answers everything in time keeps everything.
    function testFuzz_answeringInTime_costsNothing(uint256 count, uint256 wait) public {
        count = bound(count, 1, 6);
        pool.postBond(HOLD);
        for (uint256 i = 0; i < count; i++) openDispute(i, USER);
        vm.warp(START + bound(wait, 0, DISPUTE_WINDOW - 1));
        for (uint256 i = 0; i < count; i++) answerInFull(nullifierOf(i));
        _assertLedger(HOLD, 0, 0);
        assertEq(disputes.obligations().free, HOLD, "free");
    }

    // ----------------------------------------------------------------- HELPERS

    function _lose(uint256 ticket, address recipient) private {
        openDispute(ticket, recipient);
        vm.warp(block.timestamp + DISPUTE_WINDOW);
        disputes.resolveDispute(nullifierOf(ticket));
    }

    /// @dev Revenue of this much, by the slash of an account.
    function _earn(uint256 amount) private {
        pool.deposit(ID, amount);
        settlement.slash(ID, 7, OTHER, slashProof(ID, 7, OTHER));
        vm.prank(OTHER);
        token.transfer(address(this), token.balanceOf(OTHER));
    }

    function _withdrawEverything() private {
        if (_canCollect()) disputes.collectPenalties();
        uint256 free = disputes.obligations().free;
        vm.prank(PROVIDER);
        disputes.announceBondWithdrawal(free);
        vm.warp(block.timestamp + 2 * DISPUTE_WINDOW);
        vm.prank(PROVIDER);
        disputes.withdrawBond(PROVIDER, free);
    }

    function _canCollect() private returns (bool success) {
        uint256 revenue = pool.ledger().revenue + pool.ledger().bond;
        Obligations memory o = disputes.obligations();
        success = o.unpaidPenalties != 0 && revenue > o.openDisputes * 2 * HOLD + o.unpaidAwards;
        if (!success) _refuse(abi.encodeCall(disputes.collectPenalties, ()), _nothingToCollect());
    }

    function _refuse(bytes memory call, bytes memory expected) private {
        assertRefused(OTHER, address(disputes), call, expected);
    }

    function _notOpen(DisputeStatus status) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ICreditDisputes.DisputeIsNotOpen.selector, nullifierOf(1), status);
    }

    function _nothingUnpaid(uint256 ticket) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ICreditDisputes.NothingUnpaid.selector, nullifierOf(ticket));
    }

    function _nothingToCollect() private pure returns (bytes memory) {
        return abi.encodeWithSelector(ICreditDisputes.NothingToCollect.selector);
    }

    function _assertLedger(uint256 bond, uint256 revenue, uint256 awaitingBurn) private view {
        Ledger memory ledger = pool.ledger();
        assertEq(ledger.bond, bond, "bond");
        assertEq(ledger.revenue, revenue, "revenue");
        assertEq(ledger.awaitingBurn, awaitingBurn, "awaiting burn");
        assertEq(token.balanceOf(address(pool)), owedBy(pool), "solvent to the unit");
    }

    function _assertDebts(uint256 open, uint256 awards, uint256 penalties) private view {
        Obligations memory o = disputes.obligations();
        assertEq(o.openDisputes, open, "open disputes");
        assertEq(o.unpaidAwards, awards, "unpaid awards");
        assertEq(o.unpaidPenalties, penalties, "unpaid penalties");
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }

    /// @dev How far a is above b.
    function _above(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a - b : 0;
    }
}

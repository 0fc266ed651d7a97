// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ICreditDisputes, Obligations} from "../../contracts/interfaces/ICreditDisputes.sol";
import {ICreditPool, PoolParameters} from "../../contracts/interfaces/ICreditPool.sol";
import {ICreditSettlement} from "../../contracts/interfaces/ICreditSettlement.sol";
import {FeeToken, MoodyToken} from "./support/HostileTokens.sol";
import {PoolTest} from "./support/PoolTest.sol";
import {TicketUser} from "./support/TicketUser.sol";

/// @dev The provider's bond and revenue: how they come in, and what must stay.
contract BondTest is PoolTest, TicketUser {
    uint256 private constant HOLD = C + P;
    uint256 private constant NOTICE = 2 * DISPUTE_WINDOW;
    uint256 private constant ID = 42;
    address private constant USER = address(0xBEEF);
    address private constant STRANGER = address(0xBAD);

    // -------------------------------------------------------------------- POST

    function testFuzz_post_isTheProvidersWhoeverPays(uint256 first, uint256 second) public {
        (first, second) = (bound(first, 0, 1 << 100), bound(second, 0, 1 << 100));
        token.mint(STRANGER, second);
        pool.postBond(first);
        vm.prank(STRANGER);
        token.approve(address(pool), second);
        vm.expectEmit(true, true, true, true, address(pool));
        emit ICreditPool.BondPosted(STRANGER, second);
        vm.prank(STRANGER);
        pool.postBond(second);
        assertEq(pool.ledger().bond, first + second, "bond");
        assertEq(token.balanceOf(address(pool)), first + second, "balance");
        assertEq(disputes.obligations().free, first + second, "free");
    }

    function test_post_isRefusedWhereTheLedgerIsFull() public {
        pool.postBond(type(uint120).max);
        token.mint(address(this), 1);
        bytes memory full = abi.encodeWithSelector(ICreditPool.LedgerIsFull.selector, uint256(1) << 120);
        assertRefused(address(this), address(pool), abi.encodeCall(pool.postBond, (1)), full);
    }

    function test_post_mustArriveWhole() public {
        FeeToken fee = new FeeToken();
        PoolParameters memory p = parametersOf(PROVIDER);
        p.token = IERC20(address(fee));
        ICreditPool taxed = factory.createPool(p, providerKeyEighth());
        fee.mint(address(this), 1_000);
        fee.approve(address(taxed), 1_000);
        bytes memory mismatch = abi.encodeWithSelector(ICreditPool.ReceivedAmountMismatch.selector, 1_000, 999);
        assertRefused(address(this), address(taxed), abi.encodeCall(taxed.postBond, (1_000)), mismatch);
    }

    // ------------------------------------------------------------------ NOTICE

    function test_notice_isTwiceTheDisputeWindow() public {
        pool.postBond(3 * HOLD);
        vm.expectEmit(true, true, true, true, address(disputes));
        emit ICreditDisputes.BondWithdrawalAnnounced(2 * HOLD, START + NOTICE);
        _announce(2 * HOLD);
        assertEq(disputes.obligations().announcedWithdrawal, 2 * HOLD, "announced");
        assertEq(disputes.obligations().withdrawableAt, START + NOTICE, "withdrawable");
        vm.warp(START + NOTICE - 1);
        _refuseBond(1, abi.encodeWithSelector(ICreditDisputes.WithdrawalTooEarly.selector, START + NOTICE));
        vm.warp(START + NOTICE);
        _withdrawBond(1);
        assertEq(token.balanceOf(USER), 1, "withdrawn");
    }

    function test_notice_isUsedUpByWhatIsWithdrawn() public {
        pool.postBond(3 * HOLD);
        _announce(2 * HOLD);
        vm.warp(START + NOTICE);
        _refuseBond(2 * HOLD + 1, _notAnnounced(2 * HOLD, 2 * HOLD + 1));
        _withdrawBond(HOLD);
        _refuseBond(HOLD + 1, _notAnnounced(HOLD, HOLD + 1));
        _withdrawBond(HOLD);
        _refuseBond(1, _notAnnounced(0, 1));
        assertEq(token.balanceOf(USER), 2 * HOLD, "withdrawn");
        assertEq(pool.ledger().bond, HOLD, "left");
    }

    function test_notice_replacesAnEarlierOneAndStartsAnew() public {
        pool.postBond(3 * HOLD);
        _announce(HOLD);
        vm.warp(START + NOTICE);
        _announce(2 * HOLD);
        _refuseBond(1, abi.encodeWithSelector(ICreditDisputes.WithdrawalTooEarly.selector, START + 2 * NOTICE));
        _announce(0);
        vm.warp(START + 2 * NOTICE);
        _refuseBond(1, _notAnnounced(0, 1));
        _withdrawBond(0);
    }

    function test_notice_isTheProvidersAloneAndFitsTheBook() public {
        bytes memory notProvider = abi.encodeWithSelector(ICreditSettlement.NotProvider.selector, STRANGER);
        _refuse(STRANGER, abi.encodeCall(disputes.announceBondWithdrawal, (1)), notProvider);
        _refuse(STRANGER, abi.encodeCall(disputes.withdrawBond, (STRANGER, 0)), notProvider);
        _refuse(STRANGER, abi.encodeCall(disputes.withdrawRevenue, (STRANGER, 0)), notProvider);
        bytes4 tooLarge = SafeCast.SafeCastOverflowedUintDowncast.selector;
        bytes memory overflow = abi.encodeWithSelector(tooLarge, 128, uint256(1) << 128);
        _refuse(PROVIDER, abi.encodeCall(disputes.announceBondWithdrawal, (1 << 128)), overflow);
    }

    /// @dev Who handed in a ticket in the second before the notice can wait a whole window for the refund, and still dispute it.
    function test_notice_leavesTimeForADisputeThatTheBondPays() public {
        pool.postBond(2 * HOLD);
        _announce(2 * HOLD);
        vm.warp(START + DISPUTE_WINDOW);
        openDispute(1, USER);
        vm.warp(START + NOTICE);
        _refuseBond(1, abi.encodeWithSelector(ICreditDisputes.FundsEncumbered.selector, 0, 1));
        disputes.resolveDispute(nullifierOf(1));
        assertEq(token.balanceOf(USER), HOLD, "award");
    }

    // -------------------------------------------------------------- ENCUMBRANCE

    /// @dev P-08: whatever is open, unpaid or to be burned stays; the rest can go, to the unit.
    function testFuzz_withdraw_leavesWhatIsEncumbered(
        uint256 bond,
        uint256 revenue,
        uint256 open,
        uint256 lost
    ) public {
        bond = bound(bond, 0, 8 * HOLD);
        revenue = bound(revenue, HOLD, 8 * HOLD);
        (open, lost) = (bound(open, 0, 2), bound(lost, 0, 2));
        pool.postBond(bond);
        _earn(revenue);
        for (uint256 i = 0; i < lost; i++) openDispute(i, STRANGER);
        vm.warp(START + DISPUTE_WINDOW);
        for (uint256 i = 0; i < lost; i++) disputes.resolveDispute(nullifierOf(i));
        _announce(1 << 100);
        vm.warp(START + DISPUTE_WINDOW + NOTICE);
        for (uint256 i = lost; i < lost + open; i++) openDispute(i, STRANGER);
        Obligations memory o = disputes.obligations();
        assertEq(o.encumbered, o.openDisputes * 2 * HOLD + o.unpaidAwards + o.unpaidPenalties, "encumbered");
        uint256 funds = pool.ledger().bond + pool.ledger().revenue;
        assertEq(o.free, funds > o.encumbered ? funds - o.encumbered : 0, "free");
        bytes memory encumbered = abi.encodeWithSelector(ICreditDisputes.FundsEncumbered.selector, o.free, o.free + 1);
        _refuseBond(o.free + 1, encumbered);
        _refuse(PROVIDER, abi.encodeCall(disputes.withdrawRevenue, (USER, o.free + 1)), encumbered);
        uint256 fromBond = o.free < pool.ledger().bond ? o.free : pool.ledger().bond;
        _withdrawBond(fromBond);
        vm.prank(PROVIDER);
        disputes.withdrawRevenue(USER, o.free - fromBond);
        assertEq(token.balanceOf(USER), o.free, "all that was free");
        assertEq(disputes.obligations().free, 0, "free after");
    }

    function test_withdraw_takesBondOutOfTheBondAndRevenueOutOfTheRevenue() public {
        pool.postBond(HOLD);
        _earn(2 * HOLD);
        _announce(4 * HOLD);
        vm.warp(START + NOTICE);
        _refuseBond(HOLD + 1, abi.encodeWithSelector(ICreditPool.BondExceeded.selector, HOLD, HOLD + 1));
        bytes memory exceeded = abi.encodeWithSelector(ICreditPool.RevenueExceeded.selector, 2 * HOLD, 2 * HOLD + 1);
        _refuse(PROVIDER, abi.encodeCall(disputes.withdrawRevenue, (USER, 2 * HOLD + 1)), exceeded);
        vm.expectEmit(true, true, true, true, address(disputes));
        emit ICreditDisputes.RevenueWithdrawn(USER, 2 * HOLD);
        vm.prank(PROVIDER);
        disputes.withdrawRevenue(USER, 2 * HOLD);
        _withdrawBond(HOLD);
        assertEq(token.balanceOf(USER), 3 * HOLD, "everything");
    }

    function test_withdraw_toNobodyOrToWhoCannotReceiveIsRefusedAndChangesNothing() public {
        pool.postBond(HOLD);
        _announce(HOLD);
        vm.warp(START + NOTICE);
        for (uint256 i = 0; i < 2; i++) {
            address to = i == 0 ? address(0) : address(pool);
            bytes memory refused = abi.encodeWithSelector(ICreditPool.RecipientRefused.selector, to);
            _refuse(PROVIDER, abi.encodeCall(disputes.withdrawBond, (to, 1)), refused);
            _refuse(PROVIDER, abi.encodeCall(disputes.withdrawRevenue, (to, 0)), refused);
        }
        token.setMood(USER, MoodyToken.Mood.Reverts);
        _refuseBond(1, abi.encodeWithSelector(MoodyToken.Blocked.selector, USER));
        assertEq(disputes.obligations().announcedWithdrawal, HOLD, "the notice stands");
        assertEq(pool.ledger().bond, HOLD, "bond");
    }

    // ------------------------------------------------------------------- DOORS

    function test_doors_areTheDisputesAlone() public {
        pool.postBond(HOLD);
        address[3] memory strangers = [STRANGER, PROVIDER, address(settlement)];
        for (uint256 i = 0; i < 3; i++) {
            bytes memory refused = abi.encodeWithSelector(ICreditPool.NotDisputes.selector, strangers[i]);
            assertRefused(strangers[i], address(pool), abi.encodeCall(pool.payBond, (USER, 1)), refused);
            assertRefused(strangers[i], address(pool), abi.encodeCall(pool.payRevenue, (USER, 0)), refused);
            assertRefused(strangers[i], address(pool), abi.encodeCall(pool.payAward, (USER, 1, 0)), refused);
        }
    }

    /// @dev The escrow does not rest on the rules: what is not the provider's cannot leave by these doors.
    function test_doors_letNoMoreThroughThanTheProviderHas() public {
        pool.deposit(ID, 10 * HOLD);
        pool.postBond(HOLD);
        address rules = address(disputes);
        bytes memory bond = abi.encodeWithSelector(ICreditPool.BondExceeded.selector, HOLD, HOLD + 1);
        assertRefused(rules, address(pool), abi.encodeCall(pool.payBond, (USER, HOLD + 1)), bond);
        bytes memory revenue = abi.encodeWithSelector(ICreditPool.RevenueExceeded.selector, 0, 1);
        assertRefused(rules, address(pool), abi.encodeCall(pool.payRevenue, (USER, 1)), revenue);
        bytes memory award = abi.encodeWithSelector(ICreditPool.AwardExceeded.selector, HOLD, HOLD + 1);
        assertRefused(rules, address(pool), abi.encodeCall(pool.payAward, (USER, HOLD, 1)), award);
        vm.prank(rules);
        pool.payAward(USER, HOLD - 1, 1);
        assertEq(pool.ledger().awaitingBurn, 1, "awaiting burn");
        assertEq(token.balanceOf(address(pool)), owedBy(pool), "solvent to the unit");
    }

    // ----------------------------------------------------------------- HELPERS

    /// @dev Revenue of this much, by the slash of an account.
    function _earn(uint256 amount) private {
        pool.deposit(ID, amount);
        settlement.slash(ID, 7, STRANGER, slashProof(ID, 7, STRANGER));
    }

    function _announce(uint256 amount) private {
        vm.prank(PROVIDER);
        disputes.announceBondWithdrawal(amount);
    }

    function _withdrawBond(uint256 amount) private {
        vm.prank(PROVIDER);
        disputes.withdrawBond(USER, amount);
    }

    function _refuseBond(uint256 amount, bytes memory expected) private {
        _refuse(PROVIDER, abi.encodeCall(disputes.withdrawBond, (USER, amount)), expected);
    }

    function _refuse(address caller, bytes memory call, bytes memory expected) private {
        assertRefused(caller, address(disputes), call, expected);
    }

    function _notAnnounced(uint256 announced, uint256 amount) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ICreditDisputes.WithdrawalNotAnnounced.selector, announced, amount);
    }
}

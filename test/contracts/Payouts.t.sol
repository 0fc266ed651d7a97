// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Account, AccountStatus} from "../../contracts/interfaces/ICreditPool.sol";
import {Payouts} from "../../contracts/libraries/Payouts.sol";
import {Test} from "./support/Test.sol";

/// @dev The arithmetic of closing and slashing against a model that counts ticket money in signed numbers.
contract PayoutsTest is Test {
    struct Case {
        uint256 deposit;
        uint256 stake;
        uint256 firstUnused;
        uint256 ticketPrice;
        uint256 policyHold;
        uint256 refundedCharges;
        uint256 refundedHolds;
        bool isExpired;
    }

    /// @dev P-02, P-03: the split is the protocol's and adds up to what the account holds.
    function testFuzz_close_splitsExactlyWhatTheAccountHolds(Case memory raw) public pure {
        Case memory c = _fit(raw);
        Account memory account = _accountOf(c);

        (uint256 toUser, uint256 toProvider, uint256 toBurn) = _close(account, c);

        int256 deposit = int256(c.deposit);
        int256 charged = int256(c.firstUnused * c.ticketPrice) - int256(c.refundedCharges);
        int256 withheld = int256(c.firstUnused * c.policyHold) - int256(c.refundedHolds);
        int256 rest = deposit - charged - withheld;
        if (c.isExpired) {
            (charged, withheld, rest) = (0, 0, 0);
            deposit = 0;
        } else if (rest < 0) {
            rest = 0;
            charged = charged < deposit ? charged : deposit;
            withheld = deposit - charged;
        }
        assertEq(toUser, uint256(rest) + c.stake, "user");
        assertEq(toProvider, uint256(charged), "provider");
        assertEq(toBurn, uint256(withheld), "burned");
        assertEq(toUser + toProvider + toBurn, uint256(deposit) + c.stake, "sum");
        assertEq(Payouts.held(account), uint256(deposit) + c.stake, "held");
    }

    /// @dev P-03: never less than D + S − j·hold + Rc + Rp, and never less than S.
    function testFuzz_close_neverPaysTheUserLessThanPromised(Case memory raw) public pure {
        Case memory c = _fit(raw);
        c.isExpired = false;
        (uint256 toUser, , ) = _close(_accountOf(c), c);
        uint256 spent = c.firstUnused * (c.ticketPrice + c.policyHold);
        assertTrue(toUser + spent >= c.deposit + c.stake + c.refundedCharges + c.refundedHolds, "promise");
        assertTrue(toUser >= c.stake, "stake");
    }

    /// @dev P-06: one more ticket paid for never gives the user more, nor the provider less.
    function testFuzz_close_isMonotoneInTheTicketsPaidFor(Case memory raw) public pure {
        Case memory c = _fit(raw);
        vm.assume(c.firstUnused < 65_536);
        Account memory account = _accountOf(c);
        (uint256 toUser, uint256 toProvider, ) = _close(account, c);
        c.firstUnused += 1;
        (uint256 toUserNext, uint256 toProviderNext, ) = _close(account, c);
        assertTrue(toUserNext <= toUser && toProviderNext >= toProvider, "monotone");
    }

    /// @dev P-06: whoever slashes himself loses, the deposit always and a part of the stake too.
    function testFuzz_slash_splitsExactlyAndAlwaysBurns(Case memory raw, uint256 bountyBps) public pure {
        Case memory c = _fit(raw);
        bountyBps = bound(bountyBps, 1, 9_999);
        (uint256 bounty, uint256 toProvider, uint256 toBurn) = Payouts.ofSlash(_accountOf(c), bountyBps);
        assertTrue(bounty * 10_000 <= c.stake * bountyBps, "bounty rounds down");
        assertTrue((bounty + 1) * 10_000 > c.stake * bountyBps, "bounty by less than one unit");
        assertEq(toProvider, c.isExpired ? 0 : c.deposit, "provider");
        assertTrue(toBurn > 0, "burned");
        assertEq(bounty + toBurn, c.stake, "stake");
    }

    function testFuzz_fee_isCutToTheUsersPart(uint256 toUser, uint256 fee) public pure {
        uint256 cut = Payouts.cutFee(toUser, fee);
        assertTrue(cut == fee || (cut == toUser && fee > toUser), "cut");
        assertTrue(cut <= toUser, "never more than the user has");
    }

    function test_held_isNothingBeforeAndAfterAnAccountsLife() public pure {
        Account memory account = Account({deposit: 7, stake: 3, openedAt: 1, status: AccountStatus.None});
        assertEq(Payouts.held(account), 0, "none");
        account.status = AccountStatus.Closed;
        assertEq(Payouts.held(account), 0, "closed");
        account.status = AccountStatus.Slashed;
        assertEq(Payouts.held(account), 0, "slashed");
    }

    function test_close_atTheEdges() public pure {
        Case memory c = Case(1_000, 50, 10, 90, 10, 0, 0, false);
        _expect(c, 50, 900, 100); // owed exactly D
        c.firstUnused = 11;
        _expect(c, 50, 990, 10); // owed more than D: the provider first
        c.firstUnused = 12;
        _expect(c, 50, 1_000, 0); // the provider alone is owed more than D
        c.refundedCharges = 12 * 90;
        c.refundedHolds = 12 * 10;
        _expect(c, 1_050, 0, 0); // everything refunded
        c.firstUnused = 0;
        (c.refundedCharges, c.refundedHolds) = (0, 0);
        _expect(c, 1_050, 0, 0); // nothing used
    }

    function _expect(Case memory c, uint256 user, uint256 provider, uint256 burned) private pure {
        (uint256 toUser, uint256 toProvider, uint256 toBurn) = _close(_accountOf(c), c);
        assertEq(toUser, user, "user");
        assertEq(toProvider, provider, "provider");
        assertEq(toBurn, burned, "burned");
    }

    function _close(Account memory account, Case memory c) private pure returns (uint256, uint256, uint256) {
        return Payouts.ofClose(account, c.firstUnused, c.refundedCharges, c.refundedHolds, c.ticketPrice, c.policyHold);
    }

    function _accountOf(Case memory c) private pure returns (Account memory) {
        return
            Account({
                deposit: uint96(c.deposit),
                stake: uint104(c.stake),
                openedAt: 1,
                status: c.isExpired ? AccountStatus.Expired : AccountStatus.Active
            });
    }

    /// @dev Prices first: with small ones most cases owe less than D, with large ones most owe more.
    function _fit(Case memory raw) private pure returns (Case memory c) {
        uint256 hold = bound(raw.ticketPrice, 1, (1 << (1 + (raw.ticketPrice % 95))));
        c.policyHold = bound(raw.policyHold, 0, hold - 1);
        c.ticketPrice = hold - c.policyHold;
        c.deposit = bound(raw.deposit, hold, hold * 65_536 < (1 << 96) ? hold * 65_536 : (1 << 96) - 1);
        c.stake = bound(raw.stake, 1, (1 << 97) - 1);
        c.firstUnused = bound(raw.firstUnused, 0, 65_536);
        c.refundedCharges = bound(raw.refundedCharges, 0, c.firstUnused * c.ticketPrice);
        c.refundedHolds = bound(raw.refundedHolds, 0, c.firstUnused * c.policyHold);
        c.isExpired = raw.isExpired;
    }
}

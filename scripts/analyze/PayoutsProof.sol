// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Account, AccountStatus} from "../../contracts/interfaces/ICreditPool.sol";
import {Payouts} from "../../contracts/libraries/Payouts.sol";

/// @title What is proved of the payouts, for every account and every close: scripts/analyze/smt.ts gives this to the compiler's model checker.
/// @dev Never deployed. Each function has no loop and no state, so that following its one path is a proof for all inputs, and not a bounded search.
/// What is assumed are the bounds that the contracts check: `PoolValidation` for prices and bounty, `CloseRequests` for a close. Besides the
/// assertions here it is proved that no operation inside `Payouts` can overflow, underflow or divide by zero under these bounds.
contract PayoutsProof {
    struct Close {
        uint96 deposit;
        uint104 stake;
        uint256 firstUnused;
        uint256 refundedCharges;
        uint256 refundedHolds;
        uint96 ticketPrice;
        uint96 policyHold;
    }

    function closeOfActiveAccount(Close memory close, uint256 fee) external pure {
        Account memory account = _account(close.deposit, close.stake, AccountStatus.Active);
        (uint256 toUser, uint256 toProvider, uint256 toBurn) = _close(account, close);
        assert(toUser + toProvider + toBurn == Payouts.held(account));
        assert(Payouts.held(account) == uint256(close.deposit) + close.stake);
        assert(toUser >= close.stake);
        assert(toProvider <= close.deposit);
        assert(toProvider + toBurn <= close.deposit);

        uint256 charged = close.firstUnused * close.ticketPrice - close.refundedCharges;
        uint256 heldBack = close.firstUnused * close.policyHold - close.refundedHolds;
        assert(toProvider == (charged < close.deposit ? charged : close.deposit));
        if (charged + heldBack <= close.deposit) {
            assert(toBurn == heldBack);
            assert(toUser == uint256(close.deposit) + close.stake - charged - heldBack);
        } else {
            assert(toUser == close.stake);
        }

        uint256 cut = Payouts.cutFee(toUser, fee);
        assert(cut <= toUser);
        assert(cut <= fee);
        assert((toUser - cut) + cut + toProvider + toBurn == Payouts.held(account));
    }

    function closeOfExpiredAccount(Close memory close, uint256 fee) external pure {
        Account memory account = _account(close.deposit, close.stake, AccountStatus.Expired);
        (uint256 toUser, uint256 toProvider, uint256 toBurn) = _close(account, close);
        assert(toUser == close.stake);
        assert(toProvider == 0);
        assert(toBurn == 0);
        assert(toUser + toProvider + toBurn == Payouts.held(account));
        assert(Payouts.cutFee(toUser, fee) <= toUser);
    }

    /// @dev More refunds never pay the user less, and never the provider more.
    function closeWithMoreRefunds(Close memory close, uint256 moreCharges, uint256 moreHolds) external pure {
        Account memory account = _account(close.deposit, close.stake, AccountStatus.Active);
        (uint256 toUser, uint256 toProvider, ) = _close(account, close);
        require(moreCharges <= close.firstUnused * close.ticketPrice - close.refundedCharges);
        require(moreHolds <= close.firstUnused * close.policyHold - close.refundedHolds);
        close.refundedCharges += moreCharges;
        close.refundedHolds += moreHolds;
        (uint256 toUserThen, uint256 toProviderThen, ) = _close(account, close);
        assert(toUserThen >= toUser);
        assert(toProviderThen <= toProvider);
    }

    function slashOfOpenAccount(uint96 deposit, uint104 stake, bool isExpired, uint256 bountyBps) external pure {
        require(stake > 0);
        require(bountyBps > 0 && bountyBps < Payouts.BPS);
        Account memory account = _account(deposit, stake, isExpired ? AccountStatus.Expired : AccountStatus.Active);
        (uint256 bounty, uint256 toProvider, uint256 toBurn) = Payouts.ofSlash(account, bountyBps);
        assert(bounty + toProvider + toBurn == Payouts.held(account));
        assert(toProvider == (isExpired ? 0 : deposit));
        // Something is always burned: who slashes himself loses.
        assert(toBurn > 0);
        assert(bounty < stake);
    }

    function endedAccountHoldsNothing(uint96 deposit, uint104 stake, AccountStatus status) external pure {
        require(status != AccountStatus.Active && status != AccountStatus.Expired);
        assert(Payouts.held(_account(deposit, stake, status)) == 0);
    }

    function _account(
        uint96 deposit,
        uint104 stake,
        AccountStatus status
    ) private pure returns (Account memory account) {
        account.deposit = deposit;
        account.stake = stake;
        account.status = status;
    }

    function _close(
        Account memory account,
        Close memory close
    ) private pure returns (uint256 toUser, uint256 toProvider, uint256 toBurn) {
        require(close.firstUnused <= 65_536);
        require(close.refundedCharges <= close.firstUnused * close.ticketPrice);
        require(close.refundedHolds <= close.firstUnused * close.policyHold);
        return
            Payouts.ofClose(
                account,
                close.firstUnused,
                close.refundedCharges,
                close.refundedHolds,
                close.ticketPrice,
                close.policyHold
            );
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Account, AccountStatus} from "../interfaces/ICreditPool.sol";

/// @title Who gets what when an account ends. Pure arithmetic, in token units.
/// @dev Every split adds up to exactly what the account holds.
library Payouts {
    uint256 internal constant BPS = 10_000;

    /// @notice What the account holds: D + S while active, S after it expired, nothing before it was opened or after it ended.
    function held(Account memory account) internal pure returns (uint256) {
        if (account.status == AccountStatus.Active) return uint256(account.deposit) + account.stake;
        if (account.status == AccountStatus.Expired) return account.stake;
        return 0;
    }

    /// @notice The split of an open account that is closed with the first `firstUnused` tickets paid for.
    /// The user gets D + S − j·(C + P) + Rc + Rp, the provider j·C − Rc, and j·P − Rp is burned. Where more is owed than D (an old or lost state),
    /// the user gets S, the provider as much of its part as D covers, and the rest of D is burned. An expired account gives the user S.
    /// @param refundedCharges Rc, at most j·C; the caller has checked.
    /// @param refundedHolds Rp, at most j·P; the caller has checked.
    function ofClose(
        Account memory account,
        uint256 firstUnused,
        uint256 refundedCharges,
        uint256 refundedHolds,
        uint256 ticketPrice,
        uint256 policyHold
    ) internal pure returns (uint256 toUser, uint256 toProvider, uint256 toBurn) {
        if (account.status == AccountStatus.Expired) return (account.stake, 0, 0);
        toProvider = firstUnused * ticketPrice - refundedCharges;
        toBurn = firstUnused * policyHold - refundedHolds;
        if (toProvider + toBurn > account.deposit) {
            if (toProvider > account.deposit) toProvider = account.deposit;
            toBurn = account.deposit - toProvider;
        }
        toUser = uint256(account.deposit) + account.stake - toProvider - toBurn;
    }

    /// @notice The split of an open account that is slashed: the deposit, unless it expired, to the provider; the bounty, rounded down, out of the stake.
    function ofSlash(
        Account memory account,
        uint256 bountyBps
    ) internal pure returns (uint256 bounty, uint256 toProvider, uint256 toBurn) {
        bounty = (uint256(account.stake) * bountyBps) / BPS;
        toProvider = held(account) - account.stake;
        toBurn = account.stake - bounty;
    }

    /// @notice The relayer's fee, cut to the user's part.
    function cutFee(uint256 toUser, uint256 fee) internal pure returns (uint256) {
        return fee < toUser ? fee : toUser;
    }
}

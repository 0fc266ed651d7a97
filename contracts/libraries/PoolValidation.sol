// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {ICreditPool, PoolParameters} from "../interfaces/ICreditPool.sol";
import {BabyJubJub} from "./BabyJubJub.sol";
import {Payouts} from "./Payouts.sol";
import {Protocol} from "./Protocol.sol";

/// @title The bounds of a pool's parameters. A pool outside them cannot be created.
/// @dev Bounds that depend on prices and networks (a stake worth slashing for, windows longer than an outage) are the deployer's to choose; docs/threat-model.md.
library PoolValidation {
    uint256 internal constant AMOUNT_LIMIT = 1 << Protocol.AMOUNT_BITS;
    uint256 internal constant WINDOW_MINIMUM = 1 hours;
    uint256 internal constant WINDOW_MAXIMUM = 365 days;
    uint256 internal constant LIFETIME_MAXIMUM = 100 * 365 days;
    /// @dev A user who must close has several windows to do it in.
    uint256 internal constant LIFETIME_IN_CHALLENGE_WINDOWS = 4;

    /// @notice Reverts with the first bound that is broken.
    /// @param providerKeyEighth Q with 8·Q = `parameters.providerKey`.
    function requireValid(PoolParameters memory parameters, uint256[2] memory providerKeyEighth) internal view {
        if (address(parameters.token).code.length == 0) revert ICreditPool.TokenWithoutCode(address(parameters.token));
        if (parameters.provider == address(0)) revert ICreditPool.ProviderIsZero();
        if (parameters.termsHash == 0) revert ICreditPool.TermsHashIsZero();
        if (!BabyJubJub.isOfPrimeOrder(parameters.providerKey, providerKeyEighth)) {
            revert ICreditPool.ProviderKeyInvalid(parameters.providerKey);
        }
        _requirePrices(parameters.ticketPrice, parameters.policyHold, parameters.unit);
        _requireStakes(parameters.stakeMinimum, parameters.stakeBps, parameters.bountyBps);
        _requireTimes(parameters.challengeWindow, parameters.disputeWindow, parameters.accountLifetime);
    }

    function _requirePrices(uint256 ticketPrice, uint256 policyHold, uint256 unit) private pure {
        if (ticketPrice == 0) revert ICreditPool.TicketPriceIsZero();
        bool isHoldInRange = ticketPrice < AMOUNT_LIMIT && policyHold < AMOUNT_LIMIT - ticketPrice;
        if (!isHoldInRange) revert ICreditPool.HoldOutOfRange(ticketPrice, policyHold);
        if (unit == 0 || ticketPrice % unit != 0 || policyHold % unit != 0) {
            revert ICreditPool.UnitDoesNotDivide(unit, ticketPrice, policyHold);
        }
    }

    /// @dev With a bounty below the whole stake, slashing oneself always loses; with a stake above zero, there is something to lose.
    function _requireStakes(uint256 stakeMinimum, uint256 stakeBps, uint256 bountyBps) private pure {
        if (stakeMinimum == 0 || stakeMinimum >= AMOUNT_LIMIT) revert ICreditPool.StakeMinimumOutOfRange(stakeMinimum);
        if (stakeBps > Payouts.BPS) revert ICreditPool.StakeBpsOutOfRange(stakeBps);
        if (bountyBps == 0 || bountyBps >= Payouts.BPS) revert ICreditPool.BountyBpsOutOfRange(bountyBps);
    }

    function _requireTimes(uint256 challengeWindow, uint256 disputeWindow, uint256 accountLifetime) private pure {
        if (!_isWindow(challengeWindow)) revert ICreditPool.ChallengeWindowOutOfRange(challengeWindow);
        if (!_isWindow(disputeWindow)) revert ICreditPool.DisputeWindowOutOfRange(disputeWindow);
        bool isLifetime =
            accountLifetime >= LIFETIME_IN_CHALLENGE_WINDOWS * challengeWindow && accountLifetime <= LIFETIME_MAXIMUM;
        if (!isLifetime) revert ICreditPool.AccountLifetimeOutOfRange(accountLifetime);
    }

    function _isWindow(uint256 window) private pure returns (bool) {
        return window >= WINDOW_MINIMUM && window <= WINDOW_MAXIMUM;
    }
}

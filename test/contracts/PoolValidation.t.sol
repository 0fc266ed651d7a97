// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {PoolParameters} from "../../contracts/interfaces/ICreditPool.sol";
import {PoolValidation} from "../../contracts/libraries/PoolValidation.sol";
import {PoolTest} from "./support/PoolTest.sol";

/// @dev The bounds of a pool's parameters against one plain sentence for each.
contract PoolValidationTest is PoolTest {
    struct Numbers {
        uint256 ticketPrice;
        uint256 policyHold;
        uint256 unit;
        uint256 stakeMinimum;
        uint256 stakeBps;
        uint256 bountyBps;
        uint256 challengeWindow;
        uint256 disputeWindow;
        uint256 accountLifetime;
    }

    function validate(PoolParameters memory parameters) external view {
        PoolValidation.requireValid(parameters, providerKeyEighth());
    }

    /// @dev Any numbers at all: nothing but the bounds, and never a panic.
    function testFuzz_anyNumbers_areJudgedByTheBounds(Numbers memory n) public view {
        _judge(n);
    }

    /// @dev Numbers within the bounds, one of them then replaced by one near an edge.
    function testFuzz_oneNumber_decidesAtItsEdges(Numbers memory raw, uint8 which, uint256 seed) public view {
        Numbers memory n;
        n.unit = bound(raw.unit, 1, 1 << 40);
        n.ticketPrice = n.unit * bound(raw.ticketPrice, 1, 1 << 50);
        n.policyHold = n.unit * bound(raw.policyHold, 0, 1 << 50);
        n.stakeMinimum = bound(raw.stakeMinimum, 1, (1 << 96) - 1);
        n.stakeBps = bound(raw.stakeBps, 0, 10_000);
        n.bountyBps = bound(raw.bountyBps, 1, 9_999);
        n.challengeWindow = bound(raw.challengeWindow, 1 hours, 365 days);
        n.disputeWindow = bound(raw.disputeWindow, 1 hours, 365 days);
        n.accountLifetime = bound(raw.accountLifetime, 4 * n.challengeWindow, 36_500 days);
        assertTrue(_judge(n), "within the bounds");

        which %= 9;
        if (which == 0) n.ticketPrice = _near(seed, 0, (1 << 96) - n.policyHold);
        if (which == 1) n.policyHold = _near(seed, 0, (1 << 96) - n.ticketPrice);
        if (which == 2) n.unit = _near(seed, 0, n.ticketPrice);
        if (which == 3) n.stakeMinimum = _near(seed, 0, 1 << 96);
        if (which == 4) n.stakeBps = _near(seed, 0, 10_000);
        if (which == 5) n.bountyBps = _near(seed, 0, 10_000);
        if (which == 6) n.challengeWindow = _near(seed, 1 hours, 365 days);
        if (which == 7) n.disputeWindow = _near(seed, 1 hours, 365 days);
        if (which == 8) n.accountLifetime = _near(seed, 4 * n.challengeWindow, 36_500 days);
        _judge(n);
    }

    function _judge(Numbers memory n) private view returns (bool isAccepted) {
        PoolParameters memory p = parametersOf(PROVIDER);
        (p.ticketPrice, p.policyHold, p.unit) = (n.ticketPrice, n.policyHold, n.unit);
        (p.stakeMinimum, p.stakeBps, p.bountyBps) = (n.stakeMinimum, n.stakeBps, n.bountyBps);
        (p.challengeWindow, p.disputeWindow) = (n.challengeWindow, n.disputeWindow);
        p.accountLifetime = n.accountLifetime;
        try this.validate(p) {
            isAccepted = true;
        } catch (bytes memory reason) {
            assertTrue(bytes4(reason) != bytes4(keccak256("Panic(uint256)")), "a named error");
        }
        assertTrue(isAccepted == (_pricesFit(n) && _stakesFit(n) && _timesFit(n)), "the bounds");
    }

    function _pricesFit(Numbers memory n) private pure returns (bool) {
        if (n.ticketPrice == 0 || n.ticketPrice >= 1 << 96 || n.policyHold >= 1 << 96) return false;
        if (n.ticketPrice + n.policyHold >= 1 << 96 || n.unit == 0) return false;
        return (n.ticketPrice / n.unit) * n.unit == n.ticketPrice && (n.policyHold / n.unit) * n.unit == n.policyHold;
    }

    function _stakesFit(Numbers memory n) private pure returns (bool) {
        if (n.stakeMinimum == 0 || n.stakeMinimum >= 1 << 96 || n.stakeBps > 10_000) return false;
        return n.bountyBps != 0 && n.bountyBps < 10_000;
    }

    function _timesFit(Numbers memory n) private pure returns (bool) {
        if (n.challengeWindow < 3_600 || n.challengeWindow > 31_536_000) return false;
        if (n.disputeWindow < 3_600 || n.disputeWindow > 31_536_000) return false;
        return n.accountLifetime >= 4 * n.challengeWindow && n.accountLifetime <= 3_153_600_000;
    }

    /// @dev One of the three numbers around either edge.
    function _near(uint256 seed, uint256 low, uint256 high) private pure returns (uint256) {
        uint256 edge = seed % 2 == 0 ? low : high;
        uint256 shift = (seed / 2) % 3;
        if (shift == 2) return edge + 1;
        return edge < shift ? 0 : edge - shift;
    }
}

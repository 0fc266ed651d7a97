// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Dispute, DisputeStatus, Obligations} from "../../../contracts/interfaces/ICreditDisputes.sol";
import {Ledger} from "../../../contracts/interfaces/ICreditPool.sol";
import {Handler} from "./Handler.sol";
import {TicketUser} from "./TicketUser.sol";

/// @title What a provider should answer for, kept in the plainest way: a list of disputes, and whole sums recounted each time.
abstract contract DisputeModel is Handler, TicketUser {
    uint256 internal constant HOLD = C + P;

    struct Case {
        uint256 nullifier;
        uint256 secret;
        address session;
        address recipient;
        uint256 resolvableAt;
        DisputeStatus status;
        uint256 paid;
    }

    Case[] public cases;
    mapping(uint256 nullifier => bytes32) public evidenceOf;
    uint256 public posted;
    uint256 public withdrawn;
    uint256 public penaltiesTaken;
    uint256 public announced;
    uint256 public availableAt;

    // ------------------------------------------------------------------ CHECKS

    /// @dev P-05: every dispute is as the model has it, and lost only if no right answer came in time.
    function checkDisputes() external view {
        uint256[] memory nullifiers = new uint256[](cases.length + 1);
        for (uint256 i = 0; i < nullifiers.length; i++) nullifiers[i] = nullifierOf(i);
        Dispute[] memory disputed = disputes.disputesOf(nullifiers);
        bytes32[] memory evidence = disputes.violationsOf(nullifiers);
        for (uint256 i = 0; i < nullifiers.length; i++) {
            assertTrue(evidence[i] == evidenceOf[nullifiers[i]], "violation");
            if (i == cases.length) continue;
            Case storage c = cases[i];
            assertTrue(disputed[i].status == c.status, "status of a dispute");
            assertTrue(disputed[i].sessionAddress == c.session, "claimant");
            assertTrue(disputed[i].recipient == c.recipient, "recipient of an award");
            assertEq(disputed[i].resolvableAt, c.resolvableAt, "end of the answer window");
            assertEq(disputed[i].unpaid, c.status == DisputeStatus.Lost ? HOLD - c.paid : 0, "unpaid award");
        }
        assertTrue(disputed[cases.length].status == DisputeStatus.None, "a dispute that nobody opened");
    }

    /// @dev P-06: what was lost left the provider for good. Were every recipient its alias, both together would have no more than was posted and
    /// earned, less what is burned; and a hold less for each lost dispute as soon as nothing is owed.
    function checkLosses() external view {
        (uint256 awards, uint256 lost) = (0, 0);
        for (uint256 i = 0; i < cases.length; i++) {
            if (cases[i].status != DisputeStatus.Lost) continue;
            lost += 1;
            awards += HOLD - disputeOf(cases[i].nullifier).unpaid;
        }
        Ledger memory ledger = pool.ledger();
        Obligations memory o = disputes.obligations();
        assertEq(awards + o.unpaidAwards, lost * HOLD, "an award for each lost dispute");
        uint256 burnt = lost * HOLD - o.unpaidPenalties;
        assertEq(burnt, penaltiesTaken, "as much burned as awarded");
        assertEq(withdrawn + awards + ledger.bond + ledger.revenue + burnt, posted + earned, "nobody gained");
    }

    /// @dev P-08: what the provider can withdraw, and what not.
    function checkObligations() external view {
        Obligations memory o = disputes.obligations();
        assertEq(o.openDisputes, _countOf(DisputeStatus.Open), "open disputes");
        assertEq(o.unpaidAwards, _unpaidAwards(), "unpaid awards");
        assertEq(o.unpaidPenalties, _unpaidPenalties(), "unpaid penalties");
        assertEq(o.encumbered, _encumbered(), "encumbered");
        assertEq(o.free, _free(), "free");
        assertEq(o.announcedWithdrawal, announced, "announced");
        assertEq(o.withdrawableAt, availableAt, "available at");
    }

    // ------------------------------------------------------------------- MODEL

    /// @dev The dispute over a ticket, or the number of disputes if there is none.
    function _caseOf(uint256 nullifier) internal view returns (uint256 i) {
        for (i = 0; i < cases.length; i++) if (cases[i].nullifier == nullifier) return i;
    }

    function _countOf(DisputeStatus status) internal view returns (uint256 count) {
        for (uint256 i = 0; i < cases.length; i++) if (cases[i].status == status) count += 1;
    }

    function _unpaidAwards() internal view returns (uint256 sum) {
        for (uint256 i = 0; i < cases.length; i++) {
            if (cases[i].status == DisputeStatus.Lost) sum += HOLD - cases[i].paid;
        }
    }

    function _unpaidPenalties() internal view returns (uint256) {
        return _countOf(DisputeStatus.Lost) * HOLD - penaltiesTaken;
    }

    function _encumbered() internal view returns (uint256) {
        return _countOf(DisputeStatus.Open) * 2 * HOLD + _unpaidAwards() + _unpaidPenalties();
    }

    function _free() internal view returns (uint256) {
        uint256 encumbered = _encumbered();
        return bond + revenue > encumbered ? bond + revenue - encumbered : 0;
    }

    function _modelResolve(uint256 i) internal {
        cases[i].status = DisputeStatus.Lost;
        _modelPayAward(i);
    }

    /// @dev First this award, as far as the money goes; then what can be burned of all penalties without touching what others need.
    function _modelPayAward(uint256 i) internal {
        Case storage c = cases[i];
        uint256 award = HOLD - c.paid;
        if (award > bond + revenue) award = bond + revenue;
        c.paid += award;
        _modelTake(award);
        _modelSend(c.recipient, award);
        _modelCollect();
    }

    function _modelCollect() internal {
        uint256 penalty = _collectable();
        penaltiesTaken += penalty;
        _modelTake(penalty);
        awaitingBurn += penalty;
    }

    /// @dev Senior to penalties: what open disputes could take, and unpaid awards.
    function _collectable() internal view returns (uint256) {
        uint256 senior = _countOf(DisputeStatus.Open) * 2 * HOLD + _unpaidAwards();
        if (bond + revenue <= senior) return 0;
        uint256 spare = bond + revenue - senior;
        return spare < _unpaidPenalties() ? spare : _unpaidPenalties();
    }

    /// @dev The bond first.
    function _modelTake(uint256 amount) private {
        if (amount <= bond) {
            bond -= amount;
            return;
        }
        revenue -= amount - bond;
        bond = 0;
    }
}

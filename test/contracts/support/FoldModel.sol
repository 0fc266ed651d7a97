// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {CertifiedFold, FoldRequest, FoldStatus} from "../../../contracts/interfaces/ICertifiedFolds.sol";
import {FoldUser} from "./FoldUser.sol";

/// @title Which folds should stand, kept in the plainest way: a list of folds, a list of what was shown in challenges, both searched each time.
abstract contract FoldModel is FoldUser {
    struct Fold {
        uint256 state;
        uint256[4] nullifiers;
        uint256 certified;
        FoldStatus status;
        uint256 finalizableAt;
    }

    struct Shown {
        uint256 state;
        uint256[4] nullifiers;
    }

    /// @dev Tickets that folds fight over.
    uint256 internal constant CONTESTED = 9;

    Fold[] internal folds;
    Shown[] internal shown;

    // ------------------------------------------------------------------ CHECKS

    /// @dev P-06: every fold is as the model has it, and among final ones a nullifier stands once.
    function checkFolds() external view {
        uint256[] memory states = new uint256[](folds.length);
        for (uint256 i = 0; i < states.length; i++) states[i] = folds[i].state;
        CertifiedFold[] memory records = settlement.foldsOf(states);
        for (uint256 i = 0; i < states.length; i++) {
            assertTrue(records[i].status == folds[i].status, "status of a fold");
            assertEq(records[i].finalizableAt, folds[i].finalizableAt, "end of a fold's window");
        }
        uint256[] memory contested = new uint256[](CONTESTED);
        for (uint256 i = 0; i < CONTESTED; i++) contested[i] = foldNullifierOf(i);
        uint256[] memory holders = settlement.foldHoldersOf(contested);
        for (uint256 i = 0; i < CONTESTED; i++) {
            assertEq(holders[i], _holderOf(contested[i]), "holder of a nullifier");
            assertTrue(_finalFoldsWith(contested[i]) < 2, "a ticket was folded twice");
        }
    }

    // ------------------------------------------------------------------- MODEL

    /// @dev Who has a nullifier for good: the final fold that has it; else who showed it last in a challenge; else nobody.
    function _holderOf(uint256 nullifier) internal view returns (uint256 holder) {
        for (uint256 i = 0; i < folds.length; i++) {
            bool isFinal = folds[i].status == FoldStatus.Final;
            if (isFinal && _includes(folds[i].nullifiers, nullifier)) return folds[i].state;
        }
        for (uint256 i = 0; i < shown.length; i++) {
            if (_includes(shown[i].nullifiers, nullifier)) holder = shown[i].state;
        }
    }

    function _finalFoldsWith(uint256 nullifier) internal view returns (uint256 count) {
        for (uint256 i = 0; i < folds.length; i++) {
            bool isFinal = folds[i].status == FoldStatus.Final;
            if (isFinal && _includes(folds[i].nullifiers, nullifier)) count += 1;
        }
    }

    /// @dev The fold of a state, or the number of folds if it never stood.
    function _foldOf(uint256 state) internal view returns (uint256 i) {
        for (i = 0; i < folds.length; i++) if (folds[i].state == state) return i;
    }

    function _statusOf(uint256 state) internal view returns (FoldStatus) {
        uint256 i = _foldOf(state);
        return i == folds.length ? FoldStatus.None : folds[i].status;
    }

    function _mayBeCertified(FoldRequest memory request) internal view returns (bool) {
        if (_statusOf(request.newState) != FoldStatus.None || _repeats(request.foldNullifiers)) return false;
        for (uint256 t = 0; t < 4; t++) if (_holderOf(request.foldNullifiers[t]) != 0) return false;
        return _isBase(request.certified) || _statusOf(request.certified) == FoldStatus.Pending;
    }

    function _mayBeFinal(uint256 i) internal view returns (bool) {
        Fold storage fold = folds[i];
        if (fold.status != FoldStatus.Pending || block.timestamp < fold.finalizableAt) return false;
        for (uint256 t = 0; t < 4; t++) {
            uint256 holder = _holderOf(fold.nullifiers[t]);
            if (holder != 0 && holder != fold.state) return false;
        }
        return _isBase(fold.certified);
    }

    function _mayChallenge(uint256 i, FoldRequest memory request) internal view returns (bool) {
        bool isShared = false;
        for (uint256 t = 0; t < 4; t++) {
            if (_includes(folds[i].nullifiers, request.foldNullifiers[t])) isShared = true;
        }
        return
            folds[i].status == FoldStatus.Pending &&
            folds[i].state != request.newState &&
            isShared &&
            !_repeats(request.foldNullifiers) &&
            _isBase(request.certified) &&
            _statusOf(request.newState) != FoldStatus.Fallen;
    }

    function _modelCertify(FoldRequest memory request) internal {
        uint256 i = _foldOf(request.newState);
        if (i == folds.length) folds.push();
        Fold storage fold = folds[i];
        (fold.state, fold.nullifiers) = (request.newState, request.foldNullifiers);
        (fold.certified, fold.status) = (request.certified, FoldStatus.Pending);
        fold.finalizableAt = block.timestamp + WINDOW;
    }

    /// @dev The pending fold falls, and so does every other pending one that a challenge had given a nullifier of the one shown.
    /// The one shown stands unless a final fold has one of its nullifiers.
    function _modelChallenge(uint256 challenged, FoldRequest memory request) internal {
        folds[challenged].status = FoldStatus.Fallen;
        bool mayStand = true;
        for (uint256 t = 0; t < 4; t++) {
            uint256 nullifier = request.foldNullifiers[t];
            if (_finalFoldsWith(nullifier) != 0) mayStand = false;
            uint256 i = _foldOf(_holderOf(nullifier));
            if (i == folds.length || folds[i].state == request.newState) continue;
            if (folds[i].status == FoldStatus.Pending) folds[i].status = FoldStatus.Fallen;
        }
        shown.push(Shown(request.newState, request.foldNullifiers));
        if (mayStand) _modelCertify(request);
    }

    /// @dev As good as signed.
    function _isBase(uint256 certified) internal view returns (bool) {
        return certified == 0 || _statusOf(certified) == FoldStatus.Final;
    }

    function _includes(uint256[4] memory nullifiers, uint256 nullifier) private pure returns (bool) {
        for (uint256 t = 0; t < 4; t++) if (nullifiers[t] == nullifier) return true;
        return false;
    }

    function _repeats(uint256[4] memory n) private pure returns (bool) {
        return n[0] == n[1] || n[0] == n[2] || n[0] == n[3] || n[1] == n[2] || n[1] == n[3] || n[2] == n[3];
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {FoldRequest, FoldStatus} from "../../../contracts/interfaces/ICertifiedFolds.sol";
import {FoldModel} from "./FoldModel.sol";
import {Handler} from "./Handler.sol";

/// @title Random folds of tickets that others fold too: certified, challenged, made final, on every kind of base.
abstract contract FoldHandler is Handler, FoldModel {
    function certifyFold(uint256 seed, uint256 base, uint256 flaw) external {
        FoldRequest memory request = _fold(_nullifiers(seed), base);
        if (flaw % 8 == 0 && folds.length != 0) request = _known((flaw / 8) % folds.length);
        bool isProved = flaw % 8 != 1;
        if (!isProved) request.proof.a[0] += 1;
        bool isExpected = isProved && _mayBeCertified(request);
        bytes memory call = abi.encodeCall(settlement.certifyFold, (request));
        if (_attempt(Kind.CertifyFold, _person(seed), address(settlement), call, isExpected)) _modelCertify(request);
    }

    function finalizeFold(uint256 seed, uint256 flaw) external {
        FoldRequest memory request;
        uint256 i = folds.length == 0 || seed % 8 == 0 ? folds.length : _pendingNear(seed >> 3);
        if (i < folds.length) request = _known(i);
        bool isTrue = i < folds.length;
        if (isTrue && flaw % 8 == 0) (isTrue, request.foldNullifiers[3]) = (false, request.foldNullifiers[3] + 1);
        if (isTrue && flaw % 8 == 1) (isTrue, request.certified) = (false, request.certified + 1);
        bool isExpected = isTrue && _mayBeFinal(i);
        bytes memory call = abi.encodeCall(
            settlement.finalizeFold,
            (request.newState, request.foldNullifiers, request.certified)
        );
        if (_attempt(Kind.FinalizeFold, _person(seed), address(settlement), call, isExpected))
            folds[i].status = FoldStatus.Final;
    }

    /// @dev Mostly by the provider, against a pending fold, with one that shares a ticket.
    function challengeFold(uint256 seed, uint256 other, uint256 base, uint256 flaw) external {
        if (folds.length == 0) return;
        uint256 i = seed % 8 == 0 ? (seed >> 3) % folds.length : _pendingNear(seed >> 3);
        FoldRequest memory fold = _known(i);
        FoldRequest memory request = _conflicting(fold, other, base);
        bool isProved = flaw % 16 != 0;
        if (!isProved) request.proof.a[0] += 1;
        bool isTrue = flaw % 16 != 1;
        if (!isTrue) fold.certified += 1;
        address caller = flaw % 16 == 2 ? _person(seed) : PROVIDER;
        bool isExpected = isProved && isTrue && caller == PROVIDER && _mayChallenge(i, request);
        bytes memory call = abi.encodeCall(
            settlement.challengeFold,
            (fold.newState, fold.foldNullifiers, fold.certified, request)
        );
        if (_attempt(Kind.ChallengeFold, caller, address(settlement), call, isExpected)) _modelChallenge(i, request);
    }

    // ----------------------------------------------------------------- CHOICES

    /// @dev Up to four contested tickets, the rest of the slots unused; now and then one twice.
    function _nullifiers(uint256 seed) private pure returns (uint256[4] memory n) {
        uint256 stride = 1 << (seed % 3);
        uint256 used = bound(seed / 3, 0, 4);
        for (uint256 t = 0; t < 4; t++) {
            bool isUsed = t < used;
            n[t] = foldNullifierOf(isUsed ? (seed / 64 + t * stride) % CONTESTED : CONTESTED + (seed % 1e9) * 4 + t);
        }
        if (_oneIn(16, seed, "twice")) n[3] = n[seed % 3];
    }

    /// @dev On a signed state, mostly; or on one that was certified, whatever became of it, or that was certified and signed as well.
    function _fold(uint256[4] memory nullifiers, uint256 base) private view returns (FoldRequest memory) {
        bool isOnChain = base % 2 == 0 && folds.length != 0;
        if (!isOnChain) return foldOf(nullifiers, signedState(base % 3), !_oneIn(16, base, "unknown"));
        return foldOf(nullifiers, folds[(base / 4) % folds.length].state, base % 8 == 0);
    }

    /// @dev A fold of the list again.
    function _known(uint256 i) private view returns (FoldRequest memory request) {
        (request.newState, request.foldNullifiers) = (folds[i].state, folds[i].nullifiers);
        request.certified = folds[i].certified;
        request.proof = foldProof(request);
    }

    /// @dev A pending fold, if there is one.
    function _pendingNear(uint256 seed) internal view returns (uint256 i) {
        for (uint256 k = 0; k < folds.length; k++) {
            i = ((seed % folds.length) + k) % folds.length;
            if (folds[i].status == FoldStatus.Pending) return i;
        }
    }

    function _conflicting(
        FoldRequest memory fold,
        uint256 other,
        uint256 base
    ) private view returns (FoldRequest memory) {
        if (other % 4 == 0) return _known((other / 4) % folds.length);
        uint256[4] memory nullifiers = _nullifiers(other);
        if (other % 8 != 1) nullifiers[other % 4] = fold.foldNullifiers[(other / 4) % 4];
        return _fold(nullifiers, base);
    }
}

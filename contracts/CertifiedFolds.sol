// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {CertifiedFold, FoldRequest, FoldStatus, ICertifiedFolds} from "./interfaces/ICertifiedFolds.sol";
import {ICreditSettlement} from "./interfaces/ICreditSettlement.sol";
import {RuleTerms} from "./interfaces/ICreditRules.sol";
import {IFoldVerifier, Proof} from "./interfaces/IStatementVerifiers.sol";
import {FoldStatement, Statements} from "./libraries/Statements.sol";

/// @title The folds that the chain certifies. No money is here, and no contract is called but the verifier.
/// @dev Two books. `_folds`: what was certified, by state. `_holders`: who has a nullifier for good; a fold that was only certified
/// holds none, so several may be pending over one ticket, and the first that is made final takes it.
abstract contract CertifiedFolds is ICertifiedFolds {
    using SafeCast for uint256;

    uint256 internal immutable _poolHash;
    address internal immutable _provider;
    uint256 internal immutable _challengeWindow;
    /// @inheritdoc ICertifiedFolds
    IFoldVerifier public immutable override foldVerifier;

    mapping(uint256 state => CertifiedFold) private _folds;
    mapping(uint256 foldNullifier => uint256 state) private _holders;

    constructor(RuleTerms memory terms) {
        _poolHash = terms.poolHash;
        _provider = terms.provider;
        _challengeWindow = terms.challengeWindow;
        foldVerifier = terms.verifiers.fold;
    }

    // ----------------------------------------------------------------- CERTIFY

    /// @inheritdoc ICertifiedFolds
    function certifyFold(FoldRequest calldata request) external {
        FoldStatus status = _folds[request.newState].status;
        if (status != FoldStatus.None) revert FoldIsKnown(request.newState, status);
        if (request.certified != 0 && _folds[request.certified].status != FoldStatus.Pending) {
            _requireFinal(request.certified);
        }
        _requireDifferent(request.foldNullifiers);
        for (uint256 t = 0; t < request.foldNullifiers.length; t++) {
            uint256 nullifier = request.foldNullifiers[t];
            if (_holders[nullifier] != 0) revert FoldNullifierHeld(nullifier, _holders[nullifier]);
        }
        _requireFoldProof(request);

        _recordFold(request);
    }

    /// @inheritdoc ICertifiedFolds
    function finalizeFold(uint256 newState, uint256[4] calldata foldNullifiers, uint256 certified) external {
        CertifiedFold storage fold = _requirePending(newState, foldNullifiers, certified);
        if (block.timestamp < fold.finalizableAt) revert FoldWindowOpen(newState, fold.finalizableAt);
        if (certified != 0) _requireFinal(certified);
        for (uint256 t = 0; t < foldNullifiers.length; t++) {
            uint256 holder = _holders[foldNullifiers[t]];
            if (holder != 0 && holder != newState) revert FoldHasFallen(newState);
            if (holder == 0) _holders[foldNullifiers[t]] = newState;
        }

        fold.status = FoldStatus.Final;
        emit FoldFinalized(newState);
    }

    /// @inheritdoc ICertifiedFolds
    function foldsOf(uint256[] calldata states) external view returns (CertifiedFold[] memory folds) {
        folds = new CertifiedFold[](states.length);
        for (uint256 i = 0; i < folds.length; i++) folds[i] = _folds[states[i]];
    }

    /// @inheritdoc ICertifiedFolds
    function foldHoldersOf(uint256[] calldata foldNullifiers) external view returns (uint256[] memory states) {
        states = new uint256[](foldNullifiers.length);
        for (uint256 i = 0; i < states.length; i++) states[i] = _holders[foldNullifiers[i]];
    }

    function _requireFinal(uint256 certified) internal view {
        if (_folds[certified].status != FoldStatus.Final) revert StateNotCertified(certified);
    }

    function _requirePending(
        uint256 newState,
        uint256[4] calldata foldNullifiers,
        uint256 certified
    ) private view returns (CertifiedFold storage fold) {
        fold = _folds[newState];
        if (fold.status != FoldStatus.Pending) revert FoldIsNotPending(newState, fold.status);
        if (fold.contents != _contentsOf(foldNullifiers, certified)) revert FoldContentsMismatch(newState);
    }

    /// @dev The circuit shows it too; checked here so that the books do not rest on it.
    function _requireDifferent(uint256[4] calldata foldNullifiers) private pure {
        for (uint256 s = 1; s < foldNullifiers.length; s++) {
            for (uint256 t = 0; t < s; t++) {
                if (foldNullifiers[s] == foldNullifiers[t]) revert FoldNullifiersRepeat(foldNullifiers[s]);
            }
        }
    }

    function _requireFoldProof(FoldRequest calldata request) private view {
        FoldStatement memory statement = FoldStatement({
            newState: request.newState,
            foldNullifiers: request.foldNullifiers,
            certified: request.certified,
            poolHash: _poolHash
        });
        uint256[7] memory signals = Statements.signalsOf(statement);
        Proof calldata proof = request.proof;
        if (!foldVerifier.verifyProof(proof.a, proof.b, proof.c, signals)) revert ICreditSettlement.ProofRefused();
    }

    function _recordFold(FoldRequest calldata request) private {
        uint256 finalizableAt = block.timestamp + _challengeWindow;
        _folds[request.newState] = CertifiedFold({
            contents: _contentsOf(request.foldNullifiers, request.certified),
            finalizableAt: finalizableAt.toUint40(),
            status: FoldStatus.Pending
        });
        emit FoldCertified(request.newState, request.foldNullifiers, request.certified, finalizableAt);
    }

    function _contentsOf(uint256[4] calldata foldNullifiers, uint256 certified) private pure returns (bytes32) {
        return keccak256(abi.encode(foldNullifiers, certified));
    }

    // --------------------------------------------------------------- CHALLENGE

    /// @inheritdoc ICertifiedFolds
    function challengeFold(
        uint256 newState,
        uint256[4] calldata foldNullifiers,
        uint256 certified,
        FoldRequest calldata conflicting
    ) external {
        if (msg.sender != _provider) revert ICreditSettlement.NotProvider(msg.sender);
        CertifiedFold storage fold = _requirePending(newState, foldNullifiers, certified);
        bool isConflict =
            conflicting.newState != newState && _sharesNullifier(foldNullifiers, conflicting.foldNullifiers);
        if (!isConflict) revert FoldsDoNotConflict(newState, conflicting.newState);
        if (_folds[conflicting.newState].status == FoldStatus.Fallen) revert FoldHasFallen(conflicting.newState);
        if (conflicting.certified != 0) _requireFinal(conflicting.certified);
        _requireDifferent(conflicting.foldNullifiers);
        _requireFoldProof(conflicting);

        fold.status = FoldStatus.Fallen;
        emit FoldChallenged(newState, conflicting.newState);
        if (_reserve(conflicting)) _recordFold(conflicting);
    }

    /// @dev Takes the nullifiers from every fold but a final one, and tells whether the fold shown may stand.
    /// A fold that loses a nullifier can never become final.
    function _reserve(FoldRequest calldata shown) private returns (bool mayStand) {
        mayStand = true;
        for (uint256 t = 0; t < shown.foldNullifiers.length; t++) {
            uint256 holder = _holders[shown.foldNullifiers[t]];
            if (_folds[holder].status == FoldStatus.Final) {
                mayStand = false;
                continue;
            }
            if (holder == shown.newState) continue;
            _holders[shown.foldNullifiers[t]] = shown.newState;
            if (_folds[holder].status != FoldStatus.Pending) continue;
            _folds[holder].status = FoldStatus.Fallen;
            emit FoldChallenged(holder, shown.newState);
        }
    }

    function _sharesNullifier(uint256[4] calldata one, uint256[4] calldata other) private pure returns (bool) {
        for (uint256 s = 0; s < one.length; s++) {
            for (uint256 t = 0; t < other.length; t++) if (one[s] == other[t]) return true;
        }
        return false;
    }
}

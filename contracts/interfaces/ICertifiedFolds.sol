// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IFoldVerifier, Proof} from "./IStatementVerifiers.sol";

/// @notice A fold of up to four refund tickets into a state, as its owner proved it.
/// @param newState The state with the refunds added.
/// @param foldNullifiers One for each slot; an unused slot's cannot be told from a ticket's.
/// @param certified The certified state that the fold builds on; 0 if it builds on a state that the provider signed.
/// @param proof A proof of `circuits/fold.circom`.
struct FoldRequest {
    uint256 newState;
    uint256[4] foldNullifiers;
    uint256 certified;
    Proof proof;
}

/// @notice Pending: in its challenge window, or past it and not made final. Final: as good as a state that the provider signed,
/// for closes and folds. Fallen: challenged; never again.
enum FoldStatus {
    None,
    Pending,
    Final,
    Fallen
}

/// @notice A fold that was certified.
/// @param contents `keccak256(abi.encode(foldNullifiers, certified))` of it.
/// @param finalizableAt When it can be made final, in seconds since 1970.
/// @param status See `FoldStatus`. A pending one falls silently when a challenge to another fold reserves one of its nullifiers: `foldHoldersOf` tells.
struct CertifiedFold {
    bytes32 contents;
    uint40 finalizableAt;
    FoldStatus status;
}

/// @title Folds that the chain certifies, for a provider that will not sign them.
/// @notice A fold proof that is checked here makes its state as good as a signed one, after a window in which the provider may show that it signed
/// another fold of one of the same tickets. Among final folds, a ticket is folded once.
/// Warning: a wallet that has let a fold proof out never groups these tickets in another way: both folds can fall, and the refunds with them.
/// @custom:property P-03 A silent provider strands no refund.
/// @custom:property P-06 Folding one ticket twice never pays.
interface ICertifiedFolds {
    /// @notice A fold stands, pending. The owner of the tickets recognises its nullifiers; nobody else can.
    event FoldCertified(uint256 indexed newState, uint256[4] foldNullifiers, uint256 certified, uint256 finalizableAt);
    /// @notice The pending fold of `fallen` fell to another fold that shares a nullifier, whose state is `by`.
    event FoldChallenged(uint256 indexed fallen, uint256 indexed by);
    /// @notice A state is as good as signed, for ever.
    event FoldFinalized(uint256 indexed newState);

    error FoldIsKnown(uint256 newState, FoldStatus status);
    error FoldNullifiersRepeat(uint256 nullifier);
    error FoldNullifierHeld(uint256 nullifier, uint256 holder);
    error FoldIsNotPending(uint256 newState, FoldStatus status);
    error FoldContentsMismatch(uint256 newState);
    error FoldWindowOpen(uint256 newState, uint256 finalizableAt);
    error FoldHasFallen(uint256 newState);
    error FoldsDoNotConflict(uint256 newState, uint256 conflicting);
    error StateNotCertified(uint256 certified);

    /// @notice Certifies a fold, pending for `challengeWindow` seconds. It may build on a certified fold that is still pending, and falls
    /// with it. Anyone may submit: nothing in it pays anybody.
    /// @custom:reverts FoldIsKnown if this state was certified or challenged before; FoldNullifiersRepeat; StateNotCertified if the base is neither pending nor final
    /// @custom:reverts FoldNullifierHeld if a final fold, or the fold of a challenge, holds one of the nullifiers
    /// @custom:reverts ICreditSettlement.ProofRefused if the proof does not hold for exactly this fold, or gas ran short
    function certifyFold(FoldRequest calldata request) external;

    /// @notice Shows another fold that shares a ticket with a pending one. Only the provider, which keeps the proofs of all folds that it signed.
    /// The pending fold falls, with all that builds on it; so does every other pending fold that shares a nullifier with the one shown.
    /// The one shown is certified in their place, pending with a fresh window, unless a final fold holds one of its nullifiers.
    /// From then on no other fold can be certified over its nullifiers.
    /// @param newState The pending fold, with its nullifiers and base.
    /// @param conflicting A fold with another state; its base is signed, or certified and final.
    /// @custom:reverts ICreditSettlement.NotProvider, FoldIsNotPending, FoldContentsMismatch, FoldsDoNotConflict, FoldNullifiersRepeat, StateNotCertified
    /// @custom:reverts FoldHasFallen if the one shown fell before; ICreditSettlement.ProofRefused
    function challengeFold(
        uint256 newState,
        uint256[4] calldata foldNullifiers,
        uint256 certified,
        FoldRequest calldata conflicting
    ) external;

    /// @notice Makes a pending fold final after its window. Anyone may call.
    /// @custom:reverts FoldIsNotPending, FoldContentsMismatch, FoldWindowOpen
    /// @custom:reverts StateNotCertified while its base is not final; FoldHasFallen if another fold holds one of its nullifiers
    function finalizeFold(uint256 newState, uint256[4] calldata foldNullifiers, uint256 certified) external;

    /// @notice The certified folds of many states, in the order asked; all zero for one that was never certified.
    function foldsOf(uint256[] calldata states) external view returns (CertifiedFold[] memory);

    /// @notice For each fold nullifier the state of the fold that holds it: a final one, or one shown in a challenge; 0 if none does.
    function foldHoldersOf(uint256[] calldata foldNullifiers) external view returns (uint256[] memory);

    /// @notice The verifier of folds; never changes.
    function foldVerifier() external view returns (IFoldVerifier);
}

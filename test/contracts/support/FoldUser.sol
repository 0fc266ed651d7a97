// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {CertifiedFold, FoldRequest} from "../../../contracts/interfaces/ICertifiedFolds.sol";
import {Proof} from "../../../contracts/interfaces/IStatementVerifiers.sol";
import {PoolUser} from "./PoolUser.sol";

/// @title What a test needs to fold. A state is fixed by the tickets folded and the base, as in the circuit, whether the base is signed or certified.
abstract contract FoldUser is PoolUser {
    function foldNullifierOf(uint256 ticket) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("fold", ticket))) % FIELD;
    }

    function ticketsFrom(uint256 start) internal pure returns (uint256[4] memory nullifiers) {
        for (uint256 t = 0; t < 4; t++) nullifiers[t] = foldNullifierOf(start + t);
    }

    /// @dev A state that the provider signed and the chain never saw.
    function signedState(uint256 number) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("signed", number))) % FIELD;
    }

    function foldedState(uint256[4] memory foldNullifiers, uint256 base) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("folded", foldNullifiers, base))) % FIELD;
    }

    /// @param isSigned Whether the base is shown as signed: then the chain sees 0.
    function foldOf(
        uint256[4] memory foldNullifiers,
        uint256 base,
        bool isSigned
    ) internal view returns (FoldRequest memory request) {
        request.newState = foldedState(foldNullifiers, base);
        request.foldNullifiers = foldNullifiers;
        if (!isSigned) request.certified = base;
        request.proof = foldProof(request);
    }

    function foldProof(FoldRequest memory request) internal view returns (Proof memory) {
        uint256[7] memory signals = [
            request.newState,
            request.foldNullifiers[0],
            request.foldNullifiers[1],
            request.foldNullifiers[2],
            request.foldNullifiers[3],
            request.certified,
            pool.poolHash()
        ];
        return verifier.proofOf(signals);
    }

    /// @dev Makes final what was certified as in the request.
    function finalizeFold(FoldRequest memory request) internal {
        settlement.finalizeFold(request.newState, request.foldNullifiers, request.certified);
    }

    function recordOf(uint256 state) internal view returns (CertifiedFold memory) {
        return settlement.foldsOf(_listOf(state))[0];
    }

    function holderOf(uint256 foldNullifier) internal view returns (uint256) {
        return settlement.foldHoldersOf(_listOf(foldNullifier))[0];
    }
}

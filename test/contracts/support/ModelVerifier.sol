// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {
    ICloseVerifier,
    IFoldVerifier,
    IRefundVerifier,
    IRequestVerifier,
    ISlashVerifier,
    Proof
} from "../../../contracts/interfaces/IStatementVerifiers.sol";

/// @title A model of every verifier, for tests of the ledger and the tree alone: a "proof" is the hash of the signals it was made for.
/// @dev It proves nothing. What real proofs bind is tested with the real verifiers.
contract ModelVerifier is ICloseVerifier, ISlashVerifier, IFoldVerifier, IRequestVerifier, IRefundVerifier {
    /// @inheritdoc ICloseVerifier
    function verifyProof(
        uint256[2] calldata a,
        uint256[2][2] calldata,
        uint256[2] calldata,
        uint256[9] calldata signals
    ) external pure returns (bool) {
        return a[0] == uint256(keccak256(abi.encode(signals)));
    }

    /// @dev Of slashes and requests.
    function verifyProof(
        uint256[2] calldata a,
        uint256[2][2] calldata,
        uint256[2] calldata,
        uint256[4] calldata signals
    ) external pure override(ISlashVerifier, IRequestVerifier) returns (bool) {
        return a[0] == uint256(keccak256(abi.encode(signals)));
    }

    /// @dev Of folds and refunds.
    function verifyProof(
        uint256[2] calldata a,
        uint256[2][2] calldata,
        uint256[2] calldata,
        uint256[7] calldata signals
    ) external pure override(IFoldVerifier, IRefundVerifier) returns (bool) {
        return a[0] == uint256(keccak256(abi.encode(signals)));
    }

    function proofOf(uint256[9] calldata signals) external pure returns (Proof memory proof) {
        proof.a[0] = uint256(keccak256(abi.encode(signals)));
    }

    function proofOf(uint256[7] calldata signals) external pure returns (Proof memory proof) {
        proof.a[0] = uint256(keccak256(abi.encode(signals)));
    }

    function proofOf(uint256[4] calldata signals) external pure returns (Proof memory proof) {
        proof.a[0] = uint256(keccak256(abi.encode(signals)));
    }
}

/// @title Agrees to everything, whatever it is asked.
contract AgreeingVerifier {
    fallback(bytes calldata) external returns (bytes memory) {
        return abi.encode(true);
    }
}

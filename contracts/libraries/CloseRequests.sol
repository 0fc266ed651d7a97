// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {SNARK_SCALAR_FIELD} from "@zk-kit/lean-imt.sol/Constants.sol";
import {CloseRequest, ICreditSettlement} from "../interfaces/ICreditSettlement.sol";
import {Protocol} from "./Protocol.sol";
import {TypedData} from "./TypedData.sol";

/// @title What binds a close: the challenge z, the polynomial e of the cover keys, the provider's consent.
library CloseRequests {
    bytes32 private constant CONSENT_TYPEHASH = keccak256(
        "CloseConsent(uint256 identityCommitment,uint256 firstUnused,uint256 refundedCharges,uint256 refundedHolds,uint256 certified,bytes32 coverKeysHash,address recipient,address relayer,uint256 fee,uint256 deadline,uint256 consentDeadline)"
    );

    /// @notice z: fixed by every cover key and by who is paid what, so neither can be changed under a proof.
    function challengeOf(CloseRequest calldata request, uint256 poolHash) internal pure returns (uint256) {
        bytes memory encoded = abi.encode(
            poolHash,
            request.identityCommitment,
            request.coverKeys,
            request.recipient,
            request.relayer,
            request.fee,
            request.deadline
        );
        return uint256(keccak256(encoded)) % SNARK_SCALAR_FIELD;
    }

    /// @notice e = Σ coverKeys[t] · z^(63 − t), by Horner's rule. Two different lists of keys give the same e with probability at most 63/p,
    /// but only if every key has one encoding: one at or above the field's order is refused.
    function evaluate(uint256[64] calldata coverKeys, uint256 z) internal pure returns (uint256 e) {
        for (uint256 t = 0; t < Protocol.COVER_SLOTS; t++) {
            uint256 key = coverKeys[t];
            if (key >= SNARK_SCALAR_FIELD) revert ICreditSettlement.CoverKeyOutOfField(t, key);
            e = addmod(mulmod(e, z, SNARK_SCALAR_FIELD), key, SNARK_SCALAR_FIELD);
        }
    }

    /// @notice The EIP-712 digest of the provider's consent, on the chain where it is asked for.
    function consentDigestOf(
        CloseRequest calldata request,
        uint256 consentDeadline,
        address pool
    ) internal view returns (bytes32) {
        bytes memory encoded = abi.encode(
            CONSENT_TYPEHASH,
            request.identityCommitment,
            request.firstUnused,
            request.refundedCharges,
            request.refundedHolds,
            request.certified,
            keccak256(abi.encode(request.coverKeys)),
            request.recipient,
            request.relayer,
            request.fee,
            request.deadline,
            consentDeadline
        );
        return TypedData.digestOf(keccak256(encoded), pool);
    }
}

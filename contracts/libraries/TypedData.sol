// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Protocol} from "./Protocol.sol";

/// @title The EIP-712 messages that are checked on chain, but for the consent (`CloseRequests`). Every domain names the pool as verifying contract.
library TypedData {
    bytes32 private constant DOMAIN_TYPEHASH = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 private constant DISPUTE_TYPEHASH = keccak256("Dispute(uint256 nullifier,address recipient)");
    bytes32 private constant CALL_TYPEHASH = keccak256(
        "Call(uint256 nullifier,uint256 sequence,uint256 cap,bytes32 requestHash)"
    );

    /// @notice "I handed in this ticket and have no correct refund; pay `recipient`." Signed by the ticket's session key.
    function disputeDigestOf(uint256 nullifier, address recipient, address pool) internal view returns (bytes32) {
        return digestOf(keccak256(abi.encode(DISPUTE_TYPEHASH, nullifier, recipient)), pool);
    }

    /// @notice The voucher of a call: `cap` is the most that the session may be charged in total so far. Signed by the ticket's session key.
    function callDigestOf(
        uint256 nullifier,
        uint256 sequence,
        uint256 cap,
        bytes32 requestHash,
        address pool
    ) internal view returns (bytes32) {
        return digestOf(keccak256(abi.encode(CALL_TYPEHASH, nullifier, sequence, cap, requestHash)), pool);
    }

    /// @notice The digest of a message, on the chain where it is asked for.
    function digestOf(bytes32 structHash, address pool) internal view returns (bytes32) {
        bytes32 name = keccak256(bytes(Protocol.EIP712_NAME));
        bytes32 version = keccak256(bytes(Protocol.EIP712_VERSION));
        bytes32 separator = keccak256(abi.encode(DOMAIN_TYPEHASH, name, version, block.chainid, pool));
        return MessageHashUtils.toTypedDataHash(separator, structHash);
    }
}

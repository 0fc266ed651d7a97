// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Dispute, RefundTicket, Voucher} from "../../../contracts/interfaces/ICreditDisputes.sol";
import {Proof} from "../../../contracts/interfaces/IStatementVerifiers.sol";
import {PoolUser} from "./PoolUser.sol";

/// @title What both sides of a dispute need: tickets with their session keys, model proofs, and everything that is signed, by docs/protocol.md.
abstract contract TicketUser is PoolUser {
    /// @dev The ticket's key is not modelled: a nullifier is any number, and a share of it any other.
    function nullifierOf(uint256 ticket) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("nullifier", ticket))) % FIELD;
    }

    function shareOf(uint256 nullifier, address session) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("share", nullifier, session))) % FIELD;
    }

    function sessionSecretOf(uint256 ticket) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("session", ticket))) >> 8;
    }

    function sessionOf(uint256 ticket) internal pure returns (address) {
        return vm.addr(sessionSecretOf(ticket));
    }

    // ------------------------------------------------------------------ CLAIMANT

    function requestProof(uint256 nullifier, uint256 y, address session) internal view returns (Proof memory) {
        uint256 x = uint256(keccak256(abi.encode("jeton.ticket.v1", pool.scope(), session))) >> 8;
        uint256[4] memory signals = [nullifier, y, x, pool.poolHash()];
        return verifier.proofOf(signals);
    }

    function disputeSignature(
        uint256 secret,
        uint256 nullifier,
        address recipient
    ) internal view returns (bytes memory) {
        bytes32 typeHash = keccak256("Dispute(uint256 nullifier,address recipient)");
        return signed(secret, keccak256(abi.encode(typeHash, nullifier, recipient)));
    }

    /// @dev As the ticket's owner does it.
    function openDispute(uint256 ticket, address recipient) internal {
        (bool success, ) = address(disputes).call(openingOf(ticket, recipient));
        assertTrue(success, "a dispute was not opened");
    }

    function openingOf(uint256 ticket, address recipient) internal view returns (bytes memory) {
        (uint256 nullifier, address session) = (nullifierOf(ticket), sessionOf(ticket));
        uint256 y = shareOf(nullifier, session);
        bytes memory signature = disputeSignature(sessionSecretOf(ticket), nullifier, recipient);
        Proof memory proof = requestProof(nullifier, y, session);
        return abi.encodeCall(disputes.openDispute, (nullifier, y, session, recipient, proof, signature));
    }

    function voucherOf(uint256 secret, uint256 nullifier, uint256 cap) internal view returns (Voucher memory) {
        bytes32 typeHash = keccak256("Call(uint256 nullifier,uint256 sequence,uint256 cap,bytes32 requestHash)");
        bytes32 requestHash = keccak256("request");
        bytes memory signature = signed(secret, keccak256(abi.encode(typeHash, nullifier, 3, cap, requestHash)));
        return Voucher({sequence: 3, cap: cap, requestHash: requestHash, signature: signature});
    }

    function noVoucher() internal pure returns (Voucher memory voucher) {}

    // ------------------------------------------------------------------ PROVIDER

    function refundOf(
        uint256 nullifier,
        uint256 refundedCharge,
        uint256 refundedHold
    ) internal pure returns (RefundTicket memory) {
        uint256 signature = uint256(keccak256(abi.encode(nullifier, refundedCharge, refundedHold))) % FIELD;
        return RefundTicket(nullifier, refundedCharge, refundedHold, [signature, signature >> 1], signature >> 9);
    }

    function refundProof(RefundTicket memory refund) internal view returns (Proof memory) {
        uint256[7] memory signals = [
            refund.nullifier,
            refund.refundedCharge,
            refund.refundedHold,
            refund.signatureR8[0],
            refund.signatureR8[1],
            refund.signatureS,
            pool.poolHash()
        ];
        return verifier.proofOf(signals);
    }

    /// @dev As a provider does it that never saw the ticket: with a full refund.
    function answerInFull(uint256 nullifier) internal {
        (bool success, ) = address(disputes).call(answerOf(refundOf(nullifier, C, P), noVoucher()));
        assertTrue(success, "a full refund was refused");
    }

    function answerOf(RefundTicket memory refund, Voucher memory voucher) internal view returns (bytes memory) {
        return abi.encodeCall(disputes.answerDispute, (refund, refundProof(refund), voucher));
    }

    // ------------------------------------------------------------------- BOTH

    /// @dev An EIP-712 signature for the pool's domain.
    function signed(uint256 secret, bytes32 structHash) internal view returns (bytes memory) {
        bytes32 separator = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Jeton"),
                keccak256("1"),
                block.chainid,
                address(pool)
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(
            secret,
            keccak256(abi.encodePacked("\x19\x01", separator, structHash))
        );
        return abi.encodePacked(r, s, v);
    }

    function disputeOf(uint256 nullifier) internal view returns (Dispute memory) {
        return disputes.disputesOf(_listOf(nullifier))[0];
    }

    function violationOf(uint256 nullifier) internal view returns (bytes32) {
        return disputes.violationsOf(_listOf(nullifier))[0];
    }
}

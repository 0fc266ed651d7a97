// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {ICreditDisputes} from "../../../contracts/interfaces/ICreditDisputes.sol";
import {ICreditPool, Ledger} from "../../../contracts/interfaces/ICreditPool.sol";
import {CloseRequest, ICreditSettlement, PendingClose} from "../../../contracts/interfaces/ICreditSettlement.sol";
import {Proof} from "../../../contracts/interfaces/IStatementVerifiers.sol";
import {MoodyToken} from "./HostileTokens.sol";
import {ModelVerifier} from "./ModelVerifier.sol";
import {Test} from "./Test.sol";

/// @title What a test needs to use a pool that has the model verifier and a moody token.
abstract contract PoolUser is Test {
    uint256 internal constant FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
    uint256 internal constant PROVIDER_SECRET = 0xA11CE;
    uint256 internal constant START = 1_700_000_000;

    uint256 internal constant C = 1_000;
    uint256 internal constant P = 100;
    uint256 internal constant STAKE_MINIMUM = 500;
    uint256 internal constant STAKE_BPS = 130;
    uint256 internal constant BOUNTY_BPS = 4_990;
    uint256 internal constant UNIT = 10;
    uint256 internal constant WINDOW = 1 days;
    uint256 internal constant DISPUTE_WINDOW = 36 hours;
    uint256 internal constant LIFETIME = 30 days;

    address internal constant PROVIDER = 0xe05fcC23807536bEe418f142D19fa0d21BB0cfF7;

    MoodyToken internal token;
    ModelVerifier internal verifier;
    ICreditPool internal pool;
    ICreditSettlement internal settlement;
    ICreditDisputes internal disputes;

    function usePool(ICreditPool pool_) internal {
        pool = pool_;
        settlement = ICreditSettlement(pool_.settlement());
        disputes = ICreditDisputes(pool_.disputes());
        token.mint(address(this), 1 << 120);
        token.approve(address(pool), type(uint256).max);
    }

    /// @dev A close of tickets [0, j) with these refunds, to `recipient`, without a relayer and not yet proved.
    function closeOf(
        uint256 identityCommitment,
        uint256 firstUnused,
        uint256 refundedCharges,
        uint256 refundedHolds,
        address recipient
    ) internal view returns (CloseRequest memory request) {
        request.identityCommitment = identityCommitment;
        request.firstUnused = firstUnused;
        request.refundedCharges = refundedCharges;
        request.refundedHolds = refundedHolds;
        request.recipient = recipient;
        request.deadline = block.timestamp + 1 hours;
        for (uint256 t = 0; t < 61; t++) request.coverKeys[t] = uint256(keccak256(abi.encode(t))) % FIELD;
    }

    /// @dev Gives the request its model proof: the hash of the signals that docs/protocol.md prescribes under Closing.
    function prove(CloseRequest memory request) internal view returns (CloseRequest memory) {
        uint256 poolHash = pool.poolHash();
        uint256 z =
            uint256(
                keccak256(
                    abi.encode(
                        poolHash,
                        request.identityCommitment,
                        request.coverKeys,
                        request.recipient,
                        request.relayer,
                        request.fee,
                        request.deadline
                    )
                )
            ) % FIELD;
        uint256 e = 0;
        uint256 power = 1;
        for (uint256 t = 64; t > 0; t--) {
            e = addmod(e, mulmod(request.coverKeys[t - 1], power, FIELD), FIELD);
            power = mulmod(power, z, FIELD);
        }
        uint256[9] memory signals = [
            request.identityCommitment,
            pool.accountOf(request.identityCommitment).deposit,
            request.firstUnused,
            request.refundedCharges,
            request.refundedHolds,
            request.certified,
            z,
            e,
            poolHash
        ];
        request.proof = verifier.proofOf(signals);
        return request;
    }

    function consentTo(CloseRequest memory request, uint256 consentDeadline) internal view returns (bytes memory) {
        bytes32 digest = settlement.consentDigestOf(request, consentDeadline);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PROVIDER_SECRET, digest);
        return abi.encodePacked(r, s, v);
    }

    function slashProof(
        uint256 identityCommitment,
        uint256 nullifier,
        address recipient
    ) internal view returns (Proof memory) {
        uint256 poolHash = pool.poolHash();
        uint256 context = uint256(keccak256(abi.encode(poolHash, recipient))) >> 8;
        uint256[4] memory signals = [identityCommitment, nullifier, context, poolHash];
        return verifier.proofOf(signals);
    }

    function pendingOf(uint256 identityCommitment) internal view returns (PendingClose memory) {
        return settlement.pendingClosesOf(_listOf(identityCommitment))[0];
    }

    function _listOf(uint256 number) internal pure returns (uint256[] memory list) {
        list = new uint256[](1);
        list[0] = number;
    }

    function owedBy(ICreditPool pool_) internal view returns (uint256) {
        Ledger memory l = pool_.ledger();
        return l.escrowed + l.undelivered + l.revenue + l.bond + l.awaitingBurn;
    }
}

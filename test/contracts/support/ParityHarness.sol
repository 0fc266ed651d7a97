// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {PoseidonT3} from "poseidon-solidity/PoseidonT3.sol";
import {Account} from "../../../contracts/interfaces/ICreditPool.sol";
import {CloseRequest} from "../../../contracts/interfaces/ICreditSettlement.sol";
import {BabyJubJub} from "../../../contracts/libraries/BabyJubJub.sol";
import {CloseRequests} from "../../../contracts/libraries/CloseRequests.sol";
import {Payouts} from "../../../contracts/libraries/Payouts.sol";
import {Protocol} from "../../../contracts/libraries/Protocol.sol";
import {
    CloseStatement,
    EnrollStatement,
    FoldStatement,
    RefundStatement,
    RequestStatement,
    SlashStatement,
    Statements
} from "../../../contracts/libraries/Statements.sol";

/// @title Makes the libraries' functions callable, so that they can be compared with the other languages.
contract ParityHarness {
    function poseidon(uint256[2] calldata inputs) external pure returns (uint256) {
        return PoseidonT3.hash(inputs);
    }

    function constants() external pure returns (uint256[10] memory) {
        return
            [
                Protocol.TREE_MAX_DEPTH,
                Protocol.TICKET_ARITY,
                Protocol.TICKET_DEPTH,
                Protocol.TICKET_COUNT,
                Protocol.INDEX_BITS,
                Protocol.AMOUNT_BITS,
                Protocol.BUDGET_BITS,
                Protocol.FOLD_SLOTS,
                Protocol.COVER_SLOTS,
                Protocol.TAG_LEAF
            ];
    }

    function labels() external pure returns (string[5] memory) {
        return
            [
                Protocol.LABEL_SCOPE,
                Protocol.LABEL_TICKET,
                Protocol.LABEL_AUTHORIZATION,
                Protocol.EIP712_NAME,
                Protocol.EIP712_VERSION
            ];
    }

    /// @dev The message of a ticket, as a contract computes it from the session's address.
    function ticketMessage(uint256 scope, address session) external pure returns (uint256) {
        return uint256(keccak256(abi.encode(Protocol.LABEL_TICKET, scope, session))) >> 8;
    }

    function isOfPrimeOrder(uint256[2] calldata point, uint256[2] calldata eighth) external pure returns (bool) {
        return BabyJubJub.isOfPrimeOrder(point, eighth);
    }

    function challengeOf(CloseRequest calldata request, uint256 poolHash) external pure returns (uint256) {
        return CloseRequests.challengeOf(request, poolHash);
    }

    function evaluate(uint256[64] calldata coverKeys, uint256 z) external pure returns (uint256) {
        return CloseRequests.evaluate(coverKeys, z);
    }

    function splitOfClose(
        Account calldata account,
        uint256 firstUnused,
        uint256[2] calldata refunded,
        uint256 ticketPrice,
        uint256 policyHold,
        uint256 fee
    ) external pure returns (uint256 toUser, uint256 toRelayer, uint256 toProvider, uint256 toBurn) {
        (toUser, toProvider, toBurn) = Payouts.ofClose(
            account,
            firstUnused,
            refunded[0],
            refunded[1],
            ticketPrice,
            policyHold
        );
        toRelayer = Payouts.cutFee(toUser, fee);
        toUser -= toRelayer;
    }

    function splitOfSlash(
        Account calldata account,
        uint256 bountyBps
    ) external pure returns (uint256 bounty, uint256 toProvider, uint256 toBurn) {
        return Payouts.ofSlash(account, bountyBps);
    }

    function signalsOfEnroll(EnrollStatement calldata statement) external pure returns (uint256[4] memory) {
        return Statements.signalsOf(statement);
    }

    function signalsOfRequest(RequestStatement calldata statement) external pure returns (uint256[4] memory) {
        return Statements.signalsOf(statement);
    }

    function signalsOfFold(FoldStatement calldata statement) external pure returns (uint256[7] memory) {
        return Statements.signalsOf(statement);
    }

    function signalsOfClose(CloseStatement calldata statement) external pure returns (uint256[9] memory) {
        return Statements.signalsOf(statement);
    }

    function signalsOfSlash(SlashStatement calldata statement) external pure returns (uint256[4] memory) {
        return Statements.signalsOf(statement);
    }

    function signalsOfRefund(RefundStatement calldata statement) external pure returns (uint256[7] memory) {
        return Statements.signalsOf(statement);
    }
}

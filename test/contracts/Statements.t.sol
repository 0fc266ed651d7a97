// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {
    CloseStatement,
    EnrollStatement,
    FoldStatement,
    RequestStatement,
    SlashStatement,
    Statements
} from "../../contracts/libraries/Statements.sol";
import {Test} from "./support/Test.sol";

/// @dev The public signals of every statement, in the order in which the protocol lists them.
contract StatementsTest is Test {
    function test_signals_ofEveryStatementKeepTheProtocolsOrder() public pure {
        uint256[4] memory enroll = Statements.signalsOf(
            EnrollStatement({root: 0, newState: 1, enrollNullifier: 2, poolHash: 3})
        );
        uint256[4] memory request = Statements.signalsOf(RequestStatement({nullifier: 0, y: 1, x: 2, poolHash: 3}));
        uint256[4] memory slash = Statements.signalsOf(
            SlashStatement({identityCommitment: 0, nullifier: 1, context: 2, poolHash: 3})
        );
        for (uint256 i = 0; i < 4; i++) {
            assertTrue(enroll[i] == i && request[i] == i && slash[i] == i, "enroll, request, slash");
        }
        uint256[7] memory fold = Statements.signalsOf(
            FoldStatement({newState: 0, foldNullifiers: [uint256(1), 2, 3, 4], certified: 5, poolHash: 6})
        );
        for (uint256 i = 0; i < 7; i++) assertEq(fold[i], i, "fold");
        uint256[9] memory close = Statements.signalsOf(
            CloseStatement({
                identityCommitment: 0,
                deposit: 1,
                firstUnused: 2,
                refundedCharges: 3,
                refundedHolds: 4,
                certified: 5,
                z: 6,
                e: 7,
                poolHash: 8
            })
        );
        for (uint256 i = 0; i < 9; i++) assertEq(close[i], i, "close");
    }
}

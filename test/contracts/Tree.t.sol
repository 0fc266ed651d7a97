// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {PoseidonT3} from "poseidon-solidity/PoseidonT3.sol";
import {PoolTest} from "./support/PoolTest.sol";

/// @dev The tree of accounts, built by deposits and batches in any mix, against one rebuilt from all leaves level by level.
contract TreeTest is PoolTest {
    uint256 private constant TAG_LEAF = 375673304100123387640704385445451998490380904039065063650086930433588426779;
    uint256[] private _leaves;

    function testFuzz_root_isThatOfAllLeaves(uint8[6] memory counts, uint256 seed) public {
        for (uint256 i = 0; i < counts.length; i++) {
            uint256 count = bound(counts[i], 0, 9);
            if (count == 0) _depositOne(seed);
            else _depositMany(seed, count);
            assertEq(pool.root(), _rootOf(_leaves), "root");
            assertEq(pool.leafCount(), _leaves.length, "leaf count");
            assertTrue(_leaves.length <= 1 << pool.depth(), "depth is enough");
            assertTrue(_leaves.length == 1 || _leaves.length > 1 << (pool.depth() - 1), "depth is needed");
        }
    }

    function test_root_isZeroBeforeTheFirstDeposit() public view {
        assertEq(pool.root(), 0, "root");
        assertEq(pool.depth(), 0, "depth");
    }

    function testFuzz_leaf_isTaggedAndBelowTheField(uint256 identityCommitment, uint96 amount) public view {
        identityCommitment = bound(identityCommitment, 1, FIELD - 1);
        uint256 leaf = pool.leafOf(identityCommitment, amount);
        uint256 untagged = PoseidonT3.hash([identityCommitment, amount]);
        assertTrue(leaf < FIELD, "below the field");
        assertEq((leaf + FIELD - TAG_LEAF) % FIELD, untagged, "tag");
    }

    function _depositOne(uint256 seed) private {
        (uint256 identityCommitment, uint256 amount) = _next(seed, 0);
        pool.deposit(identityCommitment, amount);
        _addLeaf(identityCommitment, amount);
    }

    function _depositMany(uint256 seed, uint256 count) private {
        uint256[] memory identityCommitments = new uint256[](count);
        uint256[] memory amounts = new uint256[](count);
        for (uint256 i = 0; i < count; i++) (identityCommitments[i], amounts[i]) = _next(seed, i);
        pool.depositBatch(identityCommitments, amounts);
        for (uint256 i = 0; i < count; i++) _addLeaf(identityCommitments[i], amounts[i]);
    }

    function _next(uint256 seed, uint256 i) private view returns (uint256 identityCommitment, uint256 amount) {
        identityCommitment = uint256(keccak256(abi.encode(seed, _leaves.length + i))) % FIELD;
        amount = 1_100 + (identityCommitment % 1_000_000);
    }

    function _addLeaf(uint256 identityCommitment, uint256 amount) private {
        _leaves.push(addmod(PoseidonT3.hash([identityCommitment, amount]), TAG_LEAF, FIELD));
    }

    /// @dev A node without a right child is its left child.
    function _rootOf(uint256[] memory level) private pure returns (uint256) {
        while (level.length > 1) {
            uint256[] memory above = new uint256[]((level.length + 1) / 2);
            for (uint256 i = 0; i < above.length; i++) {
                bool hasRight = 2 * i + 1 < level.length;
                above[i] = hasRight ? PoseidonT3.hash([level[2 * i], level[2 * i + 1]]) : level[2 * i];
            }
            level = above;
        }
        return level[0];
    }
}

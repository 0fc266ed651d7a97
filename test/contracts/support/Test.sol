// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

/// @dev The cheat codes that these tests use, as Hardhat's Solidity test runner offers them.
interface Vm {
    function assume(bool condition) external pure;
    function prank(address sender) external;
    function warp(uint256 timestamp) external;
    function expectRevert(bytes calldata revertData) external;
    function expectEmit(bool topic1, bool topic2, bool topic3, bool data, address emitter) external;
    function addr(uint256 privateKey) external pure returns (address);
    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function load(address target, bytes32 slot) external view returns (bytes32);
    function store(address target, bytes32 slot, bytes32 value) external;
    function chainId(uint256 newChainId) external;
    function envOr(string calldata name, string calldata otherwise) external view returns (string memory);
    function toString(uint256 number) external pure returns (string memory);
    function writeLine(string calldata path, string calldata line) external;
}

/// @dev Random calls of an invariant test go to these functions of this contract only.
struct FuzzSelector {
    address addr;
    bytes4[] selectors;
}

/// @title The little that a Solidity test needs.
abstract contract Test {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @dev Read by the runner: a contract with this function is a test.
    bool public constant IS_TEST = true;

    error NotEqual(uint256 actual, uint256 expected, string what);
    error NotTrue(string what);
    error NotRefused();
    error OtherAnswer(bytes answer, bytes expected);

    function assertEq(uint256 actual, uint256 expected, string memory what) internal pure {
        if (actual != expected) revert NotEqual(actual, expected, what);
    }

    function assertTrue(bool condition, string memory what) internal pure {
        if (!condition) revert NotTrue(what);
    }

    /// @dev What a call needs is computed before, so that nothing but the call can revert.
    function assertRefused(address caller, address target, bytes memory call, bytes memory expected) internal {
        vm.prank(caller);
        (bool success, bytes memory answer) = target.call(call);
        if (success) revert NotRefused();
        if (keccak256(answer) != keccak256(expected)) revert OtherAnswer(answer, expected);
    }

    function fail(string memory what) internal pure {
        revert NotTrue(what);
    }

    /// @dev Folds any number into [minimum, maximum]; the ends of the range of numbers hit the ends of the bounds.
    function bound(uint256 number, uint256 minimum, uint256 maximum) internal pure returns (uint256) {
        uint256 size = maximum - minimum + 1;
        if (size == 0) return number;
        if (number >= type(uint256).max - 3) return maximum - ((type(uint256).max - number) % size);
        return minimum + (number % size);
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {ICreditPool, PoolParameters} from "./ICreditPool.sol";
import {RuleDeployers} from "./ICreditRules.sol";
import {Verifiers} from "./IStatementVerifiers.sol";

/// @title Creates pools and lists them.
/// @notice All its pools share its verifiers and its Poseidon and tree libraries. It has no power over a pool once it is created.
interface ICreditPoolFactory {
    /// @notice A pool was created, with its rules.
    event PoolCreated(
        address indexed pool,
        address settlement,
        address disputes,
        address indexed provider,
        address indexed token
    );

    error DeployerWithoutCode(address deployer);
    error VerifierRefused(address verifier);

    /// @notice Creates a pool. Anyone may call; the caller gets no right over it.
    /// @param parameters What the pool is, for ever; the bounds are those of `libraries/PoolValidation.sol`.
    /// @param providerKeyEighth A point Q of BabyJubJub with 8·Q = `parameters.providerKey`: shows that the key is of prime order.
    /// @custom:reverts every error of `ICreditPool` about parameters
    function createPool(
        PoolParameters calldata parameters,
        uint256[2] calldata providerKeyEighth
    ) external returns (ICreditPool);

    /// @notice The verifiers of all pools; never change.
    function verifiers() external view returns (Verifiers memory);

    /// @notice Who creates the rules of all pools; never changes.
    function ruleDeployers() external view returns (RuleDeployers memory);

    /// @notice Whether this factory created `pool`.
    function isPool(address pool) external view returns (bool);

    /// @notice How many pools there are.
    function poolCount() external view returns (uint256);

    /// @notice The pools from number `start` on, in the order of creation, at most `limit`; empty past the end.
    function poolsFrom(uint256 start, uint256 limit) external view returns (address[] memory);
}

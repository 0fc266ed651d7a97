// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Verifiers} from "./IStatementVerifiers.sol";

/// @notice What the rules must know of their pool; fixed when they are created with it.
struct RuleTerms {
    uint256 poolHash;
    uint256 scope;
    address provider;
    uint256 ticketPrice;
    uint256 policyHold;
    uint256 unit;
    uint256 bountyBps;
    uint256 challengeWindow;
    uint256 disputeWindow;
    uint256 accountLifetime;
    Verifiers verifiers;
}

/// @title Creates the rules of a pool: its settlement, or its disputes.
/// @notice Contracts of their own because the creation code of pool and rules together exceeds what one contract may hold.
interface ICreditRulesDeployer {
    /// @notice Creates rules whose pool is the caller. Anyone may call: rules that no pool has chosen can do nothing.
    function deploy(RuleTerms calldata terms) external returns (address);
}

/// @notice Who creates the rules of a factory's pools.
struct RuleDeployers {
    ICreditRulesDeployer settlement;
    ICreditRulesDeployer disputes;
}

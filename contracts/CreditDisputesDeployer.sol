// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {CreditDisputes} from "./CreditDisputes.sol";
import {ICreditRulesDeployer, RuleTerms} from "./interfaces/ICreditRules.sol";

/// @title Creates the disputes of pools.
contract CreditDisputesDeployer is ICreditRulesDeployer {
    /// @inheritdoc ICreditRulesDeployer
    function deploy(RuleTerms calldata terms) external returns (address) {
        return address(new CreditDisputes(msg.sender, terms));
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {CreditSettlement} from "./CreditSettlement.sol";
import {ICreditRulesDeployer, RuleTerms} from "./interfaces/ICreditRules.sol";

/// @title Creates the settlements of pools.
contract CreditSettlementDeployer is ICreditRulesDeployer {
    /// @inheritdoc ICreditRulesDeployer
    function deploy(RuleTerms calldata terms) external returns (address) {
        return address(new CreditSettlement(msg.sender, terms));
    }
}

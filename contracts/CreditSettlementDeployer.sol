// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {CreditSettlement} from "./CreditSettlement.sol";
import {ICreditSettlement, ICreditSettlementDeployer, SettlementTerms} from "./interfaces/ICreditSettlement.sol";

/// @title Creates the rules of pools.
contract CreditSettlementDeployer is ICreditSettlementDeployer {
    /// @inheritdoc ICreditSettlementDeployer
    function deploy(SettlementTerms calldata terms) external returns (ICreditSettlement) {
        return new CreditSettlement(msg.sender, terms);
    }
}

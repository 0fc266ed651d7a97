// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {CreditPoolFactory} from "../../../contracts/CreditPoolFactory.sol";
import {CreditDisputesDeployer} from "../../../contracts/CreditDisputesDeployer.sol";
import {CreditSettlementDeployer} from "../../../contracts/CreditSettlementDeployer.sol";
import {PoolParameters} from "../../../contracts/interfaces/ICreditPool.sol";
import {RuleDeployers} from "../../../contracts/interfaces/ICreditRules.sol";
import {Verifiers} from "../../../contracts/interfaces/IStatementVerifiers.sol";
import {MoodyToken} from "./HostileTokens.sol";
import {ModelVerifier} from "./ModelVerifier.sol";
import {PoolUser} from "./PoolUser.sol";

/// @title A fresh pool for every test.
abstract contract PoolTest is PoolUser {
    CreditPoolFactory internal factory;

    function setUp() public virtual {
        vm.warp(START);
        token = new MoodyToken();
        verifier = new ModelVerifier();
        RuleDeployers memory deployers = RuleDeployers(new CreditSettlementDeployer(), new CreditDisputesDeployer());
        factory = new CreditPoolFactory(deployers, Verifiers(verifier, verifier, verifier, verifier, verifier));
        usePool(factory.createPool(parametersOf(PROVIDER), providerKeyEighth()));
    }

    /// @dev The provider's key is Base8, eight times the generator of BabyJubJub.
    function parametersOf(address provider) internal view returns (PoolParameters memory) {
        return
            PoolParameters({
                token: IERC20(address(token)),
                provider: provider,
                providerKey: [
                    5299619240641551281634865583518297030282874472190772894086521144482721001553,
                    16950150798460657717958625567821834550301663161624707787222815936182638968203
                ],
                ticketPrice: C,
                policyHold: P,
                unit: UNIT,
                stakeMinimum: STAKE_MINIMUM,
                stakeBps: STAKE_BPS,
                bountyBps: BOUNTY_BPS,
                challengeWindow: WINDOW,
                disputeWindow: DISPUTE_WINDOW,
                accountLifetime: LIFETIME,
                termsHash: keccak256("terms")
            });
    }

    function providerKeyEighth() internal pure returns (uint256[2] memory) {
        return
            [
                995203441582195749578291179787384436505546430278305826713579947235728471134,
                5472060717959818805561601436314318772137091100104008585924551046643952123905
            ];
    }
}

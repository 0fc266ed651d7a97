// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {PoseidonT3} from "poseidon-solidity/PoseidonT3.sol";
import {ICreditPool, PoolParameters} from "./interfaces/ICreditPool.sol";
import {RuleDeployers, RuleTerms} from "./interfaces/ICreditRules.sol";
import {Verifiers} from "./interfaces/IStatementVerifiers.sol";
import {Payouts} from "./libraries/Payouts.sol";
import {PoolValidation} from "./libraries/PoolValidation.sol";
import {Protocol} from "./libraries/Protocol.sol";

/// @title What a pool is, fixed when it is created: its parameters, its name in proofs, its rules.
/// @dev Immutables alone: no storage, no money.
abstract contract CreditPoolTerms is ICreditPool {
    IERC20 internal immutable _token;
    address private immutable _provider;
    uint256 private immutable _providerKeyX;
    uint256 private immutable _providerKeyY;
    uint256 private immutable _ticketPrice;
    uint256 private immutable _policyHold;
    uint256 private immutable _unit;
    uint256 private immutable _stakeMinimum;
    uint256 private immutable _stakeBps;
    uint256 private immutable _bountyBps;
    uint256 private immutable _challengeWindow;
    uint256 private immutable _disputeWindow;
    uint256 private immutable _accountLifetime;
    bytes32 private immutable _termsHash;
    /// @inheritdoc ICreditPool
    uint256 public immutable override scope;
    /// @inheritdoc ICreditPool
    uint256 public immutable override poolHash;
    /// @inheritdoc ICreditPool
    address public immutable override settlement;
    /// @inheritdoc ICreditPool
    address public immutable override disputes;

    /// @param providerKeyEighth Q with 8·Q = `p.providerKey`.
    /// @param deployers Create the rules, which take this contract, their caller, for their pool.
    constructor(
        PoolParameters memory p,
        uint256[2] memory providerKeyEighth,
        RuleDeployers memory deployers,
        Verifiers memory verifiers
    ) {
        PoolValidation.requireValid(p, providerKeyEighth);
        _token = p.token;
        _provider = p.provider;
        _providerKeyX = p.providerKey[0];
        _providerKeyY = p.providerKey[1];
        _ticketPrice = p.ticketPrice;
        _policyHold = p.policyHold;
        _unit = p.unit;
        _stakeMinimum = p.stakeMinimum;
        _stakeBps = p.stakeBps;
        _bountyBps = p.bountyBps;
        _challengeWindow = p.challengeWindow;
        _disputeWindow = p.disputeWindow;
        _accountLifetime = p.accountLifetime;
        _termsHash = p.termsHash;

        uint256 scope_ = uint256(keccak256(abi.encode(Protocol.LABEL_SCOPE, block.chainid, address(this)))) >> 8;
        uint256 terms = PoseidonT3.hash([scope_, p.ticketPrice + p.policyHold]);
        uint256 poolHash_ = PoseidonT3.hash([terms, PoseidonT3.hash(p.providerKey)]);
        scope = scope_;
        poolHash = poolHash_;
        RuleTerms memory rules = RuleTerms({
            poolHash: poolHash_,
            scope: scope_,
            provider: p.provider,
            ticketPrice: p.ticketPrice,
            policyHold: p.policyHold,
            unit: p.unit,
            bountyBps: p.bountyBps,
            challengeWindow: p.challengeWindow,
            disputeWindow: p.disputeWindow,
            accountLifetime: p.accountLifetime,
            verifiers: verifiers
        });
        settlement = deployers.settlement.deploy(rules);
        disputes = deployers.disputes.deploy(rules);
    }

    /// @inheritdoc ICreditPool
    function parameters() external view returns (PoolParameters memory) {
        return
            PoolParameters({
                token: _token,
                provider: _provider,
                providerKey: [_providerKeyX, _providerKeyY],
                ticketPrice: _ticketPrice,
                policyHold: _policyHold,
                unit: _unit,
                stakeMinimum: _stakeMinimum,
                stakeBps: _stakeBps,
                bountyBps: _bountyBps,
                challengeWindow: _challengeWindow,
                disputeWindow: _disputeWindow,
                accountLifetime: _accountLifetime,
                termsHash: _termsHash
            });
    }

    /// @inheritdoc ICreditPool
    function stakeOf(uint256 amount) public view returns (uint256) {
        return _stakeMinimum + (amount * _stakeBps) / Payouts.BPS;
    }

    function _requireDepositInRange(uint256 amount) internal view {
        uint256 minimum = _ticketPrice + _policyHold;
        uint256 maximum = minimum * Protocol.TICKET_COUNT;
        if (maximum >= PoolValidation.AMOUNT_LIMIT) maximum = PoolValidation.AMOUNT_LIMIT - 1;
        if (amount < minimum || amount > maximum) revert DepositOutOfRange(amount, minimum, maximum);
    }
}

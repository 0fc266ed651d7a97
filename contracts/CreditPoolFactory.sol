// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {CreditPool} from "./CreditPool.sol";
import {ICreditPool, PoolParameters} from "./interfaces/ICreditPool.sol";
import {ICreditPoolFactory} from "./interfaces/ICreditPoolFactory.sol";
import {RuleDeployers} from "./interfaces/ICreditRules.sol";
import {
    ICloseVerifier,
    IFoldVerifier,
    IRefundVerifier,
    IRequestVerifier,
    ISlashVerifier,
    Verifiers
} from "./interfaces/IStatementVerifiers.sol";

/// @title Creates pools and lists them.
contract CreditPoolFactory is ICreditPoolFactory {
    RuleDeployers private _deployers;
    Verifiers private _verifiers;

    address[] private _pools;
    /// @inheritdoc ICreditPoolFactory
    mapping(address pool => bool) public override isPool;

    /// @dev A verifier must refuse a proof of nothing: one that is missing, takes another number of signals or agrees to everything does not.
    /// That the code is the right statement's is for the deployment to compare.
    constructor(RuleDeployers memory deployers, Verifiers memory verifiers_) {
        _requireCode(address(deployers.settlement));
        _requireCode(address(deployers.disputes));
        _deployers = deployers;
        _verifiers = verifiers_;

        _requireRefusal(address(verifiers_.close), ICloseVerifier.verifyProof.selector, 9);
        _requireRefusal(address(verifiers_.slash), ISlashVerifier.verifyProof.selector, 4);
        _requireRefusal(address(verifiers_.fold), IFoldVerifier.verifyProof.selector, 7);
        _requireRefusal(address(verifiers_.request), IRequestVerifier.verifyProof.selector, 4);
        _requireRefusal(address(verifiers_.refund), IRefundVerifier.verifyProof.selector, 7);
    }

    /// @inheritdoc ICreditPoolFactory
    function createPool(
        PoolParameters calldata parameters,
        uint256[2] calldata providerKeyEighth
    ) external returns (ICreditPool pool) {
        pool = new CreditPool(parameters, providerKeyEighth, _deployers, _verifiers);

        _pools.push(address(pool));
        isPool[address(pool)] = true;
        emit PoolCreated(
            address(pool),
            pool.settlement(),
            pool.disputes(),
            parameters.provider,
            address(parameters.token)
        );
    }

    /// @inheritdoc ICreditPoolFactory
    function verifiers() external view returns (Verifiers memory) {
        return _verifiers;
    }

    /// @inheritdoc ICreditPoolFactory
    function ruleDeployers() external view returns (RuleDeployers memory) {
        return _deployers;
    }

    /// @inheritdoc ICreditPoolFactory
    function poolCount() external view returns (uint256) {
        return _pools.length;
    }

    /// @inheritdoc ICreditPoolFactory
    function poolsFrom(uint256 start, uint256 limit) external view returns (address[] memory pools) {
        uint256 count = _pools.length;
        uint256 available = start < count ? count - start : 0;
        pools = new address[](limit < available ? limit : available);
        for (uint256 i = 0; i < pools.length; i++) pools[i] = _pools[start + i];
    }

    function _requireCode(address deployer) private view {
        if (deployer.code.length == 0) revert DeployerWithoutCode(deployer);
    }

    /// @dev A proof is 8 words, all zero here, as are the signals.
    function _requireRefusal(address verifier, bytes4 selector, uint256 signals) private view {
        bytes memory call = abi.encodePacked(selector, new bytes((8 + signals) * 32));
        (bool success, bytes memory answer) = verifier.staticcall(call);
        bool hasRefused = success && answer.length == 32 && uint256(bytes32(answer)) == 0;
        if (!hasRefused) revert VerifierRefused(verifier);
    }
}

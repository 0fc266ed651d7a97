// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {CreditPool} from "./CreditPool.sol";
import {ICreditPool, PoolParameters} from "./interfaces/ICreditPool.sol";
import {ICreditPoolFactory} from "./interfaces/ICreditPoolFactory.sol";
import {ICreditSettlementDeployer} from "./interfaces/ICreditSettlement.sol";
import {ICloseVerifier, ISlashVerifier, Proof, Verifiers} from "./interfaces/IStatementVerifiers.sol";

/// @title Creates pools and lists them.
contract CreditPoolFactory is ICreditPoolFactory {
    /// @inheritdoc ICreditPoolFactory
    ICreditSettlementDeployer public immutable override settlementDeployer;
    ICloseVerifier private immutable _closeVerifier;
    ISlashVerifier private immutable _slashVerifier;

    address[] private _pools;
    /// @inheritdoc ICreditPoolFactory
    mapping(address pool => bool) public override isPool;

    /// @dev A verifier must refuse a proof of nothing: one that is missing, takes another number of signals or agrees to everything does not.
    /// That the code is the right statement's is for the deployment to compare.
    constructor(ICreditSettlementDeployer deployer, Verifiers memory verifiers_) {
        if (address(deployer).code.length == 0) revert DeployerWithoutCode(address(deployer));
        settlementDeployer = deployer;
        _closeVerifier = verifiers_.close;
        _slashVerifier = verifiers_.slash;

        Proof memory nothing;
        uint256[9] memory closeSignals;
        uint256[4] memory slashSignals;
        _requireRefusal(
            address(verifiers_.close),
            abi.encodeCall(ICloseVerifier.verifyProof, (nothing.a, nothing.b, nothing.c, closeSignals))
        );
        _requireRefusal(
            address(verifiers_.slash),
            abi.encodeCall(ISlashVerifier.verifyProof, (nothing.a, nothing.b, nothing.c, slashSignals))
        );
    }

    /// @inheritdoc ICreditPoolFactory
    function createPool(
        PoolParameters calldata parameters,
        uint256[2] calldata providerKeyEighth
    ) external returns (ICreditPool pool) {
        pool = new CreditPool(parameters, providerKeyEighth, settlementDeployer, verifiers());

        _pools.push(address(pool));
        isPool[address(pool)] = true;
        emit PoolCreated(address(pool), pool.settlement(), parameters.provider, address(parameters.token));
    }

    /// @inheritdoc ICreditPoolFactory
    function verifiers() public view returns (Verifiers memory) {
        return Verifiers({close: _closeVerifier, slash: _slashVerifier});
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

    function _requireRefusal(address verifier, bytes memory call) private view {
        (bool success, bytes memory answer) = verifier.staticcall(call);
        bool hasRefused = success && answer.length == 32 && uint256(bytes32(answer)) == 0;
        if (!hasRefused) revert VerifierRefused(verifier);
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {AccountStatus} from "../../../contracts/interfaces/ICreditPool.sol";
import {CloseRequest} from "../../../contracts/interfaces/ICreditSettlement.sol";
import {Proof} from "../../../contracts/interfaces/IStatementVerifiers.sol";
import {FoldModel} from "./FoldModel.sol";
import {Handler} from "./Handler.sol";

/// @title Random deposits, closes, slashes and expiries, by anyone.
abstract contract AccountHandler is Handler, FoldModel {
    // ----------------------------------------------------------------- DEPOSIT

    function deposit(uint256 amount) external {
        (uint256 id, uint256 paid) = (_newIdentity(), _amount(amount));
        _attempt(Kind.Deposit, address(this), address(pool), abi.encodeCall(pool.deposit, (id, paid)), true);
        _modelDeposit(id, paid);
    }

    function depositBatch(uint256 count, uint256 amount, uint256 flaw) external {
        count = bound(count, 1, 4);
        uint256[] memory ids = new uint256[](count);
        uint256[] memory amounts = new uint256[](count);
        for (uint256 i = 0; i < count; i++) (ids[i], amounts[i]) = (_newIdentity(), _amount(amount / (i + 1)));
        bool isTwice = count > 1 && flaw % 8 == 0;
        if (isTwice) ids[count - 1] = ids[0];
        bytes memory call = abi.encodeCall(pool.depositBatch, (ids, amounts));
        if (!_attempt(Kind.DepositBatch, address(this), address(pool), call, !isTwice)) return;
        for (uint256 i = 0; i < count; i++) _modelDeposit(ids[i], amounts[i]);
    }

    function depositRefused(uint256 seed, uint256 amount) external {
        if (identities.length == 0) return;
        uint256 used = identities[seed % identities.length];
        bytes memory again = abi.encodeCall(pool.deposit, (used, _amount(amount)));
        _attempt(Kind.Deposit, address(this), address(pool), again, false);
        bytes memory small = abi.encodeCall(pool.deposit, (_newIdentity(), amount % (C + P)));
        _attempt(Kind.Deposit, address(this), address(pool), small, false);
    }

    // ------------------------------------------------------------------- CLOSE

    /// @param base What certified state the close shows, if any.
    function startClose(
        uint256 seed,
        uint256 j,
        uint256 rc,
        uint256 rp,
        uint256 fee,
        uint256 who,
        uint256 base
    ) external {
        uint256 id = _anyAccount(seed);
        CloseRequest memory request = _request(id, j, rc, rp, fee, who, base);
        bool isExpected = _isOpen(id) && !modelOf[id].isClosing && _isBase(request.certified);
        bytes memory call = abi.encodeCall(settlement.startClose, (request));
        if (!_attempt(Kind.StartClose, _person(fee), address(settlement), call, isExpected)) return;
        _modelClose(id, request, block.timestamp + WINDOW);
    }

    function closeWithConsent(
        uint256 seed,
        uint256 j,
        uint256 rc,
        uint256 rp,
        uint256 fee,
        uint256 who,
        uint256 base
    ) external {
        uint256 id = _anyAccount(seed);
        CloseRequest memory request = _request(id, j, rc, rp, fee, who, base);
        bool isExpected = _isOpen(id) && _isBase(request.certified);
        isExpected = isExpected && (!modelOf[id].isClosing || _modelPaysTheSame(id, request));
        bytes memory consent = consentTo(request, block.timestamp);
        bytes memory call = abi.encodeCall(settlement.closeWithConsent, (request, block.timestamp, consent));
        if (!_attempt(Kind.CloseWithConsent, _person(fee), address(settlement), call, isExpected)) return;
        _modelClose(id, request, block.timestamp);
        _modelFinalize(id);
    }

    function finalizeClose(uint256 seed) external {
        uint256 id = _closingNear(seed);
        bool isExpected = modelOf[id].isClosing && block.timestamp >= modelOf[id].finalizableAt;
        bytes memory call = abi.encodeCall(settlement.finalizeClose, (id));
        if (_attempt(Kind.FinalizeClose, _person(seed), address(settlement), call, isExpected)) _modelFinalize(id);
    }

    // -------------------------------------------------------- SLASH AND EXPIRE

    function slash(uint256 seed, uint256 who, bool isProved) external {
        uint256 id = _anyAccount(seed);
        (address recipient, uint256 nullifier) = (_person(who), seed % FIELD);
        Proof memory proof = slashProof(id, isProved ? nullifier : nullifier + 1, recipient);
        bytes memory call = abi.encodeCall(settlement.slash, (id, nullifier, recipient, proof));
        bool isExpected = isProved && _isOpen(id);
        if (!_attempt(Kind.Slash, recipient, address(settlement), call, isExpected)) return;
        _modelSlash(id, recipient);
    }

    function expire(uint256 seed) external {
        uint256 id = _anyAccount(seed);
        Model storage m = modelOf[id];
        bool isOld = block.timestamp >= m.openedAt + LIFETIME;
        bool isExpected = m.status == AccountStatus.Active && !m.isClosing && isOld;
        bytes memory call = abi.encodeCall(settlement.expire, (id));
        if (_attempt(Kind.Expire, _person(seed), address(settlement), call, isExpected)) _modelExpire(id);
    }

    // ----------------------------------------------------------------- CHOICES

    function _request(
        uint256 id,
        uint256 j,
        uint256 rc,
        uint256 rp,
        uint256 fee,
        uint256 who,
        uint256 base
    ) private view returns (CloseRequest memory request) {
        j = bound(j, 0, j % 4 == 0 ? 65_536 : 8);
        request = closeOf(id, j, bound(rc, 0, j * C), bound(rp, 0, j * P), _person(who));
        if (fee % 2 == 0) (request.relayer, request.fee) = (_person(who / 2), bound(fee, 0, 2 * STAKE_MINIMUM));
        if (base % 2 == 0 && folds.length != 0) request.certified = folds[(base / 2) % folds.length].state;
        if (base % 16 == 1) request.certified = signedState(base);
        return prove(request);
    }

    /// @dev An account that is closing, if there is one.
    function _closingNear(uint256 seed) internal view returns (uint256 id) {
        for (uint256 k = 0; seed % 8 != 0 && k < identities.length; k++) {
            id = identities[((seed >> 3) + k) % identities.length];
            if (modelOf[id].isClosing) return id;
        }
        return _anyAccount(seed);
    }

    function _newIdentity() private returns (uint256) {
        return uint256(keccak256(abi.encode("identity", ++serial))) % FIELD;
    }

    function _amount(uint256 amount) private pure returns (uint256) {
        return bound(amount, C + P, amount % 8 == 0 ? (C + P) * 65_536 : (C + P) * 10);
    }
}

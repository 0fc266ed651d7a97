// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {AccountStatus, ICreditPool, Ledger} from "../../../contracts/interfaces/ICreditPool.sol";
import {CloseRequest} from "../../../contracts/interfaces/ICreditSettlement.sol";
import {MoodyToken} from "./HostileTokens.sol";
import {ModelVerifier} from "./ModelVerifier.sol";
import {PoolUser} from "./PoolUser.sol";

/// @title What a pool should have in its books, kept in the plainest way: whole sums, recounted each time.
abstract contract LedgerModel is PoolUser {
    struct Model {
        uint256 deposit;
        uint256 stake;
        uint256 openedAt;
        AccountStatus status;
        uint256 paidOut;
        bool isClosing;
        uint256 finalizableAt;
        uint256 toUser;
        uint256 fee;
        uint256 toProvider;
        uint256 toBurn;
        address recipient;
        address relayer;
    }

    uint256[] public identities;
    mapping(uint256 identityCommitment => Model) public modelOf;
    mapping(address person => uint256) public credits;
    mapping(address person => uint256) public received;
    uint256 public paidIn;
    uint256 public earned;
    uint256 public revenue;
    uint256 public bond;
    uint256 public awaitingBurn;
    uint256 public burned;
    uint256 public donated;
    uint256 public serial;

    address[6] internal people;

    constructor(ICreditPool pool_, MoodyToken token_, ModelVerifier verifier_) {
        (token, verifier) = (token_, verifier_);
        usePool(pool_);
        for (uint256 i = 0; i < people.length; i++) people[i] = address(uint160(0x1000 + i));
    }

    // ------------------------------------------------------------------ CHECKS

    /// @dev P-01: the tokens are there, and every book says what the model says.
    function checkSolvency() external view {
        Ledger memory ledger = pool.ledger();
        (uint256 escrowed, uint256 undelivered) = (0, 0);
        for (uint256 i = 0; i < identities.length; i++) escrowed += _heldBy(identities[i]);
        for (uint256 i = 0; i < people.length; i++) undelivered += credits[people[i]];
        assertEq(ledger.escrowed, escrowed, "escrowed");
        assertEq(ledger.undelivered, undelivered, "undelivered");
        assertEq(ledger.revenue, revenue, "revenue");
        assertEq(ledger.bond, bond, "bond");
        assertEq(ledger.awaitingBurn, awaitingBurn, "awaiting burn");
        uint256 owed = escrowed + undelivered + revenue + bond + awaitingBurn;
        assertEq(token.balanceOf(address(pool)), owed + donated, "balance");
    }

    /// @dev P-02: nobody got more than the model says, all that came in is accounted for, and an account pays out D + S, once.
    function checkPayouts() external view {
        uint256 out = burned;
        for (uint256 i = 0; i < people.length; i++) {
            assertEq(token.balanceOf(people[i]), received[people[i]], "received");
            assertEq(pool.creditOf(people[i]), credits[people[i]], "credit");
            out += received[people[i]];
        }
        assertEq(token.balanceOf(0x000000000000000000000000000000000000dEaD), burned, "burned");
        assertEq(out + owedBy(pool), paidIn, "in and out");
        for (uint256 i = 0; i < identities.length; i++) {
            Model storage m = modelOf[identities[i]];
            assertEq(m.paidOut + _heldBy(identities[i]), m.deposit + m.stake, "once");
        }
    }

    /// @dev Every account and every pending close is as the model has it; the tree has one leaf for each account.
    function checkAccounts() external view {
        assertEq(pool.leafCount(), identities.length, "leaves");
        for (uint256 i = 0; i < identities.length; i++) {
            uint256 id = identities[i];
            Model storage m = modelOf[id];
            assertEq(pool.accountOf(id).deposit, m.deposit, "deposit");
            assertEq(pool.accountOf(id).stake, m.stake, "stake");
            assertTrue(pool.accountOf(id).status == m.status, "status");
            assertEq(pendingOf(id).finalizableAt, m.isClosing ? m.finalizableAt : 0, "pending");
        }
        assertEq(token.reentries(), 0, "re-entered");
    }

    // ------------------------------------------------------------------- MODEL

    function _modelDeposit(uint256 id, uint256 amount) internal {
        Model storage m = modelOf[id];
        (m.deposit, m.stake) = (amount, STAKE_MINIMUM + (amount * STAKE_BPS) / 10_000);
        (m.openedAt, m.status) = (block.timestamp, AccountStatus.Active);
        identities.push(id);
        paidIn += m.deposit + m.stake;
    }

    /// @dev Ticket by ticket in signed numbers: what D does not cover is nobody's.
    function _modelClose(uint256 id, CloseRequest memory request, uint256 finalizableAt) internal {
        Model storage m = modelOf[id];
        int256 deposit = m.status == AccountStatus.Expired ? int256(0) : int256(m.deposit);
        int256 charged = int256(request.firstUnused * C) - int256(request.refundedCharges);
        int256 withheld = int256(request.firstUnused * P) - int256(request.refundedHolds);
        int256 rest = deposit - charged - withheld;
        if (rest < 0) {
            charged = charged > deposit ? deposit : charged;
            withheld = deposit - charged;
            rest = 0;
        }
        uint256 user = uint256(rest) + m.stake;
        m.fee = request.fee > user ? user : request.fee;
        m.toUser = user - m.fee;
        (m.toProvider, m.toBurn) = (uint256(charged), uint256(withheld));
        (m.recipient, m.relayer) = (request.recipient, request.relayer);
        (m.isClosing, m.finalizableAt) = (true, finalizableAt);
    }

    /// @dev Whether the pending close of the account pays what this request would.
    function _modelPaysTheSame(uint256 id, CloseRequest memory request) internal returns (bool isSame) {
        Model memory pending = modelOf[id];
        _modelClose(id, request, pending.finalizableAt);
        Model memory m = modelOf[id];
        isSame = m.toUser == pending.toUser && m.toProvider == pending.toProvider && m.recipient == pending.recipient;
        isSame = isSame && m.fee == pending.fee && (m.fee == 0 || m.relayer == pending.relayer);
        modelOf[id] = pending;
    }

    function _modelFinalize(uint256 id) internal {
        Model storage m = modelOf[id];
        _modelRelease(id, AccountStatus.Closed, m.toProvider, m.toBurn);
        _modelPay(id, m.recipient, m.toUser);
        _modelPay(id, m.relayer, m.fee);
    }

    function _modelSlash(uint256 id, address recipient) internal {
        Model storage m = modelOf[id];
        uint256 bounty = (m.stake * BOUNTY_BPS) / 10_000;
        uint256 deposit = m.status == AccountStatus.Expired ? 0 : m.deposit;
        _modelRelease(id, AccountStatus.Slashed, deposit, m.stake - bounty);
        _modelPay(id, recipient, bounty);
    }

    function _modelExpire(uint256 id) internal {
        Model storage m = modelOf[id];
        m.status = AccountStatus.Expired;
        m.paidOut += m.deposit;
        _modelEarn(m.deposit);
    }

    function _modelRelease(uint256 id, AccountStatus status, uint256 toProvider, uint256 toBurn) private {
        Model storage m = modelOf[id];
        (m.status, m.isClosing) = (status, false);
        m.paidOut += toProvider + toBurn;
        _modelEarn(toProvider);
        awaitingBurn += toBurn;
    }

    function _modelPay(uint256 id, address to, uint256 amount) private {
        modelOf[id].paidOut += amount;
        _modelSend(to, amount);
    }

    function _modelEarn(uint256 amount) private {
        revenue += amount;
        earned += amount;
    }

    /// @dev Once; what does not arrive is credited.
    function _modelSend(address to, uint256 amount) internal {
        if (amount == 0) return;
        if (_canReceive(to)) received[to] += amount;
        else credits[to] += amount;
    }

    // ------------------------------------------------------------------ CHOICES

    function _heldBy(uint256 id) internal view returns (uint256) {
        Model storage m = modelOf[id];
        if (m.status == AccountStatus.Active) return m.deposit + m.stake;
        return m.status == AccountStatus.Expired ? m.stake : 0;
    }

    function _isOpen(uint256 id) internal view returns (bool) {
        return modelOf[id].status == AccountStatus.Active || modelOf[id].status == AccountStatus.Expired;
    }

    function _canReceive(address to) internal view returns (bool) {
        MoodyToken.Mood mood = token.moodTowards(to);
        return mood == MoodyToken.Mood.Fair || mood == MoodyToken.Mood.Reenters;
    }

    function _person(uint256 who) internal view returns (address) {
        return people[who % people.length];
    }

    /// @dev One of the accounts, or, now and then, one that never was.
    function _anyAccount(uint256 seed) internal view returns (uint256) {
        uint256 i = seed % (identities.length + 1);
        return i < identities.length ? identities[i] : 12_345;
    }
}

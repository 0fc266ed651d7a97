// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ICreditDisputes, Obligations} from "./interfaces/ICreditDisputes.sol";
import {ICreditPool, Ledger} from "./interfaces/ICreditPool.sol";
import {RuleTerms} from "./interfaces/ICreditRules.sol";
import {ICreditSettlement} from "./interfaces/ICreditSettlement.sol";

/// @title What the provider owes, and what it can withdraw.
/// @dev No money is here: bond and revenue are in the pool's ledger, and this keeps what they stand for. First come the awards of lost disputes,
/// then what open disputes could take, then the penalties, then the provider.
abstract contract ProviderFunds is ICreditDisputes {
    using SafeCast for uint256;

    /// @dev Of lost disputes, and not paid yet.
    struct Debts {
        uint128 awards;
        uint128 penalties;
    }

    struct BondWithdrawal {
        uint128 amount;
        uint40 availableAt;
    }

    /// @dev The bond's notice, in dispute windows.
    uint256 private constant NOTICE_WINDOWS = 2;

    ICreditPool internal immutable _pool;
    address private immutable _provider;
    uint256 internal immutable _hold;
    uint256 internal immutable _disputeWindow;

    uint256 internal _openDisputes;
    Debts internal _debts;
    BondWithdrawal private _bondWithdrawal;

    modifier onlyProvider() {
        if (msg.sender != _provider) revert ICreditSettlement.NotProvider(msg.sender);
        _;
    }

    constructor(address pool_, RuleTerms memory terms) {
        _pool = ICreditPool(pool_);
        _provider = terms.provider;
        _hold = terms.ticketPrice + terms.policyHold;
        _disputeWindow = terms.disputeWindow;
    }

    /// @inheritdoc ICreditDisputes
    function pool() external view returns (address) {
        return address(_pool);
    }

    // ------------------------------------------------------------------- DEBTS

    /// @inheritdoc ICreditDisputes
    function collectPenalties() external {
        (, uint256 penalty) = _writeDebts(_debts, 0, _funds());
        if (penalty == 0) revert NothingToCollect();

        _pool.payAward(address(0), 0, penalty);
    }

    /// @inheritdoc ICreditDisputes
    function obligations() external view returns (Obligations memory) {
        Debts memory debts = _debts;
        BondWithdrawal memory withdrawal = _bondWithdrawal;
        return
            Obligations({
                openDisputes: _openDisputes,
                unpaidAwards: debts.awards,
                unpaidPenalties: debts.penalties,
                encumbered: _encumbered(),
                free: _free(),
                announcedWithdrawal: withdrawal.amount,
                withdrawableAt: withdrawal.availableAt
            });
    }

    /// @dev One dispute is no longer open, and lost. The caller writes the debts.
    function _debtsWithLoss() internal returns (Debts memory debts) {
        _openDisputes -= 1;
        debts = _debts;
        debts.awards += _hold.toUint128();
        debts.penalties += _hold.toUint128();
    }

    /// @dev Takes off the debts what `funds` can pay: of one award, of which so much is `unpaid`, first; then of the penalties, what no open dispute
    /// and no other award needs.
    function _writeDebts(
        Debts memory debts,
        uint256 unpaid,
        uint256 funds
    ) internal returns (uint256 award, uint256 penalty) {
        award = Math.min(unpaid, funds);
        debts.awards -= award.toUint128();
        uint256 needed = _reserved() + debts.awards;
        penalty = Math.min(debts.penalties, Math.saturatingSub(funds - award, needed));
        debts.penalties -= penalty.toUint128();
        _debts = debts;
    }

    /// @dev What open disputes could take: an award and a penalty each.
    function _reserved() private view returns (uint256) {
        return _openDisputes * 2 * _hold;
    }

    function _encumbered() private view returns (uint256) {
        return _reserved() + _debts.awards + _debts.penalties;
    }

    function _funds() internal view returns (uint256) {
        Ledger memory ledger = _pool.ledger();
        return ledger.bond + ledger.revenue;
    }

    function _free() private view returns (uint256) {
        return Math.saturatingSub(_funds(), _encumbered());
    }

    function _requireFree(uint256 amount) private view {
        uint256 free = _free();
        if (amount > free) revert FundsEncumbered(free, amount);
    }

    // -------------------------------------------------------- BOND AND REVENUE

    /// @inheritdoc ICreditDisputes
    function announceBondWithdrawal(uint256 amount) external onlyProvider {
        uint256 availableAt = block.timestamp + NOTICE_WINDOWS * _disputeWindow;
        _bondWithdrawal = BondWithdrawal({amount: amount.toUint128(), availableAt: availableAt.toUint40()});
        emit BondWithdrawalAnnounced(amount, availableAt);
    }

    /// @inheritdoc ICreditDisputes
    function withdrawBond(address to, uint256 amount) external onlyProvider {
        BondWithdrawal memory withdrawal = _bondWithdrawal;
        if (amount > withdrawal.amount) revert WithdrawalNotAnnounced(withdrawal.amount, amount);
        if (block.timestamp < withdrawal.availableAt) revert WithdrawalTooEarly(withdrawal.availableAt);
        _requireFree(amount);

        _bondWithdrawal.amount = withdrawal.amount - amount.toUint128();

        _pool.payBond(to, amount);
    }

    /// @inheritdoc ICreditDisputes
    function withdrawRevenue(address to, uint256 amount) external onlyProvider {
        _requireFree(amount);

        emit RevenueWithdrawn(to, amount);

        _pool.payRevenue(to, amount);
    }
}

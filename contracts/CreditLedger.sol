// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {CreditPoolTerms} from "./CreditPoolTerms.sol";
import {ICreditPool, Ledger} from "./interfaces/ICreditPool.sol";

/// @title All money of a pool: what came in, to whom it belongs, and every way out but the end of an account.
/// @dev Every function that changes state is guarded against re-entry, and calls the token last.
abstract contract CreditLedger is CreditPoolTerms {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// @dev `Ledger` in three slots. Whatever comes in is checked: the sum must fit the smallest member, so no later sum can overflow.
    /// `isOpen` is always true: the second slot is never empty, so the first slash costs no more than the next.
    struct PackedLedger {
        uint128 escrowed;
        uint128 undelivered;
        uint128 revenue;
        uint120 awaitingBurn;
        bool isOpen;
        uint128 bond;
    }

    address private constant BURN_ADDRESS = 0x000000000000000000000000000000000000dEaD;

    PackedLedger internal _ledger;
    /// @inheritdoc ICreditPool
    mapping(address account => uint256) public override creditOf;

    /// @dev One lock for every function that changes state. It lives in transient storage and is opened again at the end of the call.
    uint256 private transient _entered;

    modifier nonReentrant() {
        if (_entered != 0) revert ReentrantCall();
        _entered = 1;
        _;
        _entered = 0;
    }

    modifier onlySettlement() {
        if (msg.sender != settlement) revert NotSettlement(msg.sender);
        _;
    }

    modifier onlyDisputes() {
        if (msg.sender != disputes) revert NotDisputes(msg.sender);
        _;
    }

    // -------------------------------------------------------- BOND AND REVENUE

    /// @inheritdoc ICreditPool
    function postBond(uint256 amount) external nonReentrant {
        _ledger.bond = (_ledger.bond + amount).toUint128();
        emit BondPosted(msg.sender, amount);

        uint256 balance = _balance();
        _token.safeTransferFrom(msg.sender, address(this), amount);
        _requireReceived(balance, amount);
    }

    /// @inheritdoc ICreditPool
    function payBond(address to, uint256 amount) external onlyDisputes nonReentrant {
        _requireRecipient(to);
        uint256 bond = _ledger.bond;
        if (amount > bond) revert BondExceeded(bond, amount);

        _ledger.bond = (bond - amount).toUint128();
        emit BondPaid(to, amount);

        _token.safeTransfer(to, amount);
    }

    /// @inheritdoc ICreditPool
    function payRevenue(address to, uint256 amount) external onlyDisputes nonReentrant {
        _requireRecipient(to);
        uint256 revenue = _ledger.revenue;
        if (amount > revenue) revert RevenueExceeded(revenue, amount);

        _ledger.revenue = (revenue - amount).toUint128();
        emit RevenuePaid(to, amount);

        _token.safeTransfer(to, amount);
    }

    /// @inheritdoc ICreditPool
    function payAward(address to, uint256 award, uint256 penalty) external onlyDisputes nonReentrant {
        PackedLedger memory l = _ledger;
        uint256 taken = award + penalty;
        uint256 fromBond = taken < l.bond ? taken : l.bond;
        if (taken - fromBond > l.revenue) revert AwardExceeded(uint256(l.bond) + l.revenue, taken);

        _ledger.bond = (l.bond - fromBond).toUint128();
        uint128 revenue = (l.revenue - (taken - fromBond)).toUint128();
        (_ledger.revenue, _ledger.awaitingBurn) = (revenue, (l.awaitingBurn + penalty).toUint120());
        emit ProviderCharged(to, award, penalty);

        _push(to, award);
    }

    // ---------------------------------------------------------- CLAIM AND BURN

    /// @inheritdoc ICreditPool
    function claim(address to) external nonReentrant {
        _requireRecipient(to);
        uint256 amount = creditOf[msg.sender];
        if (amount == 0) revert NothingToClaim(msg.sender);

        creditOf[msg.sender] = 0;
        _ledger.undelivered -= amount.toUint128();
        emit Claimed(msg.sender, to, amount);

        _token.safeTransfer(to, amount);
    }

    /// @inheritdoc ICreditPool
    function burn() external nonReentrant {
        uint256 amount = _ledger.awaitingBurn;
        if (amount == 0) revert NothingToBurn();

        _ledger.awaitingBurn = 0;
        emit Burned(amount);

        _token.safeTransfer(BURN_ADDRESS, amount);
    }

    /// @dev Tokens that the pool sends to itself would belong to nobody.
    function _requireRecipient(address to) private view {
        if (to == address(0) || to == address(this)) revert RecipientRefused(to);
    }

    // ------------------------------------------------------------- IN AND OUT

    /// @inheritdoc ICreditPool
    function ledger() external view returns (Ledger memory) {
        PackedLedger memory l = _ledger;
        return
            Ledger({
                escrowed: l.escrowed,
                undelivered: l.undelivered,
                revenue: l.revenue,
                bond: l.bond,
                awaitingBurn: l.awaitingBurn
            });
    }

    /// @dev The price must have arrived, to the unit, on top of what the pool had, and all that is owed must be there.
    function _requireReceived(uint256 balanceBefore, uint256 price) internal view {
        uint256 balance = _balance();
        if (balance != balanceBefore + price) revert ReceivedAmountMismatch(balanceBefore + price, balance);
        PackedLedger memory l = _ledger;
        uint256 owed = uint256(l.escrowed) + l.undelivered + l.revenue + l.bond + l.awaitingBurn;
        if (owed > type(uint120).max) revert LedgerIsFull(owed);
        if (balance < owed) revert PoolUnderfunded(owed, balance);
    }

    function _balance() internal view returns (uint256) {
        return _token.balanceOf(address(this));
    }

    /// @dev Sends once. What does not arrive is credited, so that a recipient that cannot be paid holds up nobody: the one
    /// effect after an interaction, safe because nothing can re-enter.
    function _push(address to, uint256 amount) internal {
        if (amount == 0 || _token.trySafeTransfer(to, amount)) return;
        creditOf[to] += amount;
        _ledger.undelivered += amount.toUint128();
        emit PayoutCredited(to, amount);
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {SNARK_SCALAR_FIELD} from "@zk-kit/lean-imt.sol/Constants.sol";
import {LeanIMT, LeanIMTData} from "@zk-kit/lean-imt.sol/LeanIMT.sol";
import {PoseidonT3} from "poseidon-solidity/PoseidonT3.sol";
import {CreditPoolTerms} from "./CreditPoolTerms.sol";
import {Account, AccountStatus, Distribution, ICreditPool, Ledger, PoolParameters} from "./interfaces/ICreditPool.sol";
import {ICreditSettlementDeployer} from "./interfaces/ICreditSettlement.sol";
import {Verifiers} from "./interfaces/IStatementVerifiers.sol";
import {Payouts} from "./libraries/Payouts.sol";
import {Protocol} from "./libraries/Protocol.sol";

/// @title Jeton's escrow.
/// @dev Every function that changes state is guarded against re-entry, the settlement's calls included, and calls the token last.
/// The tree library and Poseidon are linked; the tree's leaves are never zero and never twice, because commitments are not.
contract CreditPool is CreditPoolTerms {
    using LeanIMT for LeanIMTData;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// @dev `Ledger` in two slots. Every deposit checks that the sum fits the smallest member, so no later sum can overflow.
    /// `isOpen` is always true: the second slot is never empty, so the first slash costs no more than the next.
    struct PackedLedger {
        uint128 escrowed;
        uint128 undelivered;
        uint128 revenue;
        uint120 awaitingBurn;
        bool isOpen;
    }

    address private constant BURN_ADDRESS = 0x000000000000000000000000000000000000dEaD;
    uint256 private constant LEAVES_MAXIMUM = 1 << Protocol.TREE_MAX_DEPTH;

    LeanIMTData private _tree;
    PackedLedger private _ledger;
    mapping(uint256 identityCommitment => Account) private _accounts;
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

    // ---------------------------------------------------------------- CREATION

    /// @param providerKeyEighth Q with 8·Q = `p.providerKey`.
    /// @param deployer Creates the rules, which take this contract, its caller, for their pool.
    constructor(
        PoolParameters memory p,
        uint256[2] memory providerKeyEighth,
        ICreditSettlementDeployer deployer,
        Verifiers memory verifiers
    ) CreditPoolTerms(p, providerKeyEighth, deployer, verifiers) {
        _ledger.isOpen = true;
    }

    // ----------------------------------------------------------------- DEPOSIT

    /// @inheritdoc ICreditPool
    function deposit(uint256 identityCommitment, uint256 amount) external nonReentrant {
        uint256 price = _openAccount(identityCommitment, amount);

        uint256 balance = _balance();
        _token.safeTransferFrom(msg.sender, address(this), price);
        _requireReceived(balance, price);
    }

    /// @inheritdoc ICreditPool
    function depositWithPermit(
        uint256 identityCommitment,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant {
        uint256 price = _openAccount(identityCommitment, amount);

        uint256 balance = _balance();
        try IERC20Permit(address(_token)).permit(msg.sender, address(this), price, deadline, v, r, s) {} catch {} // solhint-disable-line no-empty-blocks
        _token.safeTransferFrom(msg.sender, address(this), price);
        _requireReceived(balance, price);
    }

    /// @inheritdoc ICreditPool
    function depositWithAuthorization(
        uint256 identityCommitment,
        uint256 amount,
        address from,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 salt,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant {
        uint256 price = _openAccount(identityCommitment, amount);
        bytes32 nonce = authorizationNonceOf(identityCommitment, amount, salt);

        uint256 balance = _balance();
        IERC3009(address(_token)).receiveWithAuthorization(
            from,
            address(this),
            price,
            validAfter,
            validBefore,
            nonce,
            v,
            r,
            s
        );
        _requireReceived(balance, price);
    }

    /// @inheritdoc ICreditPool
    function depositBatch(uint256[] calldata identityCommitments, uint256[] calldata amounts) external nonReentrant {
        uint256 count = identityCommitments.length;
        if (count == 0) revert BatchIsEmpty();
        if (amounts.length != count) revert BatchLengthMismatch(count, amounts.length);
        uint256 firstIndex = _requireRoom(count);

        uint256 price = 0;
        uint256[] memory leaves = new uint256[](count);
        for (uint256 i = 0; i < count; i++) {
            price += _recordAccount(identityCommitments[i], amounts[i], firstIndex + i);
            leaves[i] = leafOf(identityCommitments[i], amounts[i]);
        }
        _ledger.escrowed += price.toUint128();
        emit RootUpdated(_tree.insertMany(leaves), firstIndex + count);

        uint256 balance = _balance();
        _token.safeTransferFrom(msg.sender, address(this), price);
        _requireReceived(balance, price);
    }

    /// @inheritdoc ICreditPool
    function leafOf(uint256 identityCommitment, uint256 amount) public pure returns (uint256) {
        return addmod(PoseidonT3.hash([identityCommitment, amount]), Protocol.TAG_LEAF, SNARK_SCALAR_FIELD);
    }

    /// @inheritdoc ICreditPool
    function authorizationNonceOf(
        uint256 identityCommitment,
        uint256 amount,
        bytes32 salt
    ) public view returns (bytes32) {
        return keccak256(abi.encode(Protocol.LABEL_AUTHORIZATION, address(this), identityCommitment, amount, salt));
    }

    /// @dev Everything of a single deposit but the payment; returns what must be paid.
    function _openAccount(uint256 identityCommitment, uint256 amount) private returns (uint256 price) {
        uint256 leafIndex = _requireRoom(1);
        price = _recordAccount(identityCommitment, amount, leafIndex);
        _ledger.escrowed += price.toUint128();
        emit RootUpdated(_tree.insert(leafOf(identityCommitment, amount)), leafIndex + 1);
    }

    /// @dev Writes the account and returns D + S. The caller adds both the leaf and the sum.
    function _recordAccount(uint256 identityCommitment, uint256 amount, uint256 leafIndex) private returns (uint256) {
        if (identityCommitment == 0 || identityCommitment >= SNARK_SCALAR_FIELD) {
            revert IdentityCommitmentOutOfField(identityCommitment);
        }
        Account storage account = _accounts[identityCommitment];
        if (account.status != AccountStatus.None) revert IdentityCommitmentUsed(identityCommitment);
        _requireDepositInRange(amount);
        uint256 stake = stakeOf(amount);

        _accounts[identityCommitment] = Account({
            deposit: amount.toUint96(),
            stake: stake.toUint104(),
            openedAt: block.timestamp.toUint40(),
            status: AccountStatus.Active
        });
        emit AccountOpened(identityCommitment, amount, stake, leafIndex);
        return amount + stake;
    }

    /// @dev The library has no limit of its own, and a deeper path than the circuit's could never be enrolled.
    function _requireRoom(uint256 added) private view returns (uint256 size) {
        size = _tree.size;
        if (size + added > LEAVES_MAXIMUM) revert TreeIsFull(size, added);
    }

    /// @dev The price must have arrived, to the unit, on top of what the pool had, and all that is owed must be there.
    function _requireReceived(uint256 balanceBefore, uint256 price) private view {
        uint256 balance = _balance();
        if (balance != balanceBefore + price) revert ReceivedAmountMismatch(balanceBefore + price, balance);
        PackedLedger memory l = _ledger;
        uint256 owed = uint256(l.escrowed) + l.undelivered + l.revenue + l.awaitingBurn;
        if (owed > type(uint120).max) revert LedgerIsFull(owed);
        if (balance < owed) revert PoolUnderfunded(owed, balance);
    }

    function _balance() private view returns (uint256) {
        return _token.balanceOf(address(this));
    }

    // ----------------------------------------------------------------- RELEASE

    /// @inheritdoc ICreditPool
    function release(
        uint256 identityCommitment,
        AccountStatus status,
        Distribution calldata d
    ) external onlySettlement nonReentrant {
        if (status != AccountStatus.Closed && status != AccountStatus.Slashed) revert StatusIsNotFinal(status);
        Account storage stored = _accounts[identityCommitment];
        Account memory account = stored;
        uint256 held = Payouts.held(account);
        if (held == 0) revert AccountHoldsNothing(identityCommitment, account.status);
        uint256 distributed = d.toRecipient + d.toRelayer + d.toProvider + d.toBurn;
        if (distributed != held) revert DistributionMismatch(identityCommitment, held, distributed);

        stored.status = status;
        // Parts of `held`, which is below 2^105.
        _ledger.escrowed -= uint128(held);
        if (d.toProvider != 0 || d.toBurn != 0) {
            uint128 revenue = _ledger.revenue + uint128(d.toProvider);
            uint120 awaitingBurn = _ledger.awaitingBurn + uint120(d.toBurn);
            (_ledger.revenue, _ledger.awaitingBurn) = (revenue, awaitingBurn);
        }
        emit AccountReleased(
            identityCommitment,
            status,
            d.recipient,
            d.toRecipient,
            d.relayer,
            d.toRelayer,
            d.toProvider,
            d.toBurn
        );

        _push(d.recipient, d.toRecipient);
        _push(d.relayer, d.toRelayer);
    }

    /// @inheritdoc ICreditPool
    function expire(uint256 identityCommitment) external onlySettlement nonReentrant {
        Account memory account = _accounts[identityCommitment];
        if (account.status != AccountStatus.Active) revert AccountNotActive(identityCommitment, account.status);

        _accounts[identityCommitment].status = AccountStatus.Expired;
        _ledger.escrowed -= account.deposit;
        _ledger.revenue += account.deposit;
        emit DepositForfeited(identityCommitment, account.deposit);
    }

    /// @inheritdoc ICreditPool
    function payRevenue(address to, uint256 amount) external onlySettlement nonReentrant {
        _requireRecipient(to);
        uint256 revenue = _ledger.revenue;
        if (amount > revenue) revert RevenueExceeded(revenue, amount);

        _ledger.revenue = (revenue - amount).toUint128();
        emit RevenuePaid(to, amount);

        _token.safeTransfer(to, amount);
    }

    /// @dev Sends once. What does not arrive is credited, so that a recipient that cannot be paid holds up nobody: the one
    /// effect after an interaction, safe because nothing can re-enter.
    function _push(address to, uint256 amount) private {
        if (amount == 0 || _token.trySafeTransfer(to, amount)) return;
        creditOf[to] += amount;
        _ledger.undelivered += amount.toUint128();
        emit PayoutCredited(to, amount);
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

    // ------------------------------------------------------------------- VIEWS

    /// @inheritdoc ICreditPool
    function accountOf(uint256 identityCommitment) external view returns (Account memory) {
        return _accounts[identityCommitment];
    }

    /// @inheritdoc ICreditPool
    function accountsOf(uint256[] calldata identityCommitments) external view returns (Account[] memory accounts) {
        accounts = new Account[](identityCommitments.length);
        for (uint256 i = 0; i < accounts.length; i++) accounts[i] = _accounts[identityCommitments[i]];
    }

    /// @inheritdoc ICreditPool
    function ledger() external view returns (Ledger memory) {
        PackedLedger memory l = _ledger;
        return
            Ledger({
                escrowed: l.escrowed,
                undelivered: l.undelivered,
                revenue: l.revenue,
                awaitingBurn: l.awaitingBurn
            });
    }

    /// @inheritdoc ICreditPool
    function root() external view returns (uint256) {
        return _tree.root();
    }

    /// @inheritdoc ICreditPool
    function leafCount() external view returns (uint256) {
        return _tree.size;
    }

    /// @inheritdoc ICreditPool
    function depth() external view returns (uint256) {
        return _tree.depth;
    }
}

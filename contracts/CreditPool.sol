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
import {CreditLedger} from "./CreditLedger.sol";
import {CreditPoolTerms} from "./CreditPoolTerms.sol";
import {Account, AccountStatus, Distribution, ICreditPool, PoolParameters} from "./interfaces/ICreditPool.sol";
import {RuleDeployers} from "./interfaces/ICreditRules.sol";
import {Verifiers} from "./interfaces/IStatementVerifiers.sol";
import {Payouts} from "./libraries/Payouts.sol";
import {Protocol} from "./libraries/Protocol.sol";

/// @title Jeton's escrow.
/// @dev Every function that changes state is guarded against re-entry, those of the rules included, and calls the token last.
/// The tree library and Poseidon are linked; the tree's leaves are never zero and never twice, because commitments are not.
contract CreditPool is CreditLedger {
    using LeanIMT for LeanIMTData;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    uint256 private constant LEAVES_MAXIMUM = 1 << Protocol.TREE_MAX_DEPTH;

    LeanIMTData private _tree;
    mapping(uint256 identityCommitment => Account) private _accounts;

    // ---------------------------------------------------------------- CREATION

    /// @param providerKeyEighth Q with 8·Q = `p.providerKey`.
    /// @param deployers Create the rules, which take this contract, their caller, for their pool.
    constructor(
        PoolParameters memory p,
        uint256[2] memory providerKeyEighth,
        RuleDeployers memory deployers,
        Verifiers memory verifiers
    ) CreditPoolTerms(p, providerKeyEighth, deployers, verifiers) {
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

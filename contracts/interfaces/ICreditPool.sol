// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice What a pool is: set once, at deployment, and checked there (`libraries/PoolValidation.sol`).
/// @param token The ERC-20 that everything is paid in. See `ICreditPool` for what it must satisfy.
/// @param provider The Ethereum account that withdraws revenue and consents to closes. May be a contract (ERC-1271).
/// @param providerKey The BabyJubJub key that signs states and refund tickets, of prime order.
/// @param ticketPrice C, the most that one ticket can be charged, in token units.
/// @param policyHold P, held beside C for every ticket and burned if the ticket broke the policy, in token units. May be 0.
/// @param unit Every price divides into it, in token units. Divides C and P.
/// @param stakeMinimum The part of the stake that every account pays, in token units.
/// @param stakeBps The part of the stake that grows with the deposit, in basis points of it.
/// @param bountyBps What a slasher gets, in basis points of the stake.
/// @param challengeWindow How long a close can be challenged, in seconds.
/// @param disputeWindow How long the provider has to answer a dispute, in seconds.
/// @param accountLifetime When an account that is not closing can be expired, in seconds after its deposit.
/// @param termsHash SHA-256 of the provider's published terms.
struct PoolParameters {
    IERC20 token;
    address provider;
    uint256[2] providerKey;
    uint256 ticketPrice;
    uint256 policyHold;
    uint256 unit;
    uint256 stakeMinimum;
    uint256 stakeBps;
    uint256 bountyBps;
    uint256 challengeWindow;
    uint256 disputeWindow;
    uint256 accountLifetime;
    bytes32 termsHash;
}

/// @notice Where an account stands. Only Active and Expired accounts hold money. An account that is closing keeps its
/// status until the close is final: `ICreditSettlement.pendingClosesOf` tells.
enum AccountStatus {
    None,
    Active,
    Expired,
    Closed,
    Slashed
}

/// @notice One account, in one storage slot. Deposit and stake stay as they were paid, whatever happens later.
/// @param deposit D, in token units.
/// @param stake S, in token units.
/// @param openedAt When it was opened, in seconds since 1970.
/// @param status See `AccountStatus`.
struct Account {
    uint96 deposit;
    uint104 stake;
    uint40 openedAt;
    AccountStatus status;
}

/// @notice Everything that the pool owes, in token units. The sum is what its token balance must cover.
/// @param escrowed What the open accounts hold: D + S each, S alone after expiry.
/// @param undelivered Payouts that a recipient could not receive and can claim.
/// @param revenue What the provider earned, and can withdraw but for what it answers for (`ICreditDisputes`).
/// @param bond What was posted for the provider, beside its revenue.
/// @param awaitingBurn What the next `burn` sends away for ever.
struct Ledger {
    uint256 escrowed;
    uint256 undelivered;
    uint256 revenue;
    uint256 bond;
    uint256 awaitingBurn;
}

/// @notice How the holdings of one account leave it, in token units. The four amounts add up to exactly what it holds.
struct Distribution {
    address recipient;
    uint256 toRecipient;
    address relayer;
    uint256 toRelayer;
    uint256 toProvider;
    uint256 toBurn;
}

/// @title Jeton's escrow: the tree of accounts, and all money.
/// @notice Anyone opens accounts here. How one ends is decided by the settlement that was created with the pool, once and
/// for ever; the escrow itself makes sure that an account pays out exactly what it holds, once, and out of nothing else. What leaves the
/// provider's bond and revenue is decided by the disputes that were created with the pool, and can be nothing but these.
/// There is no owner, no pause and no upgrade.
///
/// The token. Needed for safety: a transfer moves the stated amount and nothing else, balances change by transfers alone,
/// `balanceOf` tells the truth. A deposit that arrives short, or a pool that holds less than it owes, is refused, so a token that takes
/// fees or rebases opens no account, or no further one; but nobody can make whole what a token takes away later.
/// Needed for liveness: it lets the pool send. A recipient that cannot receive has the amount credited and holds up nobody.
/// The settlement. Needed for safety of an account: that it ends it by the rules. Not needed for any other account's safety.
/// The disputes. Needed for safety of the provider's bond and revenue; of no account.
///
/// Tokens sent here directly belong to nobody and stay for ever.
/// @custom:property P-01 The token balance covers the ledger's sum, and equals it but for tokens sent here directly, after every call.
/// @custom:property P-02 No sequence of calls pays out more than was paid in; each account pays out D + S once.
/// @custom:property P-08 Nobody but the settlement ends an account; no administrator can move, freeze or redirect funds.
interface ICreditPool {
    /// @notice An account was opened. Its leaf is `leafOf(identityCommitment, deposit)`.
    event AccountOpened(uint256 indexed identityCommitment, uint256 deposit, uint256 stake, uint256 leafIndex);
    /// @notice Leaves were added: once after a deposit, once after a whole batch.
    event RootUpdated(uint256 root, uint256 leafCount);
    /// @notice An account ended. The amounts add up to what it held; `toRecipient` and `toRelayer` were sent, or see `PayoutCredited`.
    event AccountReleased(
        uint256 indexed identityCommitment,
        AccountStatus status,
        address recipient,
        uint256 toRecipient,
        address relayer,
        uint256 toRelayer,
        uint256 toProvider,
        uint256 toBurn
    );
    /// @notice An account expired: its deposit became revenue, its stake stays.
    event DepositForfeited(uint256 indexed identityCommitment, uint256 amount);
    /// @notice A payout could not be delivered; `recipient` can claim it.
    event PayoutCredited(address indexed recipient, uint256 amount);
    /// @notice `account` had its credit sent to `to`.
    event Claimed(address indexed account, address indexed to, uint256 amount);
    /// @notice Tokens left for ever.
    event Burned(uint256 amount);
    /// @notice The provider's revenue was paid out.
    event RevenuePaid(address indexed to, uint256 amount);
    /// @notice The provider's bond grew.
    event BondPosted(address indexed from, uint256 amount);
    /// @notice Bond was paid out.
    event BondPaid(address indexed to, uint256 amount);
    /// @notice A lost dispute was paid for out of the bond, then the revenue: `award` was sent, or see `PayoutCredited`; `penalty` awaits burning.
    event ProviderCharged(address indexed to, uint256 award, uint256 penalty);

    error TokenWithoutCode(address token);
    error ProviderIsZero();
    error TermsHashIsZero();
    error TicketPriceIsZero();
    error HoldOutOfRange(uint256 ticketPrice, uint256 policyHold);
    error UnitDoesNotDivide(uint256 unit, uint256 ticketPrice, uint256 policyHold);
    error StakeMinimumOutOfRange(uint256 stakeMinimum);
    error StakeBpsOutOfRange(uint256 stakeBps);
    error BountyBpsOutOfRange(uint256 bountyBps);
    error ChallengeWindowOutOfRange(uint256 challengeWindow);
    error DisputeWindowOutOfRange(uint256 disputeWindow);
    error AccountLifetimeOutOfRange(uint256 accountLifetime);
    error ProviderKeyInvalid(uint256[2] providerKey);

    error IdentityCommitmentOutOfField(uint256 identityCommitment);
    error IdentityCommitmentUsed(uint256 identityCommitment);
    error DepositOutOfRange(uint256 amount, uint256 minimum, uint256 maximum);
    error BatchIsEmpty();
    error BatchLengthMismatch(uint256 identityCommitments, uint256 amounts);
    error TreeIsFull(uint256 leafCount, uint256 added);
    error ReceivedAmountMismatch(uint256 expectedBalance, uint256 balance);
    error PoolUnderfunded(uint256 owed, uint256 balance);
    error LedgerIsFull(uint256 owed);

    error ReentrantCall();
    error NotSettlement(address caller);
    error NotDisputes(address caller);
    error StatusIsNotFinal(AccountStatus status);
    error AccountHoldsNothing(uint256 identityCommitment, AccountStatus status);
    error AccountNotActive(uint256 identityCommitment, AccountStatus status);
    error DistributionMismatch(uint256 identityCommitment, uint256 held, uint256 distributed);
    error RevenueExceeded(uint256 revenue, uint256 amount);
    error BondExceeded(uint256 bond, uint256 amount);
    error AwardExceeded(uint256 funds, uint256 amount);
    error RecipientRefused(address recipient);
    error NothingToClaim(address account);
    error NothingToBurn();

    /// @notice Opens the account of `identityCommitment` with a deposit of `amount`; pulls `amount + stakeOf(amount)` from the
    /// caller, who has approved that much. Anyone may call.
    /// Warning: the account is for ever: it cannot be topped up, moved or opened again. Whoever knows the secret behind the commitment owns it.
    /// Warning: a commitment that others have seen can be used by them first, at their own cost; choose another secret then.
    /// @param identityCommitment H(k): not zero, below the field's order, never used in this pool.
    /// @param amount D, in token units: at least the hold, at most 65,536 times the hold, below 2^96.
    /// @custom:reverts IdentityCommitmentOutOfField, IdentityCommitmentUsed, DepositOutOfRange, TreeIsFull, LedgerIsFull
    /// @custom:reverts ReceivedAmountMismatch if the token takes a fee; PoolUnderfunded if the pool holds less than it owes
    /// @custom:property P-01 P-02
    function deposit(uint256 identityCommitment, uint256 amount) external;

    /// @notice As `deposit`, with an ERC-2612 permit of the caller over `amount + stakeOf(amount)`. A permit that fails is
    /// ignored: an allowance that suffices, or that somebody set by sending the permit first, serves as well.
    /// Warning: only the caller's own tokens are ever taken.
    /// @custom:reverts as `deposit`
    function depositWithPermit(
        uint256 identityCommitment,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice As `deposit`, paid by `from`, who signed an ERC-3009 `ReceiveWithAuthorization` over `amount + stakeOf(amount)` with
    /// the nonce `authorizationNonceOf(identityCommitment, amount, salt)`, so that nobody can use it for another account.
    /// Anyone may call; the caller pays the gas.
    /// @custom:reverts as `deposit`, and as the token does for an authorization that is wrong, used or out of time
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
    ) external;

    /// @notice Opens many accounts with one payment of the caller and one update of the tree. All or none. Anyone may call.
    /// About 175 accounts fit into one transaction (16,777,216 gas).
    /// @custom:reverts BatchIsEmpty, BatchLengthMismatch; else as `deposit`, naming the first commitment that is wrong, used or there twice
    /// @custom:property P-01 P-02
    function depositBatch(uint256[] calldata identityCommitments, uint256[] calldata amounts) external;

    /// @notice Sends what could not be delivered to the caller to `to`. Only the caller's own credit.
    /// @custom:reverts NothingToClaim, RecipientRefused; and as the token does if `to` cannot receive either
    function claim(address to) external;

    /// @notice Sends everything that awaits burning to 0x…dEaD. Anyone may call.
    /// @custom:reverts NothingToBurn; and as the token does if that address cannot receive: the amount then stays counted
    function burn() external;

    /// @notice Ends an account and pays out all that it holds. Only the settlement.
    /// @param status Closed or Slashed.
    /// @custom:reverts NotSettlement, StatusIsNotFinal, AccountHoldsNothing
    /// @custom:reverts DistributionMismatch unless the amounts add up to exactly what the account holds
    /// @custom:property P-01 P-02 P-08
    function release(uint256 identityCommitment, AccountStatus status, Distribution calldata distribution) external;

    /// @notice Makes the deposit of an active account revenue. Its stake stays. Only the settlement.
    /// @custom:reverts NotSettlement, AccountNotActive
    function expire(uint256 identityCommitment) external;

    /// @notice Adds `amount`, which the caller has approved, to the provider's bond. Anyone may call.
    /// Warning: it is the provider's from here on, whoever paid.
    /// @custom:reverts LedgerIsFull, ReceivedAmountMismatch, PoolUnderfunded
    /// @custom:property P-01
    function postBond(uint256 amount) external;

    /// @notice Pays `amount` of the bond to `to`. Only the disputes.
    /// @custom:reverts NotDisputes, RecipientRefused, BondExceeded; and as the token does if `to` cannot receive
    function payBond(address to, uint256 amount) external;

    /// @notice Pays `amount` of the revenue to `to`. Only the disputes.
    /// @custom:reverts NotDisputes, RecipientRefused, RevenueExceeded; and as the token does if `to` cannot receive
    function payRevenue(address to, uint256 amount) external;

    /// @notice Takes a lost dispute out of the bond, then the revenue: `award` to `to`, `penalty` to be burned. Only the disputes.
    /// @custom:reverts NotDisputes, AwardExceeded
    /// @custom:property P-01
    function payAward(address to, uint256 award, uint256 penalty) external;

    /// @notice What this pool is; never changes.
    function parameters() external view returns (PoolParameters memory);

    /// @notice The rules of this pool's accounts; never changes.
    function settlement() external view returns (address);

    /// @notice The rules of what the provider answers for; never changes.
    function disputes() external view returns (address);

    /// @notice The pool and chain as a number below the field's order: `uint256(keccak256(abi.encode("jeton.scope.v1", chainid, pool))) >> 8`.
    function scope() external view returns (uint256);

    /// @notice Π = H(H(scope, hold), H(Ax, Ay)): binds every proof to this pool, chain, price and provider.
    function poolHash() external view returns (uint256);

    /// @notice S for a deposit of `amount`: `stakeMinimum + amount * stakeBps / 10,000`, rounded down.
    function stakeOf(uint256 amount) external view returns (uint256);

    /// @notice The leaf of an account: `H(identityCommitment, amount) + TAG_LEAF mod p`.
    function leafOf(uint256 identityCommitment, uint256 amount) external pure returns (uint256);

    /// @notice The ERC-3009 nonce to sign for `depositWithAuthorization`:
    /// `keccak256(abi.encode("jeton.authorization.v1", pool, identityCommitment, amount, salt))`.
    function authorizationNonceOf(
        uint256 identityCommitment,
        uint256 amount,
        bytes32 salt
    ) external view returns (bytes32);

    /// @notice One account; all zero if it was never opened.
    function accountOf(uint256 identityCommitment) external view returns (Account memory);

    /// @notice Many accounts, in the order asked.
    function accountsOf(uint256[] calldata identityCommitments) external view returns (Account[] memory);

    /// @notice What `account` can claim, in token units.
    function creditOf(address account) external view returns (uint256);

    /// @notice Everything that the pool owes.
    function ledger() external view returns (Ledger memory);

    /// @notice The root of the tree of accounts; 0 when it is empty.
    function root() external view returns (uint256);

    /// @notice How many accounts were ever opened.
    function leafCount() external view returns (uint256);

    /// @notice The levels of the tree above its leaves.
    function depth() external view returns (uint256);
}

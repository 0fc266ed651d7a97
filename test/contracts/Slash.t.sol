// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {ICreditDisputes} from "../../contracts/interfaces/ICreditDisputes.sol";
import {AccountStatus, ICreditPool, Ledger} from "../../contracts/interfaces/ICreditPool.sol";
import {CloseRequest, ICreditSettlement} from "../../contracts/interfaces/ICreditSettlement.sol";
import {Proof} from "../../contracts/interfaces/IStatementVerifiers.sol";
import {PoolTest} from "./support/PoolTest.sol";

/// @dev Slashing and expiry at every stage of an account's life, with the model verifier.
contract SlashTest is PoolTest {
    uint256 private constant ID = 42;
    uint256 private constant D = 110_000;
    uint256 private constant S = 500 + 1_430;
    uint256 private constant BOUNTY = 963; // 49.9 % of 1,930, rounded down
    address private constant USER = address(0xBEEF);
    address private constant WATCHER = address(0xD06);

    function setUp() public override {
        super.setUp();
        pool.deposit(ID, D);
    }

    function test_slash_ofAnActiveAccountGivesTheDepositToTheProvider() public {
        settlement.slash(ID, 7, WATCHER, slashProof(ID, 7, WATCHER));
        _assertPaid(D);
    }

    function test_slash_ofAClosingAccountEndsTheClose() public {
        CloseRequest memory request = closeOf(ID, 0, 0, 0, USER);
        (request.relayer, request.fee) = (USER, 9);
        settlement.startClose(prove(request));
        settlement.slash(ID, 7, WATCHER, slashProof(ID, 7, WATCHER));
        _assertPaid(D);
        assertTrue(pendingOf(ID).finalizableAt == 0 && pendingOf(ID).relayer == address(0), "no close is left");
        vm.warp(START + WINDOW);
        vm.expectRevert(abi.encodeWithSelector(ICreditSettlement.NoPendingClose.selector, ID));
        settlement.finalizeClose(ID);
    }

    function test_slash_beatsACloseThatNobodyFinalized() public {
        settlement.startClose(prove(closeOf(ID, 0, 0, 0, USER)));
        vm.warp(START + 10 * WINDOW);
        settlement.slash(ID, 7, WATCHER, slashProof(ID, 7, WATCHER));
        _assertPaid(D);
    }

    function test_slash_ofAnExpiredAccountMovesTheStakeAlone() public {
        vm.warp(START + LIFETIME);
        settlement.expire(ID);
        settlement.slash(ID, 7, WATCHER, slashProof(ID, 7, WATCHER));
        _assertPaid(D);
    }

    function test_slash_cannotHappenTwiceNorBeFollowedByAnything() public {
        settlement.slash(ID, 7, WATCHER, slashProof(ID, 7, WATCHER));
        bytes memory slashed = abi.encodeWithSelector(
            ICreditSettlement.AccountNotOpen.selector,
            ID,
            AccountStatus.Slashed
        );
        Proof memory proof = slashProof(ID, 7, WATCHER);
        vm.expectRevert(slashed);
        settlement.slash(ID, 7, WATCHER, proof);
        CloseRequest memory request = prove(closeOf(ID, 0, 0, 0, USER));
        vm.expectRevert(slashed);
        settlement.startClose(request);
        vm.warp(START + LIFETIME);
        vm.expectRevert(abi.encodeWithSelector(ICreditPool.AccountNotActive.selector, ID, AccountStatus.Slashed));
        settlement.expire(ID);
        vm.expectRevert(abi.encodeWithSelector(ICreditPool.IdentityCommitmentUsed.selector, ID));
        pool.deposit(ID, D);
    }

    function test_slash_withAnotherRecipientNullifierOrAccountIsRefused() public {
        pool.deposit(ID + 1, D);
        Proof memory proof = slashProof(ID, 7, WATCHER);
        bytes memory refused = abi.encodeWithSelector(ICreditSettlement.ProofRefused.selector);
        vm.expectRevert(refused);
        settlement.slash(ID, 7, USER, proof);
        vm.expectRevert(refused);
        settlement.slash(ID, 8, WATCHER, proof);
        vm.expectRevert(refused);
        settlement.slash(ID + 1, 7, WATCHER, proof);
    }

    function test_slash_provedForAnotherPoolIsRefused() public {
        Proof memory proof = slashProof(ID, 7, WATCHER);
        usePool(factory.createPool(parametersOf(PROVIDER), providerKeyEighth()));
        pool.deposit(ID, D);
        vm.expectRevert(abi.encodeWithSelector(ICreditSettlement.ProofRefused.selector));
        settlement.slash(ID, 7, WATCHER, proof);
    }

    /// @dev P-06: the slasher of his own account, from any address, ends with less than a plain close would have paid.
    function testFuzz_slash_ofOnesOwnAccountLoses(uint96 rawDeposit) public {
        uint256 deposit = bound(rawDeposit, C + P, (C + P) * 65_536);
        uint256 stake = pool.stakeOf(deposit);
        pool.deposit(ID + 1, deposit);
        settlement.slash(ID + 1, 7, USER, slashProof(ID + 1, 7, USER));
        assertTrue(token.balanceOf(USER) < stake, "less than the stake");
    }

    function test_expire_waitsForTheLifetime() public {
        vm.warp(START + LIFETIME - 1);
        vm.expectRevert(abi.encodeWithSelector(ICreditSettlement.AccountNotExpirable.selector, ID, START + LIFETIME));
        settlement.expire(ID);
    }

    function test_expire_sparesAnAccountThatIsClosing() public {
        settlement.startClose(prove(closeOf(ID, 0, 0, 0, USER)));
        vm.warp(START + LIFETIME);
        vm.expectRevert(abi.encodeWithSelector(ICreditSettlement.CloseIsPending.selector, ID));
        settlement.expire(ID);
        settlement.finalizeClose(ID);
        assertEq(token.balanceOf(USER), D + S, "user");
    }

    function test_expire_happensOnce() public {
        vm.warp(START + LIFETIME);
        settlement.expire(ID);
        vm.expectRevert(abi.encodeWithSelector(ICreditPool.AccountNotActive.selector, ID, AccountStatus.Expired));
        settlement.expire(ID);
        vm.expectRevert(abi.encodeWithSelector(ICreditPool.AccountNotActive.selector, ID + 1, AccountStatus.None));
        settlement.expire(ID + 1);
        assertTrue(pool.accountOf(ID).deposit == D && pool.accountOf(ID).stake == S, "recorded as deposited");
    }

    function test_revenue_isTheProvidersAlone() public {
        settlement.slash(ID, 7, WATCHER, slashProof(ID, 7, WATCHER));
        vm.prank(PROVIDER);
        disputes.withdrawRevenue(USER, D - 1);
        assertEq(token.balanceOf(USER), D - 1, "paid out");
        assertEq(pool.ledger().revenue, 1, "left");
        vm.prank(PROVIDER);
        vm.expectRevert(abi.encodeWithSelector(ICreditDisputes.FundsEncumbered.selector, 1, 2));
        disputes.withdrawRevenue(USER, 2);
        pool.postBond(1);
        vm.prank(PROVIDER);
        vm.expectRevert(abi.encodeWithSelector(ICreditPool.RevenueExceeded.selector, 1, 2));
        disputes.withdrawRevenue(USER, 2);
        pool.burn();
        assertEq(token.balanceOf(0x000000000000000000000000000000000000dEaD), S - BOUNTY, "burned");
    }

    function _assertPaid(uint256 revenue) private view {
        assertEq(token.balanceOf(WATCHER), BOUNTY, "bounty");
        Ledger memory ledger = pool.ledger();
        assertEq(ledger.revenue, revenue, "revenue");
        assertEq(ledger.awaitingBurn, S - BOUNTY, "awaiting burn");
        assertEq(ledger.escrowed, 0, "escrow");
        assertTrue(pool.accountOf(ID).status == AccountStatus.Slashed, "slashed");
    }
}

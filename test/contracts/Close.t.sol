// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {AccountStatus, ICreditPool, Ledger} from "../../contracts/interfaces/ICreditPool.sol";
import {CloseRequest, ICreditSettlement, PendingClose} from "../../contracts/interfaces/ICreditSettlement.sol";
import {Proof} from "../../contracts/interfaces/IStatementVerifiers.sol";
import {PoolTest} from "./support/PoolTest.sol";

/// @dev A provider that is a contract: it consents to what its owner lists.
contract ContractProvider is IERC1271 {
    mapping(bytes32 digest => bool) public isConsented;

    function consent(bytes32 digest) external {
        isConsented[digest] = true;
    }

    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        return isConsented[digest] ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}

/// @dev A close from its start to its payout, with the model verifier. What real proofs bind is tested with real proofs.
contract CloseTest is PoolTest {
    uint256 private constant ID = 42;
    uint256 private constant D = 110_000;
    uint256 private constant S = 500 + 1_430;
    address private constant USER = address(0xBEEF);
    address private constant RELAYER = address(0xFEE);

    function setUp() public override {
        super.setUp();
        pool.deposit(ID, D);
    }

    function test_close_paysTheUserTheProviderAndTheFireAfterTheWindow() public {
        settlement.startClose(prove(closeOf(ID, 10, 4_000, 900, USER)));

        PendingClose memory pending = pendingOf(ID);
        assertEq(pending.toRecipient, D + S - 11_000 + 4_900, "pending user");
        assertEq(pending.toProvider, 6_000, "pending provider");
        assertEq(pending.finalizableAt, START + WINDOW, "finalizable");
        assertTrue(pending.recipient == USER && pending.relayer == address(0) && pending.fee == 0, "payees");
        assertEq(token.balanceOf(address(pool)), D + S, "nothing moves in the window");

        vm.warp(START + WINDOW);
        settlement.finalizeClose(ID);
        assertEq(token.balanceOf(USER), D + S - 11_000 + 4_900, "user");
        Ledger memory ledger = pool.ledger();
        assertEq(ledger.revenue, 6_000, "revenue");
        assertEq(ledger.awaitingBurn, 100, "awaiting burn");
        assertEq(ledger.escrowed, 0, "escrow");
        assertTrue(pool.accountOf(ID).status == AccountStatus.Closed, "closed");
        _assertNoPending();
    }

    function test_close_cannotBeFinalInTheWindow() public {
        settlement.startClose(prove(closeOf(ID, 0, 0, 0, USER)));
        vm.warp(START + WINDOW - 1);
        vm.expectRevert(abi.encodeWithSelector(ICreditSettlement.ChallengeWindowOpen.selector, ID, START + WINDOW));
        settlement.finalizeClose(ID);
    }

    function test_close_cannotBeReplacedWhilePending() public {
        settlement.startClose(prove(closeOf(ID, 0, 0, 0, USER)));
        CloseRequest memory another = prove(closeOf(ID, 0, 0, 0, RELAYER));
        bytes memory pending = abi.encodeWithSelector(ICreditSettlement.CloseIsPending.selector, ID);
        vm.expectRevert(pending);
        settlement.startClose(another);
        bytes memory consent = consentTo(another, block.timestamp);
        vm.expectRevert(pending);
        settlement.closeWithConsent(another, block.timestamp, consent);
    }

    function test_close_thatIsPendingIsFinalWithConsentToTheSame() public {
        CloseRequest memory request = prove(closeOf(ID, 0, 0, 0, USER));
        settlement.startClose(request);
        settlement.closeWithConsent(request, block.timestamp, consentTo(request, block.timestamp));
        assertEq(token.balanceOf(USER), D + S, "paid at once");
        assertEq(pendingOf(ID).finalizableAt, 0, "pending");
    }

    /// @dev Each variant differs from the pending close in one thing that it pays, and in nothing else.
    function test_close_thatIsPendingTakesNoConsentToAnythingElse() public {
        CloseRequest memory request = closeOf(ID, 10, 4_000, 500, USER);
        (request.relayer, request.fee) = (RELAYER, 700);
        settlement.startClose(prove(request));
        for (uint256 field = 0; field < 4; field++) {
            CloseRequest memory other = closeOf(ID, 10, 4_000, 500, USER);
            (other.relayer, other.fee) = (RELAYER, 700);
            if (field == 0) other.recipient = RELAYER;
            if (field == 1) other.relayer = USER;
            // The recipient gets the same: 100 more are refunded and 100 more go to the relayer.
            if (field == 2) (other.refundedHolds, other.fee) = (600, 800);
            // The recipient gets the same: what is refunded of a charge is not refunded of a hold.
            if (field == 3) (other.refundedCharges, other.refundedHolds) = (4_100, 400);
            other = prove(other);
            bytes memory consent = consentTo(other, block.timestamp);
            vm.expectRevert(abi.encodeWithSelector(ICreditSettlement.CloseIsPending.selector, ID));
            settlement.closeWithConsent(other, block.timestamp, consent);
        }
        CloseRequest memory fewer = closeOf(ID, 10, 4_000, 400, USER);
        (fewer.relayer, fewer.fee) = (RELAYER, 700);
        fewer = prove(fewer);
        bytes memory agreed = consentTo(fewer, block.timestamp);
        vm.expectRevert(abi.encodeWithSelector(ICreditSettlement.CloseIsPending.selector, ID));
        settlement.closeWithConsent(fewer, block.timestamp, agreed);
    }

    function test_close_cannotHappenTwice() public {
        CloseRequest memory request = prove(closeOf(ID, 0, 0, 0, USER));
        request.deadline = block.timestamp + 3 * WINDOW;
        settlement.startClose(prove(request));
        vm.warp(START + WINDOW);
        settlement.finalizeClose(ID);
        Proof memory proof = slashProof(ID, 1, USER);
        bytes memory closed = abi.encodeWithSelector(
            ICreditSettlement.AccountNotOpen.selector,
            ID,
            AccountStatus.Closed
        );
        vm.expectRevert(closed);
        settlement.startClose(request);
        vm.expectRevert(abi.encodeWithSelector(ICreditSettlement.NoPendingClose.selector, ID));
        settlement.finalizeClose(ID);
        vm.expectRevert(closed);
        settlement.slash(ID, 1, USER, proof);
    }

    function test_close_paysTheRelayerOutOfTheUsersPart() public {
        CloseRequest memory request = closeOf(ID, 1, 0, 0, USER);
        (request.relayer, request.fee) = (RELAYER, 700);
        settlement.startClose(prove(request));
        assertTrue(pendingOf(ID).relayer == RELAYER && pendingOf(ID).fee == 700, "pending fee");
        vm.warp(START + WINDOW);
        settlement.finalizeClose(ID);
        assertEq(token.balanceOf(RELAYER), 700, "relayer");
        assertEq(token.balanceOf(USER), D + S - 1_100 - 700, "user");
        _assertNoPending();
    }

    function test_close_cutsTheFeeToTheUsersPart() public {
        CloseRequest memory request = closeOf(ID, 65_536, 0, 0, USER);
        for (uint256 t = 0; t < 64; t++) request.coverKeys[t] = 0;
        (request.relayer, request.fee) = (RELAYER, S + 1);
        settlement.startClose(prove(request));
        vm.warp(START + WINDOW);
        settlement.finalizeClose(ID);
        assertEq(token.balanceOf(RELAYER), S, "relayer");
        assertEq(token.balanceOf(USER), 0, "user");
        assertEq(pool.ledger().revenue, D, "provider");
    }

    function test_close_namesARelayerThatAsksForNothing() public {
        CloseRequest memory request = closeOf(ID, 0, 0, 0, USER);
        request.relayer = RELAYER;
        settlement.startClose(prove(request));
        assertTrue(pendingOf(ID).relayer == address(0), "no relayer without a fee");
    }

    function test_close_withAnyFieldChangedUnderTheProofIsRefused() public {
        CloseRequest memory proved = prove(closeOf(ID, 5, 100, 10, USER));
        for (uint256 field = 0; field < 9; field++) {
            CloseRequest memory request = abi.decode(abi.encode(proved), (CloseRequest));
            if (field == 0) request.firstUnused += 1;
            if (field == 1) request.refundedCharges += 1;
            if (field == 2) request.refundedHolds += 1;
            if (field == 3) request.recipient = RELAYER;
            if (field == 4) request.relayer = RELAYER;
            if (field == 5) (request.relayer, request.fee) = (RELAYER, 1);
            if (field == 6) request.deadline += 1;
            if (field == 7) request.coverKeys[63] += 1;
            if (field == 8) (request.coverKeys[0], request.coverKeys[1]) = (request.coverKeys[1], request.coverKeys[0]);
            vm.expectRevert(abi.encodeWithSelector(ICreditSettlement.ProofRefused.selector));
            settlement.startClose(request);
        }
        settlement.startClose(proved);
    }

    function test_close_ofAnotherAccountWithTheSameProofIsRefused() public {
        CloseRequest memory request = prove(closeOf(ID, 0, 0, 0, USER));
        pool.deposit(ID + 1, D);
        request.identityCommitment = ID + 1;
        vm.expectRevert(abi.encodeWithSelector(ICreditSettlement.ProofRefused.selector));
        settlement.startClose(request);
    }

    function test_close_ofAnExpiredAccountPaysTheStake() public {
        vm.warp(START + LIFETIME);
        settlement.expire(ID);
        assertEq(pool.ledger().revenue, D, "revenue");
        assertEq(pool.ledger().escrowed, S, "escrow");
        settlement.startClose(prove(closeOf(ID, 3, 0, 0, USER)));
        vm.warp(START + LIFETIME + WINDOW);
        settlement.finalizeClose(ID);
        assertEq(token.balanceOf(USER), S, "user");
        assertEq(pool.ledger().revenue, D, "provider gets nothing more");
    }

    function test_consent_paysAtOnce() public {
        CloseRequest memory request = closeOf(ID, 10, 0, 1_000, USER);
        (request.relayer, request.fee) = (RELAYER, 5);
        request = prove(request);
        settlement.closeWithConsent(request, block.timestamp, consentTo(request, block.timestamp));
        assertEq(token.balanceOf(USER), D + S - 10_000 - 5, "user");
        assertEq(token.balanceOf(RELAYER), 5, "relayer");
        assertEq(pool.ledger().revenue, 10_000, "provider");
        _assertNoPending();
    }

    function test_consent_doesNotReplaceTheProof() public {
        CloseRequest memory request = closeOf(ID, 0, 0, 0, USER);
        bytes memory consent = consentTo(request, block.timestamp);
        vm.expectRevert(abi.encodeWithSelector(ICreditSettlement.ProofRefused.selector));
        settlement.closeWithConsent(request, block.timestamp, consent);
    }

    function test_consent_countsOnlyForTheCloseItNames() public {
        CloseRequest memory request = prove(closeOf(ID, 10, 50, 60, USER));
        bytes memory consent = consentTo(request, block.timestamp);
        bytes memory refused = abi.encodeWithSelector(ICreditSettlement.ConsentRefused.selector);
        for (uint256 field = 0; field < 9; field++) {
            CloseRequest memory changed = abi.decode(abi.encode(request), (CloseRequest));
            if (field == 0) changed.firstUnused -= 1;
            if (field == 1) changed.refundedCharges += 1;
            if (field == 2) changed.refundedHolds += 1;
            if (field == 3) changed.recipient = RELAYER;
            if (field == 4) changed.relayer = RELAYER;
            if (field == 5) changed.fee = 1;
            if (field == 6) changed.deadline += 1;
            if (field == 7) changed.coverKeys[7] = 0;
            if (field == 8) changed.identityCommitment += 1;
            changed = prove(changed);
            vm.expectRevert(refused);
            settlement.closeWithConsent(changed, block.timestamp, consent);
        }
        vm.expectRevert(refused);
        settlement.closeWithConsent(request, block.timestamp + 1, consent);
        settlement.closeWithConsent(request, block.timestamp, consent);
    }

    function test_consent_givenInAnotherPoolIsRefused() public {
        ICreditPool first = pool;
        usePool(factory.createPool(parametersOf(PROVIDER), providerKeyEighth()));
        pool.deposit(ID, D);
        bytes memory consentOfTheOther = consentTo(prove(closeOf(ID, 0, 0, 0, USER)), block.timestamp);
        usePool(first);
        CloseRequest memory request = prove(closeOf(ID, 0, 0, 0, USER));
        vm.expectRevert(abi.encodeWithSelector(ICreditSettlement.ConsentRefused.selector));
        settlement.closeWithConsent(request, block.timestamp, consentOfTheOther);
    }

    function test_consent_givenOnAnotherChainIsRefused() public {
        CloseRequest memory request = prove(closeOf(ID, 0, 0, 0, USER));
        bytes memory consent = consentTo(request, block.timestamp);
        vm.chainId(31338);
        vm.expectRevert(abi.encodeWithSelector(ICreditSettlement.ConsentRefused.selector));
        settlement.closeWithConsent(request, block.timestamp, consent);
        vm.chainId(31337);
        settlement.closeWithConsent(request, block.timestamp, consent);
    }

    function test_consent_ofAContractIsAskedFor() public {
        ContractProvider provider = new ContractProvider();
        usePool(factory.createPool(parametersOf(address(provider)), providerKeyEighth()));
        pool.deposit(ID, D);
        CloseRequest memory request = prove(closeOf(ID, 0, 0, 0, USER));
        vm.expectRevert(abi.encodeWithSelector(ICreditSettlement.ConsentRefused.selector));
        settlement.closeWithConsent(request, block.timestamp, "");
        provider.consent(settlement.consentDigestOf(request, block.timestamp));
        settlement.closeWithConsent(request, block.timestamp, "");
        assertEq(token.balanceOf(USER), D + S, "user");
    }

    function _assertNoPending() private view {
        PendingClose memory empty;
        bool isEmpty = keccak256(abi.encode(pendingOf(ID))) == keccak256(abi.encode(empty));
        assertTrue(isEmpty, "nothing is left of the close");
    }
}

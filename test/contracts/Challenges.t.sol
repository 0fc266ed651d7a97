// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {FoldRequest, FoldStatus, ICertifiedFolds} from "../../contracts/interfaces/ICertifiedFolds.sol";
import {CloseRequest, ICreditSettlement} from "../../contracts/interfaces/ICreditSettlement.sol";
import {FoldUser} from "./support/FoldUser.sol";
import {PoolTest} from "./support/PoolTest.sol";

/// @dev The provider shows another fold of a ticket that a pending fold has: what falls, what stands, what is held.
contract ChallengesTest is PoolTest, FoldUser {
    address private constant USER = address(0xBEEF);

    /// @dev Pending, of tickets 0 to 3.
    FoldRequest private _pending;
    /// @dev Signed by the provider, of tickets 3 to 6.
    FoldRequest private _signed;

    function setUp() public override {
        super.setUp();
        _pending = foldOf(ticketsFrom(0), signedState(0), true);
        _signed = foldOf(ticketsFrom(3), signedState(1), true);
        settlement.certifyFold(_pending);
    }

    // ------------------------------------------------------------------- RULES

    function test_challenge_isForTheProviderAlone() public {
        bytes memory notProvider = abi.encodeWithSelector(ICreditSettlement.NotProvider.selector, USER);
        assertRefused(USER, address(settlement), _challengeOf(_pending, _signed), notProvider);
    }

    function test_challenge_isForPendingFoldsAlone() public {
        bytes4 notPending = ICertifiedFolds.FoldIsNotPending.selector;
        _refuse(_signed, _pending, abi.encodeWithSelector(notPending, _signed.newState, FoldStatus.None));
        vm.warp(START + 10 * WINDOW);
        finalizeFold(_pending);
        _refuse(_pending, _signed, abi.encodeWithSelector(notPending, _pending.newState, FoldStatus.Final));
    }

    function test_challenge_ofAFallenFoldIsRefused() public {
        _challenge(_pending, _signed);
        FoldRequest memory third = foldOf(ticketsFrom(2), signedState(2), true);
        bytes4 notPending = ICertifiedFolds.FoldIsNotPending.selector;
        _refuse(_pending, third, abi.encodeWithSelector(notPending, _pending.newState, FoldStatus.Fallen));
    }

    function test_challenge_isTakenAfterTheWindowAsLongAsTheFoldIsNotFinal() public {
        vm.warp(START + 10 * WINDOW);
        _challenge(_pending, _signed);
    }

    function test_challenge_needsTheContentsThatWereProven() public {
        bytes memory mismatch = abi.encodeWithSelector(
            ICertifiedFolds.FoldContentsMismatch.selector,
            _pending.newState
        );
        FoldRequest memory other = abi.decode(abi.encode(_pending), (FoldRequest));
        other.foldNullifiers[0] = foldNullifierOf(5);
        _refuse(other, _signed, mismatch);
        other = abi.decode(abi.encode(_pending), (FoldRequest));
        other.certified = signedState(0);
        _refuse(other, _signed, mismatch);
    }

    function test_challenge_needsAnotherStateAndASharedTicket() public {
        bytes4 noConflict = ICertifiedFolds.FoldsDoNotConflict.selector;
        FoldRequest memory apart = foldOf(ticketsFrom(4), signedState(1), true);
        _refuse(_pending, apart, abi.encodeWithSelector(noConflict, _pending.newState, apart.newState));
        _refuse(_pending, _pending, abi.encodeWithSelector(noConflict, _pending.newState, _pending.newState));
        for (uint256 t = 0; t < 16; t++) {
            FoldRequest memory fold = foldOf(ticketsFrom(1_000 + 4 * t), signedState(2), true);
            settlement.certifyFold(fold);
            uint256[4] memory nullifiers = ticketsFrom(2_000 + 4 * t);
            nullifiers[t / 4] = fold.foldNullifiers[t % 4];
            _challenge(fold, foldOf(nullifiers, signedState(3), true));
            _assertStatus(fold, FoldStatus.Fallen);
        }
    }

    function test_challenge_needsABaseThatIsSignedOrFinal() public {
        FoldRequest memory base = foldOf(ticketsFrom(10), signedState(2), true);
        uint256[4] memory nullifiers = ticketsFrom(14);
        nullifiers[0] = foldNullifierOf(0);
        FoldRequest memory onBase = foldOf(nullifiers, base.newState, false);
        bytes memory notCertified = abi.encodeWithSelector(ICertifiedFolds.StateNotCertified.selector, base.newState);
        _refuse(_pending, onBase, notCertified);
        settlement.certifyFold(base);
        _refuse(_pending, onBase, notCertified);
        vm.warp(START + WINDOW);
        finalizeFold(base);
        _challenge(_pending, onBase);
    }

    function test_challenge_needsAProofOfFourTickets() public {
        FoldRequest memory forged = abi.decode(abi.encode(_signed), (FoldRequest));
        forged.newState += 1;
        _refuse(_pending, forged, abi.encodeWithSelector(ICreditSettlement.ProofRefused.selector));
        uint256[4] memory nullifiers = ticketsFrom(3);
        nullifiers[1] = nullifiers[0];
        FoldRequest memory twice = foldOf(nullifiers, signedState(1), true);
        bytes4 repeats = ICertifiedFolds.FoldNullifiersRepeat.selector;
        _refuse(_pending, twice, abi.encodeWithSelector(repeats, nullifiers[0]));
    }

    // ----------------------------------------------------------------- EFFECTS

    function test_challenge_putsTheFoldShownInThePlaceOfThePendingOne() public {
        vm.warp(START + WINDOW / 2);
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ICertifiedFolds.FoldChallenged(_pending.newState, _signed.newState);
        _challenge(_pending, _signed);
        _assertStatus(_pending, FoldStatus.Fallen);
        _assertStatus(_signed, FoldStatus.Pending);
        assertEq(recordOf(_signed.newState).finalizableAt, START + WINDOW / 2 + WINDOW, "a fresh window");
        _assertHeld(3, 7, _signed.newState);
        assertEq(holderOf(foldNullifierOf(0)), 0, "what only the fallen one had is free");
        vm.warp(START + WINDOW / 2 + WINDOW);
        finalizeFold(_signed);
    }

    function test_challenge_leavesNoWayBack() public {
        _challenge(_pending, _signed);
        bytes4 known = ICertifiedFolds.FoldIsKnown.selector;
        bytes memory fallen = abi.encodeWithSelector(known, _pending.newState, FoldStatus.Fallen);
        assertRefused(USER, address(settlement), abi.encodeCall(settlement.certifyFold, (_pending)), fallen);
        bytes4 hasFallen = ICertifiedFolds.FoldHasFallen.selector;
        _refuse(_signed, _pending, abi.encodeWithSelector(hasFallen, _pending.newState));
        vm.warp(START + WINDOW);
        bytes4 notPending = ICertifiedFolds.FoldIsNotPending.selector;
        _refuseFinalize(_pending, abi.encodeWithSelector(notPending, _pending.newState, FoldStatus.Fallen));
    }

    function test_challenge_keepsOtherFoldsOfItsTicketsFromEverBeingFinal() public {
        FoldRequest memory bystander = foldOf(ticketsFrom(6), signedState(3), true);
        settlement.certifyFold(bystander);
        _challenge(_pending, _signed);
        _assertStatus(bystander, FoldStatus.Pending);
        vm.warp(START + WINDOW);
        bytes4 hasFallen = ICertifiedFolds.FoldHasFallen.selector;
        _refuseFinalize(bystander, abi.encodeWithSelector(hasFallen, bystander.newState));
        FoldRequest memory late = foldOf(ticketsFrom(5), signedState(4), true);
        bytes4 held = ICertifiedFolds.FoldNullifierHeld.selector;
        bytes memory refused = abi.encodeWithSelector(held, foldNullifierOf(5), _signed.newState);
        assertRefused(USER, address(settlement), abi.encodeCall(settlement.certifyFold, (late)), refused);
    }

    function test_challenge_takesDownWhatBuildsOnTheFallenFold() public {
        FoldRequest memory next = foldOf(ticketsFrom(10), _pending.newState, false);
        FoldRequest memory last = foldOf(ticketsFrom(14), next.newState, false);
        settlement.certifyFold(next);
        settlement.certifyFold(last);
        _challenge(_pending, _signed);
        vm.warp(START + 2 * WINDOW);
        bytes4 notCertified = ICertifiedFolds.StateNotCertified.selector;
        _refuseFinalize(next, abi.encodeWithSelector(notCertified, _pending.newState));
        _refuseFinalize(last, abi.encodeWithSelector(notCertified, next.newState));
        FoldRequest memory another = foldOf(ticketsFrom(18), _pending.newState, false);
        assertRefused(
            USER,
            address(settlement),
            abi.encodeCall(settlement.certifyFold, (another)),
            abi.encodeWithSelector(notCertified, _pending.newState)
        );
        // Nothing is lost: the tickets can be folded into another state.
        settlement.certifyFold(foldOf(ticketsFrom(10), signedState(0), true));
    }

    /// @dev Ticket 6 is final in another fold: the one shown cannot stand, and the pending one falls all the same.
    function test_challenge_withAFoldWhoseTicketIsFinalFellsAndDoesNotStand() public {
        FoldRequest memory last = foldOf(ticketsFrom(6), signedState(3), true);
        settlement.certifyFold(last);
        vm.warp(START + WINDOW);
        finalizeFold(last);
        _challenge(_pending, _signed);
        _assertStatus(_pending, FoldStatus.Fallen);
        _assertStatus(_signed, FoldStatus.None);
        _assertStatus(last, FoldStatus.Final);
        _assertHeld(6, 10, last.newState);
        _assertHeld(3, 6, _signed.newState);
        bytes4 held = ICertifiedFolds.FoldNullifierHeld.selector;
        bytes memory refused = abi.encodeWithSelector(held, foldNullifierOf(3), _signed.newState);
        assertRefused(USER, address(settlement), abi.encodeCall(settlement.certifyFold, (_signed)), refused);
    }

    function test_challenge_withAFinalFoldFells() public {
        settlement.certifyFold(_signed);
        vm.warp(START + WINDOW);
        finalizeFold(_signed);
        _challenge(_pending, _signed);
        _assertStatus(_pending, FoldStatus.Fallen);
        _assertStatus(_signed, FoldStatus.Final);
        _assertHeld(3, 7, _signed.newState);
    }

    function test_challenge_withAPendingFoldStartsItsWindowAnew() public {
        settlement.certifyFold(_signed);
        vm.warp(START + WINDOW);
        _challenge(_pending, _signed);
        _assertStatus(_signed, FoldStatus.Pending);
        assertEq(recordOf(_signed.newState).finalizableAt, START + 2 * WINDOW, "a fresh window");
    }

    /// @dev A second challenge, to the fold that the first one put in place or to another, takes nullifiers from it: it falls, and says so.
    function test_challenge_fellsAnEarlierOneOfTheSameTickets() public {
        _challenge(_pending, _signed);
        FoldRequest memory other = foldOf(ticketsFrom(20), signedState(5), true);
        settlement.certifyFold(other);
        uint256[4] memory nullifiers = ticketsFrom(30);
        (nullifiers[0], nullifiers[1]) = (foldNullifierOf(20), foldNullifierOf(4));
        FoldRequest memory both = foldOf(nullifiers, signedState(6), true);
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ICertifiedFolds.FoldChallenged(other.newState, both.newState);
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ICertifiedFolds.FoldChallenged(_signed.newState, both.newState);
        _challenge(other, both);
        _assertStatus(_signed, FoldStatus.Fallen);
        _assertStatus(both, FoldStatus.Pending);
        assertEq(holderOf(foldNullifierOf(4)), both.newState, "taken over");
        assertEq(holderOf(foldNullifierOf(3)), _signed.newState, "held by the fallen one still");
    }

    function test_challenge_keepsAFallenStateOutOfCloses() public {
        pool.deposit(42, 110_000);
        _challenge(_pending, _signed);
        for (uint256 i = 0; i < 2; i++) {
            CloseRequest memory request = closeOf(42, 10, 0, 0, USER);
            request.certified = i == 0 ? _pending.newState : _signed.newState;
            bytes4 notCertified = ICertifiedFolds.StateNotCertified.selector;
            bytes memory refused = abi.encodeWithSelector(notCertified, request.certified);
            bytes memory call = abi.encodeCall(settlement.startClose, (prove(request)));
            assertRefused(USER, address(settlement), call, refused);
        }
    }

    // ----------------------------------------------------------------- HELPERS

    function _challengeOf(FoldRequest memory fold, FoldRequest memory shown) private view returns (bytes memory) {
        return abi.encodeCall(settlement.challengeFold, (fold.newState, fold.foldNullifiers, fold.certified, shown));
    }

    function _challenge(FoldRequest memory fold, FoldRequest memory shown) private {
        vm.prank(PROVIDER);
        settlement.challengeFold(fold.newState, fold.foldNullifiers, fold.certified, shown);
    }

    function _refuse(FoldRequest memory fold, FoldRequest memory shown, bytes memory expected) private {
        assertRefused(PROVIDER, address(settlement), _challengeOf(fold, shown), expected);
    }

    function _refuseFinalize(FoldRequest memory fold, bytes memory expected) private {
        bytes memory call = abi.encodeCall(
            settlement.finalizeFold,
            (fold.newState, fold.foldNullifiers, fold.certified)
        );
        assertRefused(USER, address(settlement), call, expected);
    }

    function _assertStatus(FoldRequest memory fold, FoldStatus status) private view {
        assertTrue(recordOf(fold.newState).status == status, "status of a fold");
    }

    /// @dev Tickets `from` to `until`, the last one not among them.
    function _assertHeld(uint256 from, uint256 until, uint256 state) private view {
        for (uint256 t = from; t < until; t++) assertEq(holderOf(foldNullifierOf(t)), state, "holder");
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {CertifiedFold, FoldRequest, FoldStatus, ICertifiedFolds} from "../../contracts/interfaces/ICertifiedFolds.sol";
import {CloseRequest, ICreditSettlement} from "../../contracts/interfaces/ICreditSettlement.sol";
import {FoldUser} from "./support/FoldUser.sol";
import {PoolTest} from "./support/PoolTest.sol";

/// @dev Certified folds that nobody challenges, and closes with them, with the model verifier. `Challenges.t.sol` has the others.
contract FoldsTest is PoolTest, FoldUser {
    uint256 private constant ID = 42;
    address private constant USER = address(0xBEEF);

    FoldRequest private _first;

    function setUp() public override {
        super.setUp();
        _first = foldOf(ticketsFrom(0), signedState(0), true);
    }

    // ----------------------------------------------------------------- CERTIFY

    function test_certify_standsPendingForTheChallengeWindow() public {
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ICertifiedFolds.FoldCertified(_first.newState, _first.foldNullifiers, 0, START + WINDOW);
        settlement.certifyFold(_first);
        CertifiedFold memory record = recordOf(_first.newState);
        assertTrue(record.status == FoldStatus.Pending, "pending");
        assertEq(record.finalizableAt, START + WINDOW, "finalizable");
        assertTrue(record.contents == keccak256(abi.encode(_first.foldNullifiers, uint256(0))), "contents");
        for (uint256 t = 0; t < 4; t++) assertEq(holderOf(_first.foldNullifiers[t]), 0, "nobody holds it yet");
    }

    function test_certify_takesEachStateOnce() public {
        settlement.certifyFold(_first);
        _refuseCertify(_first, _known(FoldStatus.Pending));
        _makeFinal(_first);
        _refuseCertify(_first, _known(FoldStatus.Final));
    }

    function test_certify_refusesOneTicketInAnyTwoSlots() public {
        for (uint256 s = 0; s < 4; s++) {
            for (uint256 t = s + 1; t < 4; t++) {
                uint256[4] memory nullifiers = ticketsFrom(0);
                nullifiers[t] = nullifiers[s];
                FoldRequest memory request = foldOf(nullifiers, signedState(0), true);
                bytes4 repeats = ICertifiedFolds.FoldNullifiersRepeat.selector;
                _refuseCertify(request, abi.encodeWithSelector(repeats, nullifiers[s]));
            }
        }
    }

    function test_certify_needsABaseThatIsPendingOrFinal() public {
        FoldRequest memory next = foldOf(ticketsFrom(4), _first.newState, false);
        _refuseCertify(next, _notCertified(_first.newState));
        settlement.certifyFold(_first);
        settlement.certifyFold(next);
        _makeFinal(_first);
        FoldRequest memory another = foldOf(ticketsFrom(8), _first.newState, false);
        settlement.certifyFold(another);
        _makeFinal(next);
        _makeFinal(another);
    }

    function test_certify_refusesANullifierOfAFinalFold() public {
        settlement.certifyFold(_first);
        _makeFinal(_first);
        for (uint256 t = 0; t < 4; t++) {
            uint256[4] memory nullifiers = ticketsFrom(4);
            nullifiers[3 - t] = foldNullifierOf(t);
            FoldRequest memory request = foldOf(nullifiers, signedState(1), true);
            _refuseCertify(request, _held(foldNullifierOf(t), _first.newState));
        }
    }

    function test_certify_needsAProofForExactlyThisFold() public {
        settlement.certifyFold(_first);
        FoldRequest memory proven = foldOf(ticketsFrom(4), signedState(1), true);
        for (uint256 field = 0; field < 6; field++) {
            FoldRequest memory request = abi.decode(abi.encode(proven), (FoldRequest));
            if (field < 4) request.foldNullifiers[field] += 1;
            if (field == 4) request.newState += 1;
            if (field == 5) request.certified = _first.newState;
            _refuseCertify(request, abi.encodeWithSelector(ICreditSettlement.ProofRefused.selector));
        }
        usePool(factory.createPool(parametersOf(PROVIDER), providerKeyEighth()));
        _refuseCertify(proven, abi.encodeWithSelector(ICreditSettlement.ProofRefused.selector));
    }

    // ---------------------------------------------------------------- FINALIZE

    function test_finalize_waitsForTheWholeWindow() public {
        settlement.certifyFold(_first);
        vm.warp(START + WINDOW - 1);
        bytes4 open = ICertifiedFolds.FoldWindowOpen.selector;
        _refuseFinalize(_first, abi.encodeWithSelector(open, _first.newState, START + WINDOW));
        vm.warp(START + WINDOW);
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ICertifiedFolds.FoldFinalized(_first.newState);
        vm.prank(USER);
        settlement.finalizeFold(_first.newState, _first.foldNullifiers, 0);
        assertTrue(recordOf(_first.newState).status == FoldStatus.Final, "final");
        for (uint256 t = 0; t < 4; t++) assertEq(holderOf(foldNullifierOf(t)), _first.newState, "holder");
    }

    function test_finalize_isForPendingFoldsAloneAndHappensOnce() public {
        bytes4 notPending = ICertifiedFolds.FoldIsNotPending.selector;
        _refuseFinalize(_first, abi.encodeWithSelector(notPending, _first.newState, FoldStatus.None));
        settlement.certifyFold(_first);
        _makeFinal(_first);
        _refuseFinalize(_first, abi.encodeWithSelector(notPending, _first.newState, FoldStatus.Final));
    }

    function test_finalize_needsTheContentsThatWereProven() public {
        settlement.certifyFold(_first);
        vm.warp(START + WINDOW);
        for (uint256 field = 0; field < 6; field++) {
            FoldRequest memory request = abi.decode(abi.encode(_first), (FoldRequest));
            if (field < 4) request.foldNullifiers[field] += 1;
            if (field == 4) request.certified = signedState(0);
            if (field == 5) {
                (request.foldNullifiers[0], request.foldNullifiers[1]) = (foldNullifierOf(1), foldNullifierOf(0));
            }
            bytes4 mismatch = ICertifiedFolds.FoldContentsMismatch.selector;
            _refuseFinalize(request, abi.encodeWithSelector(mismatch, _first.newState));
        }
    }

    /// @dev A chain on a silent provider: each can be certified at once, and becomes final after the one below it.
    function test_finalize_ofAChainGoesFromTheBottomUp() public {
        FoldRequest memory second = foldOf(ticketsFrom(4), _first.newState, false);
        FoldRequest memory third = foldOf(ticketsFrom(8), second.newState, false);
        settlement.certifyFold(_first);
        settlement.certifyFold(second);
        settlement.certifyFold(third);
        vm.warp(START + WINDOW);
        _refuseFinalize(third, _notCertified(second.newState));
        _refuseFinalize(second, _notCertified(_first.newState));
        finalizeFold(_first);
        _refuseFinalize(third, _notCertified(second.newState));
        finalizeFold(second);
        finalizeFold(third);
    }

    function test_finalize_ofTwoFoldsOfOneTicketTakesTheFirst() public {
        uint256[4] memory nullifiers = ticketsFrom(4);
        nullifiers[2] = foldNullifierOf(3);
        FoldRequest memory other = foldOf(nullifiers, signedState(0), true);
        settlement.certifyFold(_first);
        settlement.certifyFold(other);
        vm.warp(START + WINDOW);
        finalizeFold(other);
        _refuseFinalize(_first, abi.encodeWithSelector(ICertifiedFolds.FoldHasFallen.selector, _first.newState));
        assertEq(holderOf(foldNullifierOf(3)), other.newState, "holder of the ticket that both folded");
        assertEq(holderOf(foldNullifierOf(0)), 0, "the other tickets are free");
        settlement.certifyFold(foldOf(_only(0), signedState(0), true));
    }

    /// @dev P-06: of any folds over any tickets, no two final ones share one.
    function testFuzz_finalize_neverFoldsATicketTwice(uint256 seed) public {
        FoldRequest[6] memory requests;
        for (uint256 i = 0; i < 6; i++) {
            uint256 start = uint256(keccak256(abi.encode(seed, i))) % 9;
            requests[i] = foldOf(ticketsFrom(start), signedState(i), true);
            settlement.certifyFold(requests[i]);
        }
        vm.warp(START + WINDOW);
        uint256[13] memory folded;
        for (uint256 i = 0; i < 6; i++) {
            FoldRequest memory request = requests[((seed % 6) + i) % 6];
            (bool success, ) = address(settlement).call(_finalization(request));
            bool isFree = true;
            for (uint256 n = 0; n < 13; n++) if (_includes(request, n) && folded[n] != 0) isFree = false;
            assertTrue(success == isFree, "final if and only if all tickets are free");
            for (uint256 n = 0; n < 13; n++) if (success && _includes(request, n)) folded[n] += 1;
        }
        for (uint256 n = 0; n < 13; n++) assertTrue(folded[n] < 2, "once");
    }

    // ------------------------------------------------------------------- CLOSE

    function test_close_takesACertifiedStateOnceItIsFinal() public {
        pool.deposit(ID, 110_000);
        CloseRequest memory request = closeOf(ID, 10, 4_000, 900, USER);
        request.certified = _first.newState;
        request.deadline = START + 10 * WINDOW;
        request = prove(request);
        bytes memory consent = consentTo(request, START + 10 * WINDOW);
        for (uint256 step = 0; step < 2; step++) {
            if (step == 1) settlement.certifyFold(_first);
            bytes memory start = abi.encodeCall(settlement.startClose, (request));
            assertRefused(USER, address(settlement), start, _notCertified(_first.newState));
            bytes memory atOnce = abi.encodeCall(settlement.closeWithConsent, (request, START + 10 * WINDOW, consent));
            assertRefused(USER, address(settlement), atOnce, _notCertified(_first.newState));
        }
        _makeFinal(_first);
        settlement.startClose(request);
        vm.warp(block.timestamp + WINDOW);
        settlement.finalizeClose(ID);
        assertEq(token.balanceOf(USER), 110_000 + 1_930 - 11_000 + 4_900, "user");
    }

    function test_close_withConsentTakesACertifiedStateToo() public {
        pool.deposit(ID, 110_000);
        settlement.certifyFold(_first);
        _makeFinal(_first);
        CloseRequest memory request = closeOf(ID, 10, 4_000, 900, USER);
        request.certified = _first.newState;
        request = prove(request);
        bytes memory consent = consentTo(request, block.timestamp);
        settlement.closeWithConsent(request, block.timestamp, consent);
        assertEq(token.balanceOf(USER), 110_000 + 1_930 - 11_000 + 4_900, "user");
    }

    function test_close_isBoundToTheCertifiedStateByItsProof() public {
        pool.deposit(ID, 110_000);
        settlement.certifyFold(_first);
        _makeFinal(_first);
        CloseRequest memory request = prove(closeOf(ID, 10, 4_000, 900, USER));
        request.certified = _first.newState;
        bytes memory call = abi.encodeCall(settlement.startClose, (request));
        assertRefused(USER, address(settlement), call, abi.encodeWithSelector(ICreditSettlement.ProofRefused.selector));
    }

    // ----------------------------------------------------------------- HELPERS

    function _makeFinal(FoldRequest memory request) private {
        vm.warp(block.timestamp + WINDOW);
        finalizeFold(request);
    }

    /// @dev One ticket, and three unused slots.
    function _only(uint256 ticket) private pure returns (uint256[4] memory nullifiers) {
        nullifiers = ticketsFrom(100);
        nullifiers[0] = foldNullifierOf(ticket);
    }

    function _includes(FoldRequest memory request, uint256 ticket) private pure returns (bool) {
        for (uint256 t = 0; t < 4; t++) if (request.foldNullifiers[t] == foldNullifierOf(ticket)) return true;
        return false;
    }

    function _finalization(FoldRequest memory request) private view returns (bytes memory) {
        return abi.encodeCall(settlement.finalizeFold, (request.newState, request.foldNullifiers, request.certified));
    }

    function _refuseCertify(FoldRequest memory request, bytes memory expected) private {
        assertRefused(USER, address(settlement), abi.encodeCall(settlement.certifyFold, (request)), expected);
    }

    function _refuseFinalize(FoldRequest memory request, bytes memory expected) private {
        assertRefused(USER, address(settlement), _finalization(request), expected);
    }

    function _known(FoldStatus status) private view returns (bytes memory) {
        return abi.encodeWithSelector(ICertifiedFolds.FoldIsKnown.selector, _first.newState, status);
    }

    function _held(uint256 nullifier, uint256 holder) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ICertifiedFolds.FoldNullifierHeld.selector, nullifier, holder);
    }

    function _notCertified(uint256 state) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ICertifiedFolds.StateNotCertified.selector, state);
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {DisputeStatus} from "../../contracts/interfaces/ICreditDisputes.sol";
import {AccountStatus, Distribution, ICreditPool, Ledger} from "../../contracts/interfaces/ICreditPool.sol";
import {AccountHandler} from "./support/AccountHandler.sol";
import {DisputeHandler} from "./support/DisputeHandler.sol";
import {FoldHandler} from "./support/FoldHandler.sol";
import {MoodyToken} from "./support/HostileTokens.sol";
import {LedgerModel} from "./support/LedgerModel.sol";
import {ModelVerifier} from "./support/ModelVerifier.sol";
import {PoolTest} from "./support/PoolTest.sol";
import {FuzzSelector} from "./support/Test.sol";

/// @title Random calls of everybody, none of which may revert here: what a pool refuses, the model expects it to refuse.
/// @dev Every call that changes the pool changes the naive models beside it: `LedgerModel`, `DisputeModel`, `FoldModel`.
contract LedgerHandler is AccountHandler, DisputeHandler, FoldHandler {
    /// @dev Whether the provider answers every dispute before its window ends.
    bool private immutable _isDiligent;

    constructor(
        ICreditPool pool_,
        MoodyToken token_,
        ModelVerifier verifier_,
        bool isDiligent
    ) LedgerModel(pool_, token_, verifier_) {
        _isDiligent = isDiligent;
    }

    /// @dev P-05: a provider that answers in time pays nothing.
    function checkDiligence() external view {
        assertEq(_countOf(DisputeStatus.Lost), 0, "lost disputes");
        Ledger memory ledger = pool.ledger();
        assertEq(ledger.bond + ledger.revenue + withdrawn, posted + earned, "what the provider has");
    }

    // -------------------------------------------------------------------- TIME

    function wait(uint256 time) external {
        _passUntil(block.timestamp + bound(time, 1, time % 8 == 0 ? LIFETIME / 4 : WINDOW / 2));
    }

    /// @dev The last second of a window, or the first one after it.
    function waitUntil(uint256 seed, uint256 which) external {
        uint256 end = availableAt;
        uint256 i = _caseNear(seed, DisputeStatus.Open);
        if (which % 5 == 1 && i < cases.length) end = cases[i].resolvableAt;
        if (which % 5 == 2 && folds.length != 0) end = folds[_pendingNear(seed)].finalizableAt;
        if (which % 5 == 3) end = modelOf[_closingNear(seed)].finalizableAt;
        if (which % 5 == 4) end = modelOf[_anyAccount(seed)].openedAt + LIFETIME;
        if (which % 2 == 0 && end != 0) end -= 1;
        if (end > block.timestamp) _passUntil(end);
    }

    function _passUntil(uint256 time) private {
        for (uint256 i = 0; _isDiligent && i < cases.length; i++) {
            if (cases[i].status != DisputeStatus.Open) continue;
            answerInFull(cases[i].nullifier);
            cases[i].status = DisputeStatus.Answered;
        }
        vm.warp(time);
    }

    // ------------------------------------------------------------------ PEOPLE

    function changeMood(uint256 who, uint256 mood) external {
        token.setMood(_person(who), MoodyToken.Mood(bound(mood, 0, 4)));
    }

    function prepareReentry(uint256 which, uint256 seed, uint256 who) external {
        uint256 id = _anyAccount(seed);
        bytes[9] memory calls = [
            abi.encodeCall(pool.burn, ()),
            abi.encodeCall(pool.claim, (_person(who))),
            abi.encodeCall(pool.deposit, (uint256(keccak256(abi.encode("reentrant", seed))) % FIELD, C + P)),
            abi.encodeCall(pool.postBond, (1)),
            abi.encodeCall(settlement.finalizeClose, (id)),
            abi.encodeCall(settlement.expire, (id)),
            abi.encodeCall(settlement.slash, (id, 1, _person(who), slashProof(id, 1, _person(who)))),
            abi.encodeCall(disputes.payAward, (nullifierOf(bound(seed, 0, cases.length)))),
            abi.encodeCall(disputes.collectPenalties, ())
        ];
        which = bound(which, 0, 8);
        address target =
            which < 4
                ? address(pool)
                : which < 7
                    ? address(settlement)
                    : address(disputes);
        token.prepareReentry(target, calls[which]);
    }

    /// @dev Tokens sent without a deposit belong to nobody.
    function donate(uint256 amount) external {
        amount = bound(amount, 1, 1_000);
        token.mint(address(pool), amount);
        donated += amount;
    }

    function claim(uint256 who, uint256 toWhom) external {
        (address account, address to) = (_person(who), _person(toWhom));
        bool isExpected = credits[account] != 0 && _canReceive(to);
        bytes memory call = abi.encodeCall(pool.claim, (to));
        if (!_attempt(Kind.Claim, account, address(pool), call, isExpected)) return;
        received[to] += credits[account];
        credits[account] = 0;
    }

    function burn(uint256 who) external {
        bytes memory call = abi.encodeCall(pool.burn, ());
        if (!_attempt(Kind.Burn, _person(who), address(pool), call, awaitingBurn != 0)) return;
        burned += awaitingBurn;
        awaitingBurn = 0;
    }

    /// @dev P-08: strangers, the provider among them, at the doors of the rules; and strangers at those of the provider.
    function forge(uint256 seed, uint256 who) external {
        uint256 id = _anyAccount(seed);
        address stranger = seed % 2 == 0 ? _person(who) : PROVIDER;
        Distribution memory d = Distribution(stranger, _heldBy(id), address(0), 0, 0, 0);
        bytes[5] memory calls = [
            abi.encodeCall(pool.release, (id, AccountStatus.Closed, d)),
            abi.encodeCall(pool.expire, (id)),
            abi.encodeCall(pool.payRevenue, (stranger, revenue)),
            abi.encodeCall(pool.payBond, (stranger, bond)),
            abi.encodeCall(pool.payAward, (stranger, bond, revenue))
        ];
        _attempt(Kind.Forge, stranger, address(pool), calls[seed % 5], false);
    }

    /// @dev Flips one bit where a bug would: in a book of the pool, of the disputes, of the folds, in the pool's tokens. Again, to take it back.
    /// Returns the check that must see it.
    function plant(uint256 bug) external returns (bytes4 check) {
        bytes32[10] memory slots = [
            bytes32(uint256(0)),
            bytes32(uint256(1)),
            bytes32(uint256(2)),
            keccak256(abi.encode(people[0], 3)),
            keccak256(abi.encode(identities[0], 8)),
            bytes32(uint256(0)),
            bytes32(uint256(1)),
            keccak256(abi.encode(cases[0].nullifier, 3)),
            bytes32(uint256(keccak256(abi.encode(folds[0].state, 0))) + 1),
            keccak256(abi.encode(foldNullifierOf(0), 1))
        ];
        if (bug == 10) _flip(address(token), keccak256(abi.encode(address(pool), 0)));
        else
            _flip(
                bug < 5
                    ? address(pool)
                    : bug < 8
                        ? address(disputes)
                        : address(settlement),
                slots[bug]
            );
        if (bug < 3 || bug == 10) return this.checkSolvency.selector;
        if (bug == 3) return this.checkPayouts.selector;
        if (bug == 4) return this.checkAccounts.selector;
        if (bug < 7) return this.checkObligations.selector;
        return bug == 7 ? this.checkDisputes.selector : this.checkFolds.selector;
    }

    function _flip(address target, bytes32 slot) private {
        vm.store(target, slot, vm.load(target, slot) ^ bytes32(uint256(1)));
    }
}

/// @dev Any sequence of all calls, by many people, over any time, with a token that blocks, lies and calls back.
abstract contract CampaignTest is PoolTest {
    LedgerHandler internal _handler;

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @dev Named more than once: what should happen more often.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[39] memory calls = [
            _handler.wait.selector,
            _handler.wait.selector,
            _handler.waitUntil.selector,
            _handler.waitUntil.selector,
            _handler.waitUntil.selector,
            _handler.changeMood.selector,
            _handler.prepareReentry.selector,
            _handler.donate.selector,
            _handler.claim.selector,
            _handler.burn.selector,
            _handler.forge.selector,
            _handler.deposit.selector,
            _handler.deposit.selector,
            _handler.depositBatch.selector,
            _handler.depositRefused.selector,
            _handler.startClose.selector,
            _handler.startClose.selector,
            _handler.closeWithConsent.selector,
            _handler.finalizeClose.selector,
            _handler.slash.selector,
            _handler.expire.selector,
            _handler.openDispute.selector,
            _handler.openDispute.selector,
            _handler.openDispute.selector,
            _handler.answerDispute.selector,
            _handler.answerDispute.selector,
            _handler.resolveDispute.selector,
            _handler.resolveDispute.selector,
            _handler.resolveDispute.selector,
            _handler.payAward.selector,
            _handler.collectPenalties.selector,
            _handler.reportViolation.selector,
            _handler.postBond.selector,
            _handler.announceBondWithdrawal.selector,
            _handler.withdrawBond.selector,
            _handler.withdrawRevenue.selector,
            _handler.certifyFold.selector,
            _handler.challengeFold.selector,
            _handler.finalizeFold.selector
        ];
        targets = new FuzzSelector[](1);
        targets[0].addr = address(_handler);
        targets[0].selectors = new bytes4[](calls.length + 2);
        for (uint256 i = 0; i < calls.length; i++) targets[0].selectors[i] = calls[i];
        targets[0].selectors[calls.length] = _handler.certifyFold.selector;
        targets[0].selectors[calls.length + 1] = _handler.finalizeFold.selector;
    }

    /// @dev After each sequence. A long run sums the lines up.
    function afterInvariant() external {
        string memory path = vm.envOr("JETON_FIGURES", string(""));
        if (bytes(path).length != 0) vm.writeLine(path, _handler.figures());
    }
}

/// @dev With a provider that does what it likes.
contract LedgerTest is CampaignTest {
    function setUp() public override {
        super.setUp();
        _handler = new LedgerHandler(pool, token, verifier, false);
    }

    function invariant_P01_poolHoldsWhatItOwes() public view {
        _handler.checkSolvency();
    }

    function invariant_P02_everyAccountPaysOutWhatItHeldOnce() public view {
        _handler.checkPayouts();
    }

    function invariant_P05_providerLosesOnlyWhatItDidNotAnswer() public view {
        _handler.checkDisputes();
    }

    function invariant_P06_losingToOneselfNeverPays() public view {
        _handler.checkLosses();
    }

    function invariant_P06_noTicketIsFoldedTwice() public view {
        _handler.checkFolds();
    }

    function invariant_P08_accountsEndOnlyByTheRules() public view {
        _handler.checkAccounts();
    }

    function invariant_P08_providerLeavesWhatIsEncumbered() public view {
        _handler.checkObligations();
    }

    /// @dev The same handler, called in an order that reaches every ending, for whoever reads how the pieces fit.
    function test_everyEndingKeepsTheInvariants() public {
        for (uint256 i = 0; i < 5; i++) _handler.deposit(i * 1_000_003);
        _handler.changeMood(1, 1);
        _handler.startClose(0, 3, 5, 7, 2, 0, 3);
        _handler.closeWithConsent(1, 65_536, 0, 0, 4, 1, 3);
        _handler.slash(2, 1, true);
        for (uint256 i = 0; i < 5; i++) _handler.wait(0);
        for (uint256 i = 0; i < 5; i++) _handler.wait(type(uint256).max - 7);
        _handler.expire(3);
        _handler.finalizeClose(0);
        _handler.claim(1, 2);
        _handler.burn(0);
        _handler.withdrawRevenue(3, 0, 1, 3);
        _checkAll();
    }

    /// @dev Planted bugs: each must be caught by the check that is there for it.
    function test_plantedBugsAreCaught() public {
        for (uint256 i = 0; i < 4; i++) _handler.deposit(i);
        _handler.openDispute(1, 0, 7);
        _handler.certifyFold(3, 1, 2);
        _checkAll();
        for (uint256 bug = 0; bug < 11; bug++) {
            bytes4 check = _handler.plant(bug);
            (bool success, ) = address(_handler).staticcall(abi.encodeWithSelector(check));
            assertTrue(!success, "a planted bug went unseen");
            _handler.plant(bug);
            _checkAll();
        }
    }

    function _checkAll() private view {
        _handler.checkSolvency();
        _handler.checkPayouts();
        _handler.checkAccounts();
        _handler.checkDisputes();
        _handler.checkLosses();
        _handler.checkObligations();
        _handler.checkFolds();
    }
}

/// @dev With a provider that answers every dispute before its window ends.
contract DiligentProviderTest is CampaignTest {
    function setUp() public override {
        super.setUp();
        _handler = new LedgerHandler(pool, token, verifier, true);
    }

    function invariant_P05_providerThatAnswersInTimePaysNothing() public view {
        _handler.checkDiligence();
    }
}

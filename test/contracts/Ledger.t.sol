// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {AccountStatus, Distribution, ICreditPool} from "../../contracts/interfaces/ICreditPool.sol";
import {CloseRequest} from "../../contracts/interfaces/ICreditSettlement.sol";
import {MoodyToken} from "./support/HostileTokens.sol";
import {LedgerModel} from "./support/LedgerModel.sol";
import {ModelVerifier} from "./support/ModelVerifier.sol";
import {PoolTest} from "./support/PoolTest.sol";
import {FuzzSelector} from "./support/Test.sol";

/// @title Random calls of everybody, none of which may revert here: what a pool refuses, this contract expects it to refuse.
/// @dev Every call that changes the pool changes the naive model beside it (`LedgerModel`).
contract LedgerHandler is LedgerModel {
    constructor(ICreditPool pool_, MoodyToken token_, ModelVerifier verifier_) LedgerModel(pool_, token_, verifier_) {}

    // ------------------------------------------------------------------ PEOPLE

    function wait(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 1, LIFETIME / 4));
    }

    function changeMood(uint256 who, uint256 mood) external {
        token.setMood(_person(who), MoodyToken.Mood(bound(mood, 0, 4)));
    }

    function prepareReentry(uint256 which, uint256 seed, uint256 who) external {
        uint256 id = _anyAccount(seed);
        bytes[6] memory calls = [
            abi.encodeCall(pool.burn, ()),
            abi.encodeCall(pool.claim, (_person(who))),
            abi.encodeCall(pool.deposit, (uint256(keccak256(abi.encode("reentrant", seed))) % FIELD, C + P)),
            abi.encodeCall(settlement.finalizeClose, (id)),
            abi.encodeCall(settlement.expire, (id)),
            abi.encodeCall(settlement.slash, (id, 1, _person(who), slashProof(id, 1, _person(who))))
        ];
        which = bound(which, 0, 5);
        token.prepareReentry(which < 3 ? address(pool) : address(settlement), calls[which]);
    }

    /// @dev Tokens sent without a deposit belong to nobody.
    function donate(uint256 amount) external {
        amount = bound(amount, 1, 1_000);
        token.mint(address(pool), amount);
        donated += amount;
    }

    // ----------------------------------------------------------------- DEPOSIT

    function deposit(uint256 amount) external {
        uint256 id = _newIdentity();
        amount = _amount(amount);
        pool.deposit(id, amount);
        _modelDeposit(id, amount);
    }

    function depositBatch(uint256 count, uint256 amount) external {
        count = bound(count, 1, 4);
        uint256[] memory ids = new uint256[](count);
        uint256[] memory amounts = new uint256[](count);
        for (uint256 i = 0; i < count; i++) (ids[i], amounts[i]) = (_newIdentity(), _amount(amount / (i + 1)));
        pool.depositBatch(ids, amounts);
        for (uint256 i = 0; i < count; i++) _modelDeposit(ids[i], amounts[i]);
    }

    function depositRefused(uint256 seed, uint256 amount) external {
        if (identities.length == 0) return;
        try pool.deposit(identities[seed % identities.length], _amount(amount)) {
            fail("a commitment was used twice");
        } catch {}
        try pool.deposit(_newIdentity(), amount % (C + P)) {
            fail("a deposit below one hold");
        } catch {}
    }

    // ------------------------------------------------------------------- CLOSE

    function startClose(uint256 seed, uint256 j, uint256 rc, uint256 rp, uint256 fee, uint256 who) external {
        uint256 id = _anyAccount(seed);
        CloseRequest memory request = _request(id, j, rc, rp, fee, who);
        bool isExpected = _isOpen(id) && !modelOf[id].isClosing;
        try settlement.startClose(request) {
            assertTrue(isExpected, "a close started that must not");
            _modelClose(id, request, block.timestamp + WINDOW);
        } catch {
            assertTrue(!isExpected, "a good close was refused");
        }
    }

    function closeWithConsent(uint256 seed, uint256 j, uint256 rc, uint256 rp, uint256 fee, uint256 who) external {
        uint256 id = _anyAccount(seed);
        CloseRequest memory request = _request(id, j, rc, rp, fee, who);
        bytes memory consent = consentTo(request, block.timestamp);
        bool isExpected = _isOpen(id) && (!modelOf[id].isClosing || _modelPaysTheSame(id, request));
        try settlement.closeWithConsent(request, block.timestamp, consent) {
            assertTrue(isExpected, "a close was final that must not be");
            _modelClose(id, request, block.timestamp);
            _modelFinalize(id);
        } catch {
            assertTrue(!isExpected, "a good close was refused");
        }
    }

    function finalizeClose(uint256 seed) external {
        uint256 id = _anyAccount(seed);
        bool isExpected = modelOf[id].isClosing && block.timestamp >= modelOf[id].finalizableAt;
        try settlement.finalizeClose(id) {
            assertTrue(isExpected, "a close was final that must not be");
            _modelFinalize(id);
        } catch {
            assertTrue(!isExpected, "a close could not be made final");
        }
    }

    // -------------------------------------------------------- SLASH AND EXPIRE

    function slash(uint256 seed, uint256 who, bool isProved) external {
        uint256 id = _anyAccount(seed);
        address recipient = _person(who);
        bool isExpected = isProved && _isOpen(id);
        try settlement.slash(id, seed, recipient, slashProof(id, isProved ? seed : ~seed, recipient)) {
            assertTrue(isExpected, "an account was slashed that must not be");
            _modelSlash(id, recipient);
        } catch {
            assertTrue(!isExpected || seed >= FIELD, "a slash was refused");
        }
    }

    function expire(uint256 seed) external {
        uint256 id = _anyAccount(seed);
        Model storage m = modelOf[id];
        bool isOld = block.timestamp >= m.openedAt + LIFETIME;
        bool isExpected = m.status == AccountStatus.Active && !m.isClosing && isOld;
        try settlement.expire(id) {
            assertTrue(isExpected, "an account expired that must not");
            _modelExpire(id);
        } catch {
            assertTrue(!isExpected, "an account could not expire");
        }
    }

    // ------------------------------------------------------------------- MONEY

    function withdrawRevenue(uint256 amount, uint256 who) external {
        address to = _person(who);
        amount = bound(amount, 0, revenue + revenue / 8);
        bool isExpected = amount <= revenue && _canReceive(to);
        vm.prank(PROVIDER);
        try disputes.withdrawRevenue(to, amount) {
            assertTrue(isExpected, "more revenue than there is");
            revenue -= amount;
            received[to] += amount;
        } catch {
            assertTrue(!isExpected, "revenue could not be withdrawn");
        }
    }

    function claim(uint256 who, uint256 toWhom) external {
        (address account, address to) = (_person(who), _person(toWhom));
        bool isExpected = credits[account] != 0 && _canReceive(to);
        vm.prank(account);
        try pool.claim(to) {
            assertTrue(isExpected, "a claim of nothing");
            received[to] += credits[account];
            credits[account] = 0;
        } catch {
            assertTrue(!isExpected, "a claim was refused");
        }
    }

    function burn() external {
        bool isExpected = awaitingBurn != 0;
        try pool.burn() {
            assertTrue(isExpected, "nothing was burned");
            burned += awaitingBurn;
            awaitingBurn = 0;
        } catch {
            assertTrue(!isExpected, "a burn was refused");
        }
    }

    /// @dev P-08: strangers, the provider among them, at the doors of the settlement and the provider.
    function forge(uint256 seed, uint256 who) external {
        uint256 id = _anyAccount(seed);
        address stranger = seed % 2 == 0 ? _person(who) : PROVIDER;
        uint256 held = _heldBy(id);
        Distribution memory d = Distribution(stranger, held, address(0), 0, 0, 0);
        bytes[3] memory calls = [
            abi.encodeCall(pool.release, (id, AccountStatus.Closed, d)),
            abi.encodeCall(pool.expire, (id)),
            abi.encodeCall(pool.payRevenue, (stranger, 1))
        ];
        for (uint256 i = 0; i < 3; i++) {
            vm.prank(stranger);
            (bool success, ) = address(pool).call(calls[i]);
            assertTrue(!success, "a stranger passed for the settlement");
        }
        vm.prank(_person(who));
        (bool withdrawn, ) = address(disputes).call(abi.encodeCall(disputes.withdrawRevenue, (stranger, 0)));
        assertTrue(!withdrawn, "a stranger passed for the provider");
    }

    // ------------------------------------------------------------------ CHOICES

    function _request(
        uint256 id,
        uint256 j,
        uint256 rc,
        uint256 rp,
        uint256 fee,
        uint256 who
    ) private view returns (CloseRequest memory request) {
        j = bound(j, 0, j % 4 == 0 ? 65_536 : 8);
        request = closeOf(id, j, bound(rc, 0, j * C), bound(rp, 0, j * P), _person(who));
        if (fee % 2 == 0) (request.relayer, request.fee) = (_person(who / 2), bound(fee, 0, 2 * STAKE_MINIMUM));
        return prove(request);
    }

    function _newIdentity() private returns (uint256) {
        return uint256(keccak256(abi.encode("identity", ++serial))) % FIELD;
    }

    function _amount(uint256 amount) private pure returns (uint256) {
        return bound(amount, C + P, amount % 3 == 0 ? (C + P) * 65_536 : (C + P) * 10);
    }
}

/// @dev Any sequence of all calls, by many people, over any time, with a token that blocks, lies and calls back.
contract LedgerTest is PoolTest {
    LedgerHandler private _handler;

    function setUp() public override {
        super.setUp();
        _handler = new LedgerHandler(pool, token, verifier);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @dev Named more than once: what should happen more often.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[17] memory calls = [
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
            _handler.withdrawRevenue.selector,
            _handler.claim.selector,
            _handler.burn.selector,
            _handler.wait.selector,
            _handler.changeMood.selector,
            _handler.prepareReentry.selector,
            _handler.forge.selector
        ];
        targets = new FuzzSelector[](1);
        targets[0].addr = address(_handler);
        targets[0].selectors = new bytes4[](calls.length + 1);
        for (uint256 i = 0; i < calls.length; i++) targets[0].selectors[i] = calls[i];
        targets[0].selectors[calls.length] = _handler.donate.selector;
    }

    function invariant_P01_poolHoldsWhatItOwes() public view {
        _handler.checkSolvency();
    }

    function invariant_P02_everyAccountPaysOutWhatItHeldOnce() public view {
        _handler.checkPayouts();
    }

    function invariant_P08_accountsEndOnlyByTheRules() public view {
        _handler.checkAccounts();
    }

    /// @dev The same handler, called in an order that reaches every ending, for whoever reads how the pieces fit.
    function test_everyEndingKeepsTheInvariants() public {
        for (uint256 i = 0; i < 5; i++) _handler.deposit(i * 1_000_003);
        _handler.changeMood(1, 1);
        _handler.startClose(0, 3, 5, 7, 2, 0);
        _handler.closeWithConsent(1, 65_536, 0, 0, 4, 1);
        _handler.slash(2, 1, true);
        for (uint256 i = 0; i < 5; i++) _handler.wait(type(uint256).max);
        _handler.expire(3);
        _handler.finalizeClose(0);
        _handler.claim(1, 2);
        _handler.burn();
        _handler.withdrawRevenue(type(uint256).max / 2, 3);
        _checkAll();
    }

    /// @dev Planted bugs: each must be caught by the check that is there for it.
    function test_plantedBugsAreCaught() public {
        for (uint256 i = 0; i < 4; i++) _handler.deposit(i);
        _checkAll();
        bytes4[3] memory checks = [
            _handler.checkSolvency.selector,
            _handler.checkPayouts.selector,
            _handler.checkAccounts.selector
        ];
        for (uint256 bug = 0; bug < 4; bug++) {
            _handler.plant(bug);
            (bool success, ) = address(_handler).staticcall(abi.encodeWithSelector(checks[bug == 3 ? 0 : bug]));
            assertTrue(!success, "a planted bug went unseen");
            _handler.plant(bug);
            _checkAll();
        }
    }

    function _checkAll() private view {
        _handler.checkSolvency();
        _handler.checkPayouts();
        _handler.checkAccounts();
    }
}

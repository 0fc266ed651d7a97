// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @dev Tokens that do what an escrow hopes they do not. Anyone can mint all of them.
abstract contract MintableToken is ERC20("Token", "TKN") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @title Nothing but ERC-20.
contract PlainToken is MintableToken {}

/// @title Takes one unit of every transfer.
contract FeeToken is MintableToken {
    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (from != address(0) && to != address(0) && amount != 0) super._update(to, address(0), 1);
    }
}

/// @title Balances shrink without a transfer.
contract RebasingToken is MintableToken {
    function shrink(address account, uint256 amount) external {
        _burn(account, amount);
    }
}

/// @title Accepts every call that it does not know, as WETH does: permits and authorizations "succeed" and do nothing.
contract FallbackToken is MintableToken {
    fallback() external {}
}

/// @title Treats each receiver as it is told to.
contract MoodyToken is MintableToken {
    enum Mood {
        Fair,
        Reverts,
        ReturnsFalse,
        ReturnsTooMuch,
        Reenters,
        BurnsGas
    }

    mapping(address account => Mood) public moodTowards;
    /// @dev How many calls from inside a transfer went through.
    uint256 public reentries;
    address private _target;
    bytes private _data;
    uint256 private _sink;

    error Blocked(address account);

    function setMood(address account, Mood mood) external {
        moodTowards[account] = mood;
    }

    /// @dev The call that is made in the mood to re-enter.
    function prepareReentry(address target, bytes calldata data) external {
        (_target, _data) = (target, data);
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return _isFair(to) && super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        return _isFair(to) && super.transferFrom(from, to, amount);
    }

    function _isFair(address to) private returns (bool) {
        Mood mood = moodTowards[to];
        if (mood == Mood.Reverts) revert Blocked(to);
        if (mood == Mood.BurnsGas) while (true) _sink++;
        if (mood == Mood.ReturnsTooMuch) {
            assembly ("memory-safe") {
                revert(0, 100000)
            }
        }
        if (mood == Mood.Reenters && _target != address(0)) {
            (bool success, ) = _target.call(_data);
            if (success) reentries++;
        }
        return mood == Mood.Fair || mood == Mood.Reenters;
    }
}

/// @title Returns nothing where ERC-20 returns true, as USDT does.
contract SilentToken {
    mapping(address account => uint256) public balanceOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @dev Called by `CallbackToken` around a transfer.
interface ITokenHook {
    function onTransfer() external;
}

/// @title Calls sender and receiver around a transfer, as ERC-777 does, if they asked for it.
contract CallbackToken is MintableToken {
    mapping(address account => ITokenHook) public hookOf;

    /// @dev For any account: in these tests the attacker is everybody.
    function setHook(address account, ITokenHook hook) external {
        hookOf[account] = hook;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (address(hookOf[from]) != address(0)) hookOf[from].onTransfer();
        super._update(from, to, amount);
        if (address(hookOf[to]) != address(0)) hookOf[to].onTransfer();
    }
}

/// @title Makes one prepared call when tokens move, and remembers how it ended.
contract Reenterer is ITokenHook {
    address public target;
    bytes public data;
    bool public hasCalled;
    bool public hasSucceeded;
    bytes4 public failure;

    function prepare(address target_, bytes calldata data_) external {
        (target, data) = (target_, data_);
        (hasCalled, hasSucceeded, failure) = (false, false, 0);
    }

    function onTransfer() external {
        bytes memory answer;
        hasCalled = true;
        (hasSucceeded, answer) = target.call(data);
        if (!hasSucceeded) failure = bytes4(answer);
    }

    /// @dev So that it can be a depositor or a claimer too.
    function execute(address to, bytes calldata call) external {
        (bool success, bytes memory answer) = to.call(call);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
    }
}

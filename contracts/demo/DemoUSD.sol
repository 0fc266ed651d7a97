// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";

/// @title A dollar for demonstrations and tests on local networks. It is worth nothing: anyone can mint it.
/// @notice It has what USDC has and the pool can use: 6 decimals, ERC-2612 permits, ERC-3009 authorizations. It cannot be created on a live chain.
contract DemoUSD is ERC20, ERC20Permit, ERC3009 {
    error NotALocalChain(uint256 chainId);

    constructor() ERC20("Demo USD (worthless)", "dUSD") ERC20Permit("Demo USD (worthless)") {
        // The usual numbers of local networks: Hardhat's and anvil's, the second one of a pair, Ganache's.
        bool isLocal = block.chainid == 31337 || block.chainid == 31338 || block.chainid == 1337;
        if (!isLocal) revert NotALocalChain(block.chainid);
    }

    /// @notice Creates `amount` units for `to`. Anyone may call.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice As a dollar: 1,000,000 units are one.
    function decimals() public pure override returns (uint8) {
        return 6;
    }
}

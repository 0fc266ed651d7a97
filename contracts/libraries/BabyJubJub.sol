// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {SNARK_SCALAR_FIELD} from "@zk-kit/lean-imt.sol/Constants.sol";

/// @title BabyJubJub (ERC-2494), as far as a provider's key has to be checked on chain.
/// @dev The twisted Edwards curve a·x² + y² = 1 + d·x²·y² over the scalar field of BN254. Its group has 8·l elements, l prime.
/// a is a square and d is not, so the addition law is complete: no special cases, and no denominator of a curve point is zero.
library BabyJubJub {
    uint256 private constant P = SNARK_SCALAR_FIELD;
    uint256 private constant A = 168700;
    uint256 private constant D = 168696;

    /// @notice Whether both coordinates are below the field's order and satisfy the curve's equation.
    function isOnCurve(uint256[2] memory point) internal pure returns (bool) {
        (uint256 x, uint256 y) = (point[0], point[1]);
        if (x >= P || y >= P) return false;
        uint256 xx = mulmod(x, x, P);
        uint256 yy = mulmod(y, y, P);
        return addmod(mulmod(A, xx, P), yy, P) == addmod(1, mulmod(D, mulmod(xx, yy, P), P), P);
    }

    /// @notice Whether `point` is of prime order, shown by `eighth`: on the curve, 8 · eighth = point, not the identity.
    /// @dev 8·Q of any curve point lies in the subgroup of order l, and every element of it has such a Q.
    function isOfPrimeOrder(uint256[2] memory point, uint256[2] memory eighth) internal pure returns (bool) {
        if (point[0] >= P || point[1] >= P || !isOnCurve(eighth)) return false;
        bool isIdentity = point[0] == 0 && point[1] == 1;
        (uint256 x, uint256 y, uint256 z) = (eighth[0], eighth[1], 1);
        for (uint256 i = 0; i < 3; i++) (x, y, z) = _double(x, y, z);
        return !isIdentity && x == mulmod(point[0], z, P) && y == mulmod(point[1], z, P);
    }

    /// @dev Doubling in projective coordinates: "dbl-2008-bbjlp" of the Explicit-Formulas Database.
    function _double(uint256 x, uint256 y, uint256 z) private pure returns (uint256, uint256, uint256) {
        uint256 xx = mulmod(x, x, P);
        uint256 yy = mulmod(y, y, P);
        uint256 twoXY = mulmod(2, mulmod(x, y, P), P);
        uint256 axx = mulmod(A, xx, P);
        uint256 f = addmod(axx, yy, P);
        uint256 j = addmod(f, P - mulmod(2, mulmod(z, z, P), P), P);
        return (mulmod(twoXY, j, P), mulmod(f, addmod(axx, P - yy, P), P), mulmod(f, j, P));
    }
}

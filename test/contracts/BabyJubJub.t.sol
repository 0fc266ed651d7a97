// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {BabyJubJub} from "../../contracts/libraries/BabyJubJub.sol";
import {Test} from "./support/Test.sol";

/// @dev The check of a provider's key against the affine addition law, with divisions, as ERC-2494 writes it.
contract BabyJubJubTest is Test {
    uint256 private constant FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
    uint256 private constant ORDER = 2736030358979909402780800718157159386076813972158567259200215660948447373041;
    uint256 private constant GX = 995203441582195749578291179787384436505546430278305826713579947235728471134;
    uint256 private constant GY = 5472060717959818805561601436314318772137091100104008585924551046643952123905;

    function testFuzz_key_isAcceptedWithItsEighth(uint64 scalar) public view {
        uint256[2] memory eighth = _multiply([GX, GY], scalar);
        uint256[2] memory key = _multiply(eighth, 8);
        assertTrue(BabyJubJub.isOnCurve(eighth) && BabyJubJub.isOnCurve(key), "on the curve");
        bool isIdentity = key[0] == 0 && key[1] == 1;
        assertTrue(BabyJubJub.isOfPrimeOrder(key, eighth) == !isIdentity, "prime order");
    }

    function testFuzz_key_isRefusedWithAnotherEighth(uint64 scalar, uint64 otherScalar) public view {
        vm.assume(scalar != otherScalar && scalar != 0);
        uint256[2] memory key = _multiply(_multiply([GX, GY], scalar), 8);
        assertTrue(!BabyJubJub.isOfPrimeOrder(key, _multiply([GX, GY], otherScalar)), "another eighth");
    }

    /// @dev The generator's group has 8·l points: a key that is off the prime-order subgroup has no eighth at all.
    function testFuzz_key_ofCompositeOrderIsRefused(uint64 scalar) public view {
        uint256[2] memory eighth = _multiply([GX, GY], scalar);
        uint256[2] memory key = _multiply(eighth, 8);
        uint256[2] memory lowOrder = _multiply([GX, GY], ORDER);
        assertTrue(!_isIdentity(lowOrder), "order 8");
        assertTrue(!BabyJubJub.isOfPrimeOrder(_add(key, lowOrder), eighth), "shifted key");
        assertTrue(
            BabyJubJub.isOfPrimeOrder(key, _add(eighth, lowOrder)) == (scalar != 0),
            "shifted eighth is as good"
        );
    }

    function testFuzz_point_offTheCurveIsRefused(uint256 x, uint256 y) public pure {
        x = bound(x, 0, FIELD - 1);
        y = bound(y, 0, FIELD - 1);
        uint256 xx = mulmod(x, x, FIELD);
        uint256 yy = mulmod(y, y, FIELD);
        uint256 left = addmod(mulmod(168700, xx, FIELD), yy, FIELD);
        uint256 right = addmod(1, mulmod(168696, mulmod(xx, yy, FIELD), FIELD), FIELD);
        assertTrue(BabyJubJub.isOnCurve([x, y]) == (left == right), "curve");
        if (left != right) assertTrue(!BabyJubJub.isOfPrimeOrder([GX, GY], [x, y]), "eighth off the curve");
    }

    function test_key_ofSmallOrderIsRefused() public view {
        uint256[2] memory point = _multiply([GX, GY], ORDER);
        for (uint256 i = 0; i < 8; i++) {
            assertTrue(BabyJubJub.isOnCurve(point), "on the curve");
            assertTrue(!BabyJubJub.isOfPrimeOrder(point, point), "small order");
            assertTrue(!BabyJubJub.isOfPrimeOrder(point, [uint256(0), 1]), "small order, identity as eighth");
            point = _add(point, _multiply([GX, GY], ORDER));
        }
        assertTrue(!BabyJubJub.isOfPrimeOrder([uint256(0), 1], [uint256(0), 1]), "identity");
    }

    function test_coordinates_atOrAboveTheFieldsOrderAreRefused() public view {
        uint256[2] memory key = _multiply([GX, GY], 8);
        assertTrue(BabyJubJub.isOfPrimeOrder(key, [GX, GY]), "the same point in one encoding");
        assertTrue(!BabyJubJub.isOfPrimeOrder([key[0] + FIELD, key[1]], [GX, GY]), "x");
        assertTrue(!BabyJubJub.isOfPrimeOrder([key[0], key[1] + FIELD], [GX, GY]), "y");
        assertTrue(!BabyJubJub.isOnCurve([GX + FIELD, GY]), "x of the eighth");
        assertTrue(!BabyJubJub.isOnCurve([GX, GY + FIELD]), "y of the eighth");
    }

    function _isIdentity(uint256[2] memory point) private pure returns (bool) {
        return point[0] == 0 && point[1] == 1;
    }

    function _multiply(uint256[2] memory point, uint256 scalar) private view returns (uint256[2] memory sum) {
        sum = [uint256(0), 1];
        while (scalar != 0) {
            if (scalar % 2 == 1) sum = _add(sum, point);
            point = _add(point, point);
            scalar /= 2;
        }
    }

    function _add(uint256[2] memory p, uint256[2] memory q) private view returns (uint256[2] memory) {
        uint256 product = mulmod(mulmod(p[0], q[0], FIELD), mulmod(p[1], q[1], FIELD), FIELD);
        uint256 dxy = mulmod(168696, product, FIELD);
        uint256 x = addmod(mulmod(p[0], q[1], FIELD), mulmod(p[1], q[0], FIELD), FIELD);
        uint256 axx = mulmod(168700, mulmod(p[0], q[0], FIELD), FIELD);
        uint256 y = addmod(mulmod(p[1], q[1], FIELD), FIELD - axx, FIELD);
        return
            [
                mulmod(x, _invert(addmod(1, dxy, FIELD)), FIELD),
                mulmod(y, _invert(addmod(1, FIELD - dxy, FIELD)), FIELD)
            ];
    }

    /// @dev n^(p − 2), by the precompile for modular powers.
    function _invert(uint256 n) private view returns (uint256) {
        (bool success, bytes memory answer) = address(5).staticcall(
            abi.encode(uint256(32), uint256(32), uint256(32), n, FIELD - 2, FIELD)
        );
        require(success, "modexp");
        return abi.decode(answer, (uint256));
    }
}

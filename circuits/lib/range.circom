pragma circom 2.2.2;

include "bitify.circom";

/// AssertBits(n): 0 <= in < 2^n, for n < 253 (so that the decomposition is unique in the field).
/// A difference a - b of two values below 2^n that is negative is a field element above p - 2^n, which has no n-bit form.
template AssertBits(n) {
    signal input in;

    _ <== Num2Bits(n)(in);
}

/// AssertNonZero: in has an inverse.
template AssertNonZero() {
    signal input in;

    signal inverse <-- in != 0 ? 1 / in : 0;
    in * inverse === 1;
}

/// AssertBoolean: in is 0 or 1.
template AssertBoolean() {
    signal input in;

    in * (in - 1) === 0;
}

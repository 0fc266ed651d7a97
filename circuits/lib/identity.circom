pragma circom 2.2.2;

include "poseidon.circom";
include "parameters.circom";
include "range.circom";

/// identityCommitment = H(k).
/// The other use of H with one input is a ticket's nullifier, H(a): `k` and `a` are secrets, so one never opens as the other.
template IdentityCommitment() {
    signal input identitySecret;
    signal output out;

    out <== Poseidon(1)([identitySecret]);
}

/// leaf = H(identityCommitment, D) + TAG_LEAF, as the contract computes it from what was really paid; 0 <= D < 2^96.
/// The tag tells a leaf from an inner node: without it a chosen commitment makes a deposit's leaf the parent of a forged one.
template AccountLeaf() {
    signal input identityCommitment, deposit;
    signal output out;

    AssertBits(AMOUNT_BITS())(deposit);
    signal pair <== Poseidon(2)([identityCommitment, deposit]);
    out <== pair + TAG_LEAF();
}

/// enrollNullifier = H(k, Π, TAG_ENROLL). Told apart from blindings (H with three inputs) by the tag.
template EnrollNullifier() {
    signal input identitySecret, poolHash;
    signal output out;

    out <== Poseidon(3)([identitySecret, poolHash, TAG_ENROLL()]);
}

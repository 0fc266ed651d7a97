pragma circom 2.2.2;

include "binary-merkle-root.circom";
include "comparators.circom";
include "parameters.circom";
include "range.circom";

/// Root of a LeanIMT from a leaf and its path of `depth` siblings, 0 <= depth <= 32.
/// zk-kit's gadget gives root 0 above its maximum depth: the bound here rules that out, and verifiers refuse root 0 all the same.
/// Siblings and index bits from `depth` on are not looked at.
template AccountTreeRoot() {
    signal input leaf, depth, index, siblings[TREE_MAX_DEPTH()];
    signal output out;

    // depth < 2^6 first: LessEqThan(6) is only defined for 6-bit inputs.
    AssertBits(6)(depth);
    signal withinDepth <== LessEqThan(6)([depth, TREE_MAX_DEPTH()]);
    withinDepth === 1;

    out <== BinaryMerkleRoot(TREE_MAX_DEPTH())(leaf, depth, index, siblings);
}

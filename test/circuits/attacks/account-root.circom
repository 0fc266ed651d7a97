pragma circom 2.2.2;

// An enrolment's path to the root with the leaf's tag as an input, to show what the tag is for. With tag 0 a leaf is an inner node.

include "binary-merkle-root.circom";
include "poseidon.circom";

template AccountRoot() {
    signal input identitySecret, deposit, tag;
    signal input depth, index, siblings[8];
    signal output root;

    signal identityCommitment <== Poseidon(1)([identitySecret]);
    signal pair <== Poseidon(2)([identityCommitment, deposit]);
    root <== BinaryMerkleRoot(8)(pair + tag, depth, index, siblings);
}

component main = AccountRoot();

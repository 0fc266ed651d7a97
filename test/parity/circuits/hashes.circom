pragma circom 2.2.2;

// Poseidon with one to six inputs, as the circuits use it, for comparison with the other languages.

include "poseidon.circom";

template Hashes() {
    signal input inputs[6];
    signal output hashes[6];

    hashes[0] <== Poseidon(1)([inputs[0]]);
    hashes[1] <== Poseidon(2)([inputs[0], inputs[1]]);
    hashes[2] <== Poseidon(3)([inputs[0], inputs[1], inputs[2]]);
    hashes[3] <== Poseidon(4)([inputs[0], inputs[1], inputs[2], inputs[3]]);
    hashes[4] <== Poseidon(5)([inputs[0], inputs[1], inputs[2], inputs[3], inputs[4]]);
    hashes[5] <== Poseidon(6)(inputs);
}

component main = Hashes();

pragma circom 2.2.2;

include "poseidon.circom";

/// poolTerms = H(scope, hold): chain, pool and what is held for one ticket.
template PoolTerms() {
    signal input scope, hold;
    signal output out;

    out <== Poseidon(2)([scope, hold]);
}

/// poolHash Π = H(poolTerms, H(Ax, Ay)): the one public input that binds a proof to its chain, pool, price and provider.
/// The contract computes it once, from a key that it has checked to be of prime order and not the identity, and from hold < 2^96.
template PoolHash() {
    signal input poolTerms, providerKey[2];
    signal output out;

    signal keyHash <== Poseidon(2)(providerKey);
    out <== Poseidon(2)([poolTerms, keyHash]);
}

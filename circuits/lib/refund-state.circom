pragma circom 2.2.2;

include "babyjub.circom";
include "eddsaposeidon.circom";
include "poseidon.circom";
include "parameters.circom";

/// st = H(TAG_STATE, Π, k, B, Rp, rho): budget B = D + Rc + Rp and the returned policy holds Rp of the owner of k.
/// 0 <= Rp <= B < 2^120 for every state that the provider signed or the contract certified: `enroll` starts with B = D < 2^96 and
/// Rp = 0, and `fold` adds the same amount to both and checks the bound.
template State() {
    signal input poolHash, identitySecret, budget, returnedHolds, rho;
    signal output out;

    out <== Poseidon(6)([TAG_STATE(), poolHash, identitySecret, budget, returnedHolds, rho]);
}

/// The message of a refund ticket: H(TAG_REFUND, Π, nullifier, rc, rp). Told from a state by tag and by the number of inputs.
template RefundMessage() {
    signal input poolHash, nullifier, refundedCharge, refundedHold;
    signal output out;

    out <== Poseidon(5)([TAG_REFUND(), poolHash, nullifier, refundedCharge, refundedHold]);
}

/// If enabled is 1: (R8, S) is an EdDSA-Poseidon signature of message by providerKey, with S below the subgroup order.
/// Caller: enabled is boolean, and providerKey opens the pool hash, which fixes a key of prime order. circomlib's gadget does not
/// look at whether R8 is on the curve; the addition law means nothing off it, so that is demanded here, enabled or not.
template Signed() {
    signal input enabled, providerKey[2], message, signatureR8[2], signatureS;

    BabyCheck()(signatureR8[0], signatureR8[1]);
    EdDSAPoseidonVerifier()(enabled, providerKey[0], providerKey[1], signatureS, signatureR8[0], signatureR8[1], message);
}

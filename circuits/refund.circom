pragma circom 2.2.2;

// REFUND: "The provider signed this refund ticket." What answers a dispute.
//
// PUBLIC   nullifier          of the ticket
//          refundedCharge     rc, refundedHold rp: what it returns
//          signatureR8, signatureS   the provider's signature of it
//          poolHash           Π of the pool
// PRIVATE  poolTerms, providerKey   what Π opens to
//
// C1  Π opens to its terms and the provider's key
// C2  (R8, S) is that key's signature of H(TAG_REFUND, Π, nullifier, rc, rp), R8 on the curve and S below the subgroup order
//
// The signature is public, so that the owner of the ticket can take it from the chain and fold it. The contract bounds rc <= C and
// rp <= P, and says which charge and which hold may be kept.

include "lib/pool.circom";
include "lib/refund-state.circom";

template Refund() {
    signal input nullifier, refundedCharge, refundedHold, signatureR8[2], signatureS, poolHash;
    signal input poolTerms, providerKey[2];

    // C1
    signal openedPoolHash <== PoolHash()(poolTerms, providerKey);
    openedPoolHash === poolHash;

    // C2
    signal message <== RefundMessage()(poolHash, nullifier, refundedCharge, refundedHold);
    Signed()(1, providerKey, message, signatureR8, signatureS);
}

component main {public [nullifier, refundedCharge, refundedHold, signatureR8, signatureS, poolHash]} = Refund();

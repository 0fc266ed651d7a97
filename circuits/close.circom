pragma circom 2.2.2;

// CLOSE: "I own this account, at least these refunds are mine, and here is the proof that I can use no ticket from j on unseen."
//
// PUBLIC   deposit           D, from the contract's storage
//          firstUnused       j: tickets below it are paid for
//          refundedCharges   Rc, refundedHolds Rp: claimed refunds
//          certified         0, or a state that is certified and final on chain
//          z                 challenge: a hash of the 64 cover slots, the account, the pool and how it is paid out
//          e                 Σ slot_t·z^(63 - t)
//          poolHash          Π of the pool
// PRIVATE  poolTerms, providerKey   what Π opens to
//          identitySecret    k
//          budget, returnedHolds, rho, stateR8, stateS   a state and the provider's signature of it
// OUTPUT   identityCommitment   H(k)
//
// C1  Π opens to its terms and the provider's key
// C2  the state opens to (k, B, Rp', rho); it equals `certified` or certified = 0; when certified = 0 and Rc + Rp != 0 it carries the
//     provider's signature
// C3  Rp <= Rp' and D + Rc <= B - Rp', each on its own, every value below 2^120
// C4  the slots are the cover keys of the tickets [j, 65536), j <= 65,536, and e is their polynomial at z
//
// z is fixed by the slots in calldata, so two different lists of slots give the same e with probability at most 63/p: the contract
// computes z and e itself, and two public inputs stand for 64 keys. The contract bounds Rc <= j·C and Rp <= j·P.

include "comparators.circom";
include "lib/identity.circom";
include "lib/pool.circom";
include "lib/refund-state.circom";
include "lib/ticket-tree.circom";

template Close() {
    signal input deposit, firstUnused, refundedCharges, refundedHolds, certified, z, e, poolHash;
    signal input poolTerms, providerKey[2];
    signal input identitySecret;
    signal input budget, returnedHolds, rho, stateR8[2], stateS;
    signal output identityCommitment;

    identityCommitment <== IdentityCommitment()(identitySecret);

    // C1
    signal openedPoolHash <== PoolHash()(poolTerms, providerKey);
    openedPoolHash === poolHash;

    // C2: both refunds are below 2^120 (C3), so their sum is 0 only when both are.
    signal state <== State()(poolHash, identitySecret, budget, returnedHolds, rho);
    certified * (certified - state) === 0;
    signal isUncertified <== IsZero()(certified);
    signal claimsNothing <== IsZero()(refundedCharges + refundedHolds);
    signal needsSignature <== isUncertified * (1 - claimsNothing);
    Signed()(needsSignature, providerKey, state, stateR8, stateS);

    // C3: a signed or certified state has Rp' <= B < 2^120, and D < 2^96; a negative difference lies near p.
    AssertBits(BUDGET_BITS())(refundedCharges);
    AssertBits(BUDGET_BITS())(refundedHolds);
    AssertBits(BUDGET_BITS())(returnedHolds - refundedHolds);
    AssertBits(BUDGET_BITS())(budget - returnedHolds - deposit - refundedCharges);

    // C4
    signal ticketRoot <== TicketRoot()(identitySecret, poolHash);
    signal slots[COVER_SLOTS()] <== CoverKeys()(ticketRoot, firstUnused);
    signal horner[COVER_SLOTS()];
    horner[0] <== slots[0];
    for (var t = 1; t < COVER_SLOTS(); t++) {
        horner[t] <== horner[t - 1] * z + slots[t];
    }
    e === horner[COVER_SLOTS() - 1];
}

component main {public [deposit, firstUnused, refundedCharges, refundedHolds, certified, z, e, poolHash]} = Close();

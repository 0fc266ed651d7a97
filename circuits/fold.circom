pragma circom 2.2.2;

// FOLD: "Here is my state with the refunds of up to four of my tickets added."
//
// PUBLIC   certified         0, or a state that is certified on chain
//          poolHash          Π of the pool
// PRIVATE  poolTerms, providerKey    what Π opens to
//          identitySecret    k
//          budget, returnedHolds, rho, stateR8, stateS   the base state and the provider's signature of it
//          used[t]           1 if slot t + 1 holds a ticket; slot 0 always does
//          indices, refundedCharges, refundedHolds, refundR8, refundS   for each slot: i, rc, rp and the refund ticket's signature
// OUTPUT   newState          the state that the provider is asked to sign
//          foldNullifiers    one for each slot
//
// C1  Π opens to its terms and the provider's key
// C2  the base state opens to (k, B, Rp, rho), and it equals `certified` or, when certified = 0, carries the provider's signature
// C3  every used slot carries the provider's signature of a refund (rc, rp < 2^96) of ticket i < 65,536 of this k in this pool
// C4  newState opens to k, B + Σ(rc + rp) < 2^120, Rp + Σ rp, and the blinding H(k, base state, TAG_RHO + which tickets,
//     not which amounts)
// C5  the fold nullifier is H(a_i, TAG_FOLD) in a used slot and H(newRho, TAG_FILL + t) in an unused one: it looks the same, and it
//     cannot be chosen, because the blinding is a hash of the secret, the base state and the tickets
// C6  the four fold nullifiers differ
//
// Unused slots carry index and amounts of 0; their signature is not looked at. The verifier checks `certified`, and that no fold
// nullifier was seen before.

include "comparators.circom";
include "lib/pool.circom";
include "lib/refund-state.circom";
include "lib/ticket-tree.circom";

/// One slot of a fold: the ticket's key and the refund's signature, checked when used = 1; index, rc and rp are 0 when used = 0.
template FoldSlot() {
    signal input used, poolHash, providerKey[2], ticketRoot;
    signal input index, refundedCharge, refundedHold, signatureR8[2], signatureS;
    signal output ticketKey;

    (1 - used) * index === 0;
    (1 - used) * refundedCharge === 0;
    (1 - used) * refundedHold === 0;
    AssertBits(AMOUNT_BITS())(refundedCharge);
    AssertBits(AMOUNT_BITS())(refundedHold);

    ticketKey <== TicketKey()(ticketRoot, index);
    signal nullifier <== TicketNullifier()(ticketKey);
    signal message <== RefundMessage()(poolHash, nullifier, refundedCharge, refundedHold);
    Signed()(used, providerKey, message, signatureR8, signatureS);
}

template Fold() {
    var SLOTS = FOLD_SLOTS();

    signal input certified, poolHash;
    signal input poolTerms, providerKey[2];
    signal input identitySecret;
    signal input budget, returnedHolds, rho, stateR8[2], stateS;
    signal input used[SLOTS - 1];
    signal input indices[SLOTS], refundedCharges[SLOTS], refundedHolds[SLOTS], refundR8[SLOTS][2], refundS[SLOTS];
    signal output newState, foldNullifiers[SLOTS];

    // C1
    signal openedPoolHash <== PoolHash()(poolTerms, providerKey);
    openedPoolHash === poolHash;

    // C2
    signal state <== State()(poolHash, identitySecret, budget, returnedHolds, rho);
    certified * (certified - state) === 0;
    signal isUncertified <== IsZero()(certified);
    Signed()(isUncertified, providerKey, state, stateR8, stateS);

    // C3
    signal ticketRoot <== TicketRoot()(identitySecret, poolHash);
    signal ticketKeys[SLOTS];
    signal members[SLOTS];
    var slotUsed[SLOTS];
    var sum = 0;
    var sumOfHolds = 0;
    var tickets = 0;
    for (var t = 0; t < SLOTS; t++) {
        slotUsed[t] = 1;
        if (t > 0) {
            slotUsed[t] = used[t - 1];
            AssertBoolean()(used[t - 1]);
        }
        ticketKeys[t] <== FoldSlot()(
            slotUsed[t], poolHash, providerKey, ticketRoot, indices[t], refundedCharges[t], refundedHolds[t], refundR8[t], refundS[t]
        );
        sum += refundedCharges[t] + refundedHolds[t];
        sumOfHolds += refundedHolds[t];
        // i + 1 in 17 bits for each used slot, 0 for an unused one: a 68-bit number that says which tickets are folded. FoldSlot
        // makes index 0 where used = 0, so the sum of both is that number.
        members[t] <== indices[t] + slotUsed[t];
        tickets += members[t] * (1 << (17 * t));
    }

    // C4: the base budget is below 2^120 and the sum below 2^99, so nothing wraps before the check.
    AssertBits(BUDGET_BITS())(budget + sum);
    signal newRho <== Poseidon(3)([identitySecret, state, TAG_RHO() + tickets]);
    newState <== State()(poolHash, identitySecret, budget + sum, returnedHolds + sumOfHolds, newRho);

    // C5: one hash, its inputs selected. H(secret, large tag), the two tags far apart.
    signal preimage[SLOTS];
    for (var t = 0; t < SLOTS; t++) {
        preimage[t] <== newRho + slotUsed[t] * (ticketKeys[t] - newRho);
        foldNullifiers[t] <== Poseidon(2)([
            preimage[t], TAG_FILL() + t + slotUsed[t] * (TAG_FOLD() - TAG_FILL() - t)
        ]);
    }

    // C6
    for (var a = 0; a < SLOTS; a++) {
        for (var b = a + 1; b < SLOTS; b++) {
            AssertNonZero()(foldNullifiers[a] - foldNullifiers[b]);
        }
    }
}

component main {public [certified, poolHash]} = Fold();

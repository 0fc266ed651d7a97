pragma circom 2.2.2;

// REQUEST: "I own an account with a budget that covers this ticket, and this is the ticket's share for message x."
//
// PUBLIC   x                 message: binds the session key, x != 0
//          poolHash          Π of the pool
// PRIVATE  scope, hold, providerKey   what Π opens to
//          identitySecret    k
//          index             i, the number of the ticket
//          budget, returnedHolds, rho  the state (B, Rp, rho)
//          signatureR8, signatureS     the provider's signature of the state
// OUTPUT   nullifier         of ticket i
//          y                 = k + a_i·x
//
// C1  Π opens to scope, hold and the provider's key
// C2  the state opens to (k, B, Rp, rho) and carries the provider's signature
// C3  i < 65,536, and nullifier and y are those of ticket i of this account in this pool
// C4  hold < 2^96 and (i + 1)·hold <= B
//
// Assumed: B < 2^120 (by induction over enroll and fold). Nothing depends on the account tree, and by the wallet's rule x
// depends on the account and the index alone, so tickets are proved ahead of time and never go stale.

include "lib/pool.circom";
include "lib/refund-state.circom";
include "lib/rln.circom";
include "lib/ticket-tree.circom";

template Request() {
    signal input x, poolHash;
    signal input scope, hold, providerKey[2];
    signal input identitySecret, index;
    signal input budget, returnedHolds, rho;
    signal input signatureR8[2], signatureS;
    signal output nullifier, y;

    // C1
    signal poolTerms <== PoolTerms()(scope, hold);
    signal openedPoolHash <== PoolHash()(poolTerms, providerKey);
    openedPoolHash === poolHash;

    // C2
    signal state <== State()(poolHash, identitySecret, budget, returnedHolds, rho);
    Signed()(1, providerKey, state, signatureR8, signatureS);

    // C3
    signal ticketRoot <== TicketRoot()(identitySecret, poolHash);
    signal ticketKey <== TicketKey()(ticketRoot, index);
    nullifier <== TicketNullifier()(ticketKey);
    y <== Share()(identitySecret, ticketKey, x);

    // C4: (i + 1)·hold < 2^113 and B < 2^120, so a negative difference lies near p and has no 120-bit form.
    AssertBits(AMOUNT_BITS())(hold);
    signal needed <== (index + 1) * hold;
    AssertBits(BUDGET_BITS())(budget - needed);
}

component main {public [x, poolHash]} = Request();

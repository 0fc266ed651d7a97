pragma circom 2.2.2;

// SLASH: "I hold two shares of one ticket of this account." One share and the ticket's key, as a close reveals it, give k and so a second
// share; an owner can slash himself, at a loss.
//
// PUBLIC   context           binds who is paid the bounty
//          poolHash          Π of the pool
// PRIVATE  x, y              two shares with x[0] != x[1]
//          index             i, the ticket's number
// OUTPUT   identityCommitment   of the account that signed both
//          nullifier            of the ticket
//
// C1  the line through the two shares has the slope a and the value k at 0
// C2  a is the key of ticket i < 65,536 of k in this pool
// C3  identityCommitment = H(k), nullifier = H(a)
// C4  context is part of the statement
//
// k stays private: a copied transaction with another recipient needs another proof.

include "lib/identity.circom";
include "lib/rln.circom";
include "lib/ticket-tree.circom";

template Slash() {
    signal input context, poolHash;
    signal input x[2], y[2], index;
    signal output identityCommitment, nullifier;

    // C1
    signal (ticketKey, identitySecret) <== Recover()(x, y);

    // C2
    signal ticketRoot <== TicketRoot()(identitySecret, poolHash);
    signal derivedKey <== TicketKey()(ticketRoot, index);
    ticketKey === derivedKey;

    // C3
    identityCommitment <== IdentityCommitment()(identitySecret);
    nullifier <== TicketNullifier()(ticketKey);

    // C4: a public input that no constraint names would be kept by the verifier's own rows alone.
    signal contextSquared <== context * context;
}

component main {public [context, poolHash]} = Slash();

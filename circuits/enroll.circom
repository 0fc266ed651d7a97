pragma circom 2.2.2;

// ENROLL: "I own an account in the tree, and this is its first state."
//
// PUBLIC   poolHash          Π of the pool
// PRIVATE  identitySecret    k
//          deposit           D of the account
//          depth, index, siblings   path of the leaf in the account tree
//          rho               blinding of the state, chosen by the wallet
// OUTPUT   root              of the account tree
//          newState          the state that the provider is asked to sign
//          enrollNullifier   the same for every enrolment of one account
//
// C1  the leaf H(H(k), D) + TAG_LEAF, with D < 2^96, is under root by a path of at most 32 levels
// C2  newState commits to Π, k, B = D, Rp = 0, rho
// C3  enrollNullifier = H(k, Π, TAG_ENROLL)
//
// The verifier checks that the contract had this root, in a block that can no longer be reorganized, that root != 0, and that the
// nullifier is new or comes with the same state.

include "lib/identity.circom";
include "lib/merkle.circom";
include "lib/refund-state.circom";

template Enroll() {
    signal input poolHash;
    signal input identitySecret, deposit, rho;
    signal input depth, index, siblings[TREE_MAX_DEPTH()];
    signal output root, newState, enrollNullifier;

    // C1
    signal identityCommitment <== IdentityCommitment()(identitySecret);
    signal leaf <== AccountLeaf()(identityCommitment, deposit);
    root <== AccountTreeRoot()(leaf, depth, index, siblings);

    // C2
    newState <== State()(poolHash, identitySecret, deposit, 0, rho);

    // C3
    enrollNullifier <== EnrollNullifier()(identitySecret, poolHash);
}

component main {public [poolHash]} = Enroll();

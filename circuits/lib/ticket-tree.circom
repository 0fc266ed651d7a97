pragma circom 2.2.2;

include "bitify.circom";
include "poseidon.circom";
include "parameters.circom";
include "range.circom";

// The ticket tree is a GGM tree of arity 16 and depth 4: ticketRoot = H(k, Π), and the child c of a node at level l - 1 is
// H(node, 16·l + c). Its leaves are the ticket keys. Level and child in one number from 16 to 79 tell these hashes from the fold's
// (248-bit tags) and from the ticket root (a pool hash). The two-input hashes of the account tree and of the pool have first inputs
// that are hashes or public; to meet a node of a ticket tree they would need a preimage of its secret key.

template TicketRoot() {
    signal input identitySecret, poolHash;
    signal output out;

    out <== Poseidon(2)([identitySecret, poolHash]);
}

/// The key of ticket `index` below `root`. Refuses index >= 65,536.
template TicketKey() {
    signal input root, index;
    signal output out;

    signal bits[INDEX_BITS()] <== Num2Bits(INDEX_BITS())(index);

    signal nodes[TICKET_DEPTH() + 1];
    nodes[0] <== root;
    for (var level = 1; level <= TICKET_DEPTH(); level++) {
        // Most significant nibble first.
        var low = INDEX_BITS() - 4 * level;
        var child = bits[low] + 2 * bits[low + 1] + 4 * bits[low + 2] + 8 * bits[low + 3];
        nodes[level] <== Poseidon(2)([nodes[level - 1], TICKET_ARITY() * level + child]);
    }
    out <== nodes[TICKET_DEPTH()];
}

/// nullifier = H(a).
template TicketNullifier() {
    signal input ticketKey;
    signal output out;

    out <== Poseidon(1)([ticketKey]);
}

/// One-hot form of a nibble (bits least significant first), all zero when `live` is 0.
template NibbleOneHot() {
    signal input bits[4], live;
    signal output out[16];

    signal low <== bits[0] * bits[1];
    signal high <== bits[2] * bits[3];
    var lowHot[4] = [1 - bits[0] - bits[1] + low, bits[0] - low, bits[1] - low, low];
    var highHot[4] = [1 - bits[2] - bits[3] + high, bits[2] - high, bits[3] - high, high];

    signal liveHot[4];
    for (var i = 0; i < 4; i++) {
        liveHot[i] <== live * highHot[i];
    }
    for (var c = 0; c < 16; c++) {
        out[c] <== liveHot[c \ 4] * lowHot[c % 4];
    }
}

/// The cover keys of the tickets [firstUnused, 65536): 16 slots for each level, the node's key where the node is in the cover
/// and 0 where it is not. From them, and from nothing less, every ticket key from firstUnused on follows, and none below it.
/// 0 <= firstUnused <= 65,536; at 65,536 all slots are 0.
template CoverKeys() {
    signal input root, firstUnused;
    signal output slots[COVER_SLOTS()];

    signal bits[INDEX_BITS() + 1] <== Num2Bits(INDEX_BITS() + 1)(firstUnused);
    signal all <== bits[INDEX_BITS()];
    // 2^16 is the only value that has bit 16.
    all * (firstUnused - TICKET_COUNT()) === 0;

    signal nodes[TICKET_DEPTH()];
    nodes[0] <== root;
    signal onPath[TICKET_DEPTH()][TICKET_ARITY()];
    signal children[TICKET_DEPTH()][TICKET_ARITY()];
    signal chosen[TICKET_DEPTH() - 1][TICKET_ARITY()];

    for (var above = 0; above < TICKET_DEPTH(); above++) {
        var level = above + 1;
        var low = INDEX_BITS() - 4 * level;
        onPath[above] <== NibbleOneHot()([bits[low], bits[low + 1], bits[low + 2], bits[low + 3]], 1 - all);

        var covered = 0;
        var next = 0;
        for (var c = 0; c < TICKET_ARITY(); c++) {
            children[above][c] <== Poseidon(2)([nodes[above], TICKET_ARITY() * level + c]);

            // A node right of the path is covered; at the last level the path's own end, ticket firstUnused, is too.
            var reached = covered + onPath[above][c];
            slots[TICKET_ARITY() * above + c] <== (level == TICKET_DEPTH() ? reached : covered) * children[above][c];
            covered = reached;

            if (level < TICKET_DEPTH()) {
                chosen[above][c] <== onPath[above][c] * children[above][c];
                next += chosen[above][c];
            }
        }
        if (level < TICKET_DEPTH()) {
            nodes[level] <== next;
        }
    }
}

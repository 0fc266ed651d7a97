pragma circom 2.2.2;

include "range.circom";

/// The Rate-Limit Nullifier share of message x != 0 on a ticket: y = k + a·x. One share says nothing about k; two shares with
/// different messages on one ticket give a and k.
template Share() {
    signal input identitySecret, ticketKey, x;
    signal output y;

    AssertNonZero()(x);
    signal slope <== ticketKey * x;
    y <== identitySecret + slope;
}

/// Interpolates two shares of one line: the slope a and the secret k. Refuses x[0] == x[1].
template Recover() {
    signal input x[2], y[2];
    signal output ticketKey, identitySecret;

    AssertNonZero()(x[0] - x[1]);
    ticketKey <-- x[0] != x[1] ? (y[0] - y[1]) / (x[0] - x[1]) : 0;
    ticketKey * (x[0] - x[1]) === y[0] - y[1];
    signal rise <== ticketKey * x[0];
    identitySecret <== y[0] - rise;
}

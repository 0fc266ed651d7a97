// SPDX-License-Identifier: GPL-3.0-or-later
/** What the committed vectors say, by the naive model alone. `npx tsx scripts/vectors.ts` writes it to test/vectors/data. */
import { IDENTITY, isSigned, l, pointOfOrder, signer } from "./model/curve.ts";
import type { Point } from "./model/curve.ts";
import {
  H,
  TAG_ENROLL,
  TAG_FILL,
  TAG_FOLD,
  TAG_LEAF,
  TAG_REFUND,
  TAG_RHO,
  TAG_STATE,
  keccak,
  p,
} from "./model/hash.ts";
import {
  authorizationNonceOf,
  callDigestOf,
  closeChallengeOf,
  consentDigestOf,
  disputeDigestOf,
  receiptDigestOf,
  scopeOf,
  slashContextOf,
  ticketMessageOf,
} from "./model/messages.ts";
import { splitOfClose, splitOfSlash, stakeOf } from "./model/payouts.ts";
import {
  commitmentOf,
  coverKeysOf,
  enrollNullifierOf,
  fillerOf,
  firstState,
  foldNullifierOf,
  foldedState,
  hashOf,
  leafOf,
  nullifierOf,
  pathOf,
  polynomialOf,
  poolOf,
  refundMessageOf,
  refundOf,
  rootFrom,
  rootOf,
  shareOf,
  ticketKeyOf,
} from "./model/protocol.ts";
import { close, enroll, fold, refund, request, slash } from "./model/statements.ts";
import type { Statement } from "./model/statements.ts";

/** A number below p that looks random and is the same in every run. */
const random = (label: string): bigint => keccak(Buffer.from(`vector ${label}`)) % p;
const hex = (value: bigint, bytes: number): string => `0x${value.toString(16).padStart(2 * bytes, "0")}`;
const address = (label: string): string => hex(random(label) % 2n ** 160n, 20);
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

const privateKey = hex(random("provider") % 2n ** 256n, 32);
const provider = signer(Buffer.from(privateKey.slice(2), "hex"));
const HOLD = 1_100n;
const CHAIN_ID = 8453n;
const POOL_ADDRESS = address("pool");
const pool = poolOf(CHAIN_ID, POOL_ADDRESS, HOLD, provider.key);
const { poolHash } = pool;
const k = random("identity");

const CORNERS = [0, 1, 15, 16, 255, 256, 0x1a5e, 4_096, 65_534, 65_535];

function poseidon(): object[] {
  return range(6).flatMap((at) => {
    const arity = at + 1;
    const inputs = [0n, 1n, p - 1n].map((value) => new Array<bigint>(arity).fill(value));
    const mixed = range(3).map((round) => range(arity).map((i) => random(`poseidon ${arity} ${round} ${i}`)));
    return [...inputs, ...mixed].map((each) => ({ inputs: each, hash: H(...each) }));
  });
}

function tree(): object {
  const accounts = range(20).map((i) => {
    const commitment = commitmentOf(random(`account ${i}`));
    // From one ticket to all of them.
    const deposit = i === 19 ? 65_536n * HOLD : HOLD + BigInt(i) * 12_345n;
    return { commitment, deposit, leaf: leafOf(commitment, deposit) };
  });
  const leaves = accounts.map(({ leaf }) => leaf);
  const roots = range(20).map((i) => rootOf(leaves.slice(0, i + 1)));
  const places = [[1, 0], [2, 1], [3, 2], [5, 4], [7, 3], [11, 10], [16, 9], [17, 16], [20, 0], [20, 18]] as const;
  const paths = places.map(([size, position]) => {
    const path = pathOf(leaves.slice(0, size), position);
    return { size, position, ...path, root: rootFrom(leaves[position] as bigint, path) };
  });
  return { accounts, roots, paths };
}

function tickets(): object {
  const keys = CORNERS.map((index) => {
    const key = ticketKeyOf(k, poolHash, index);
    return { index, key, nullifier: nullifierOf(key), foldNullifier: foldNullifierOf(key) };
  });
  const xs = [1n, p - 1n, random("x") >> 8n];
  const shares = keys.slice(0, 3).map(({ key, index }, i) => ({ index, x: xs[i], y: shareOf(k, key, xs[i] as bigint) }));
  const covers = [...CORNERS, 65_536].map((firstUnused) => ({ firstUnused, slots: coverKeysOf(k, poolHash, firstUnused) }));
  const rho = random("rho");
  const fillers = [0, 1, 2, 3].map((slot) => ({ rho, slot, filler: fillerOf(rho, slot) }));
  return { k, poolHash, root: H(k, poolHash), enrollNullifier: enrollNullifierOf(k, poolHash), keys, shares, covers, fillers };
}

function states(): object {
  const first = firstState(poolHash, k, 110_000n);
  const folds = [
    [{ index: 0, charge: 0n, hold: 0n }],
    [{ index: 7, charge: 70n, hold: 100n }, { index: 3, charge: 2n ** 96n - 1n, hold: 2n ** 96n - 1n }],
    [4, 65_535, 0, 12].map((index) => ({ index, charge: BigInt(index), hold: 100n })),
  ].map((refunds) => {
    const state = foldedState(poolHash, first, refunds);
    return { refunds, state, hash: hashOf(poolHash, state) };
  });
  const refunds = [0n, 1n, 2n ** 96n - 1n].map((amount) => {
    const nullifier = nullifierOf(ticketKeyOf(k, poolHash, 7));
    return { nullifier, charge: amount, hold: amount, message: refundMessageOf(poolHash, nullifier, amount, amount) };
  });
  return { poolHash, k, deposit: 110_000n, first: { state: first, hash: hashOf(poolHash, first) }, folds, refunds };
}

function messages(): object {
  const scopes = [1n, 10n, 8453n, 2n ** 64n - 1n].map((chainId, i) => {
    const at = address(`pool ${i}`);
    return { chainId, pool: at, scope: scopeOf(chainId, at) };
  });
  const pools = [1n, HOLD, 2n ** 96n - 1n].map((hold, i) => {
    const { scope, poolTerms, poolHash: hash } = poolOf(CHAIN_ID, address(`pool ${i}`), hold, provider.key);
    return { chainId: CHAIN_ID, pool: address(`pool ${i}`), hold, providerKey: provider.key, scope, poolTerms, poolHash: hash };
  });
  const ticketMessages = range(3).map((i) => {
    const session = address(`session ${i}`);
    return { scope: pool.scope, session, x: ticketMessageOf(pool.scope, session) };
  });
  const contexts = range(3).map((i) => {
    const recipient = address(`recipient ${i}`);
    return { poolHash, recipient, context: slashContextOf(poolHash, recipient) };
  });
  const authorizations = [0n, 1n, 2n ** 256n - 1n].map((salt) => {
    const commitment = commitmentOf(k);
    const nonce = authorizationNonceOf(POOL_ADDRESS, commitment, 110_000n, salt);
    return { pool: POOL_ADDRESS, commitment, amount: 110_000n, salt, nonce };
  });
  const closes = [
    { firstUnused: 0, relayer: hex(0n, 20), fee: 0n },
    { firstUnused: 0x1a5e, relayer: address("relayer"), fee: 12n },
    { firstUnused: 65_536, relayer: address("relayer"), fee: 2n ** 96n - 1n },
  ].map(({ firstUnused, relayer, fee }) => {
    const slots = coverKeysOf(k, poolHash, firstUnused);
    const shared = { commitment: commitmentOf(k), recipient: address("recipient"), relayer, fee, deadline: 2_000_000_000n, slots };
    const whole = { ...shared, firstUnused: BigInt(firstUnused), refundedCharges: 5n, refundedHolds: 6n, certified: 0n };
    const z = closeChallengeOf(poolHash, shared);
    const consentDeadline = 1_900_000_000n;
    const digest = consentDigestOf(CHAIN_ID, POOL_ADDRESS, whole, consentDeadline);
    return { ...whole, poolHash, z, e: polynomialOf(slots, z), consentDeadline, consentDigest: digest };
  });
  const call = { nullifier: random("nullifier"), sequence: 3n, cap: 2n ** 96n - 1n, requestHash: random("request") };
  const receipt = {
    nullifier: random("nullifier"),
    sequence: 3n,
    requestHash: random("request"),
    responseHash: random("response"),
    charged: 990n,
    modelId: "eth_getBalance",
    issuedAt: 1_800_000_000n,
  };
  const calls = [{ ...call, digest: callDigestOf(CHAIN_ID, POOL_ADDRESS, call) }];
  const receipts = [{ ...receipt, digest: receiptDigestOf(CHAIN_ID, POOL_ADDRESS, receipt) }];
  const disputes = [0n, random("nullifier"), p - 1n].map((nullifier, i) => {
    const recipient = address(`recipient ${i}`);
    return { nullifier, recipient, digest: disputeDigestOf(CHAIN_ID, POOL_ADDRESS, nullifier, recipient) };
  });
  const where = { chainId: CHAIN_ID, pool: POOL_ADDRESS };
  return { where, scopes, pools, ticketMessages, contexts, authorizations, closes, calls, disputes, receipts };
}

function signatures(): object {
  const valid = [0n, 1n, p - 1n, random("message")].map((message) => ({ message, ...provider.sign(message) }));
  const good = valid.at(-1) as (typeof valid)[number];
  const stranger = signer(Buffer.from("another provider's key, 32 bytes"));
  const broken = [
    { why: "s >= l", ...good, s: good.s + l },
    { why: "another message", ...good, message: good.message + 1n },
    { why: "another key", message: good.message, ...stranger.sign(good.message) },
    { why: "R8 negated", ...good, r8: [p - good.r8[0], good.r8[1]] as Point },
    { why: "R8 with a point of order 2", message: good.message, ...provider.signWithTorsion(good.message, pointOfOrder(2)) },
    { why: "R8 with a point of order 8", message: good.message, ...provider.signWithTorsion(good.message, pointOfOrder(8)) },
  ];
  for (const each of valid) if (!isSigned(each.message, each, provider.key)) throw new Error("the model disagrees with zk-kit");
  const weakKeys = [IDENTITY, ...([2, 4, 8] as const).map(pointOfOrder)];
  return { privateKey, publicKey: provider.key, eighth: provider.eighth, valid, broken, weakKeys };
}

function payouts(): object {
  const prices = { ticketPrice: 1_000n, policyHold: 100n };
  const most = 2n ** 96n - 1n;
  const ended = [false, true].flatMap((isExpired) => [
    { deposit: 110_000n, stake: 1_600n, isExpired },
    { deposit: most, stake: 500n + most, isExpired },
    { deposit: 1_100n, stake: 1n, isExpired },
  ]);
  const closings = [
    { firstUnused: 0n, refundedCharges: 0n, refundedHolds: 0n, ...prices, fee: 0n },
    { firstUnused: 1n, refundedCharges: 0n, refundedHolds: 0n, ...prices, fee: 7n },
    { firstUnused: 50n, refundedCharges: 12_345n, refundedHolds: 4_900n, ...prices, fee: 100n },
    { firstUnused: 100n, refundedCharges: 0n, refundedHolds: 0n, ...prices, fee: most },
    { firstUnused: 101n, refundedCharges: 1_100n, refundedHolds: 0n, ...prices, fee: 5n },
    { firstUnused: 65_536n, refundedCharges: 0n, refundedHolds: 0n, ...prices, fee: 0n },
    { firstUnused: 65_536n, refundedCharges: 65_536_000n, refundedHolds: 6_553_600n, ...prices, fee: 0n },
    { firstUnused: 65_536n, refundedCharges: 65_530_000n, refundedHolds: 1n, ...prices, fee: 3n },
  ];
  const closes = ended.flatMap((account) => closings.map((closing) => ({ account, closing, split: splitOfClose(account, closing) })));
  const slashes = ended.flatMap((account) =>
    [1n, 5_000n, 9_999n].map((bountyBps) => ({ account, bountyBps, split: splitOfSlash(account, bountyBps) })),
  );
  const stakes = [1_100n, 110_000n, most].flatMap((deposit) =>
    [[1n, 0n], [500n, 100n], [7n, 10_000n]].map(([minimum, bps]) => ({
      deposit,
      stakeMinimum: minimum,
      stakeBps: bps,
      stake: stakeOf(deposit, minimum as bigint, bps as bigint),
    })),
  );
  return { closes, slashes, stakes };
}

function statements(): object {
  const deposit = 110_000n;
  const first = firstState(poolHash, k, deposit);
  const sign = (state: typeof first): ReturnType<typeof provider.sign> => provider.sign(hashOf(poolHash, state));
  const refunds = [3, 1, 90, 9].map((index) => refundOf(provider, poolHash, k, index, 10n * BigInt(index), 100n));
  const folded = foldedState(poolHash, first, refunds);
  const leaf = leafOf(commitmentOf(k), deposit);
  const leaves = range(9).map((i) => (i === 4 ? leaf : random(`leaf ${i}`)));
  const terms = {
    deposit,
    firstUnused: 91,
    refundedCharges: 1_030n,
    refundedHolds: 400n,
    recipient: address("recipient"),
    relayer: address("relayer"),
    fee: 12n,
    deadline: 2_000_000_000n,
  };
  const x = ticketMessageOf(pool.scope, address("session 0"));
  const all: Record<string, Statement> = {
    enroll: enroll(pool, first, deposit, pathOf(leaves, 4)),
    request: request(pool, folded, sign(folded), 91, x),
    fold: fold(pool, first, sign(first), refunds),
    close: close(pool, folded, sign(folded), terms),
    slash: slash(pool, k, 91, [x, ticketMessageOf(pool.scope, address("session 1"))], address("recipient")),
    refund: refund(pool, nullifierOf(ticketKeyOf(k, poolHash, 3)), 30n, 100n, (refunds[0] as (typeof refunds)[number]).signature),
  };
  return Object.fromEntries(Object.entries(all).map(([name, { input, answer }]) => [name, { input, answer }]));
}

const parameters = (): object => ({
  tags: {
    LEAF: TAG_LEAF,
    STATE: TAG_STATE,
    RHO: TAG_RHO,
    ENROLL: TAG_ENROLL,
    FOLD: TAG_FOLD,
    FILL: TAG_FILL,
    REFUND: TAG_REFUND,
  },
  fieldModulus: p,
  subgroupOrder: l,
});

/** One entry for each file. */
export const CONTENT: Readonly<Record<string, () => object>> = {
  parameters,
  poseidon,
  tree,
  tickets,
  states,
  messages,
  signatures,
  payouts,
  statements,
};

/** Numbers of the protocol as decimal strings; indices, counts and text as they are. */
export const toJson = (content: object): string =>
  `${JSON.stringify(content, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value), 2)}\n`;

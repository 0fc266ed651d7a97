// SPDX-License-Identifier: GPL-3.0-or-later
/** What is simulated: how many users, what they do, and the pool that they do it in. A scenario is a JSON file; what it leaves out has a default. */
import { z } from "zod";

const amount = z
  .string()
  .regex(/^\d{1,28}$/, "takes token units in decimal digits")
  .transform(BigInt);
const share = z.number().min(0).max(1);
const positive = z.number().positive().finite();
const seconds = z.number().int().min(1).max(4_000_000_000);

/** Of deploy/networks/sizing.ts, with a small policy hold so that holds are seen to return. */
const pool = z
  .object({
    ticketPrice: amount.default("10000"),
    policyHold: amount.default("1000"),
    unit: amount.default("10"),
    stakeMinimum: amount.default("5000000"),
    stakeBps: z.number().int().min(0).max(10_000).default(100),
    bountyBps: z.number().int().min(0).max(9_999).default(5_000),
    challengeWindow: seconds.default(259_200),
    disputeWindow: seconds.default(259_200),
    accountLifetime: seconds.default(63_072_000),
  })
  .strict();

export const scenarioSchema = z
  .object({
    name: z.string().min(1).max(60),
    /** Another seed, other chances. */
    seed: z.string().max(200).default("jeton"),
    /** Who have an account at any time. */
    users: z.number().int().min(1).max(100_000_000),
    /** Months of 30 days. */
    months: z.number().int().min(1).max(120),
    /** What a user sends to the chain in a month: deposits, closes, finalizations. Sets how long an account lives. */
    actionsPerMonth: positive.max(1_000),
    /** Units of the token to one dollar. */
    unitsPerDollar: amount.default("1000000"),
    pool: pool.default({}),
    /** D: lognormal, by its median in token units and the standard deviation of its logarithm. */
    deposits: z
      .object({ median: positive.default(10_000_000), sigma: z.number().min(0).max(5).default(0.7) })
      .strict()
      .default({}),
    /** Calls of a user in a month: Poisson around a gamma-distributed mean of this shape, which is a negative binomial. */
    calls: z
      .object({ perMonth: positive.default(300), shape: positive.default(1.5) })
      .strict()
      .default({}),
    /** The most that calls of a class are charged, as a share of C; weights need not sum to 1. */
    prices: z
      .array(z.object({ weight: positive, ofPrice: z.number().positive().max(1) }).strict())
      .min(1)
      .max(50)
      .default([
        { weight: 60, ofPrice: 0.1 },
        { weight: 30, ofPrice: 0.4 },
        { weight: 10, ofPrice: 1 },
      ]),
    /** Which part of its class's price a call does not use: beta. */
    unused: z
      .object({ alpha: positive.default(2), beta: positive.default(3) })
      .strict()
      .default({}),
    /** Refund tickets in one fold. */
    ticketsPerFold: z.number().int().min(1).max(4).default(4),
    sponsored: z
      .object({
        share: share.default(0.2),
        /** Accounts in one batch, and how often there is one. */
        batch: z.number().int().min(1).max(170).default(100),
        everySeconds: seconds.default(86_400),
      })
      .strict()
      .default({}),
    /** Of closes. The others wait for the challenge window. */
    consentShare: share.default(0.9),
    /** Of tickets: whose refund does not arrive, and is demanded on chain. */
    disputeRate: share.default(0.000_01),
    /** Of disputes. The others the provider loses. */
    answeredShare: share.default(0.9),
    /** Of tickets: that broke the policy and lose their hold. */
    violationRate: share.default(0.000_01),
    /** Of accounts: whose owner spends the last ticket twice. */
    doubleSpendRate: share.default(0.000_1),
    /** Of accounts: whose owner never comes back. */
    abandonRate: share.default(0.005),
    /** The provider's bond, in token units. */
    bond: amount.default("1000000000"),
    /** The busiest hour against the mean one. */
    peakFactor: z.number().min(1).max(1_000).default(4),
  })
  .strict();

export type Scenario = z.output<typeof scenarioSchema>;
export type ScenarioJson = z.input<typeof scenarioSchema>;

/** The scale that the article is about, and one small enough to be carried out whole. */
export const BUILT_IN = [
  { name: "250k-2", users: 250_000, months: 12, actionsPerMonth: 2 },
  { name: "1m-1", users: 1_000_000, months: 12, actionsPerMonth: 1 },
  { name: "1m-2", users: 1_000_000, months: 12, actionsPerMonth: 2 },
  { name: "1m-3", users: 1_000_000, months: 12, actionsPerMonth: 3 },
  {
    name: "small",
    // Every kind of event, and few proofs.
    seed: "small 1727",
    users: 3,
    months: 2,
    actionsPerMonth: 3,
    pool: { stakeMinimum: "1000000", challengeWindow: 86_400, disputeWindow: 86_400, accountLifetime: 1_728_000 },
    deposits: { median: 400_000, sigma: 0.5 },
    calls: { perMonth: 12, shape: 2 },
    sponsored: { share: 0.5, batch: 2, everySeconds: 86_400 },
    consentShare: 0.5,
    disputeRate: 0.06,
    answeredShare: 0.5,
    violationRate: 0.05,
    doubleSpendRate: 0.2,
    abandonRate: 0.15,
    bond: "100000",
  },
] as const satisfies readonly ScenarioJson[];

export const MONTH = 30 * 86_400;

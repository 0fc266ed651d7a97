// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton wallet deposit`: opens an account with the funding key's tokens. */
import type { TransactionReceipt } from "ethers";
import { formatEther } from "ethers";

import { DemoUSD__factory } from "../../../../typechain-types/index.js";
import { ChainError, TryingSigner, sendTransaction, signDepositPermit } from "../../../chain/index.ts";
import type { Opening, PoolSender } from "../../../chain/index.ts";
import { TICKET_COUNT, deriveIdentitySecret, holdOf, identityCommitmentOf } from "../../../protocol/index.ts";
import { tokensText, unitsOf } from "../../amounts.ts";
import { CliError } from "../../errors.ts";
import type { Outcome } from "../../outcome.ts";
import { transact } from "../../transact.ts";
import { timeText } from "./close.ts";
import { accountAt, accountNumber, withWallet, workOf } from "./session.ts";
import type { SendingOptions, WalletSession } from "./session.ts";
import { refuseDevelopmentProvider, requireCeremonyKeys } from "./trust.ts";

export interface DepositOptions extends SendingOptions {
  readonly amount: string;
  readonly account: string;
  readonly mint: boolean;
  /** Deposits on a live chain although one party made the proving keys. */
  readonly acceptDevelopmentKeys: boolean;
}

/** Gas of a deposit into a large tree, with an approval before it, and room: for the question whether the address has enough coins. */
const GAS = 1_500_000n;

/** How long a permit may be used. */
const PERMIT_SECONDS = 3_600;

export const depositCommand = (options: DepositOptions): Promise<Outcome> =>
  withWallet(options, async (session) => {
    const units = unitsOf(options.amount, "--amount", session.client.token);
    return deposit(session, { ...options, units, account: accountNumber(options.account) });
  });

export interface Deposit extends Pick<SendingOptions, "yes" | "dryRun" | "json"> {
  /** D, in token base units; the stake comes on top. */
  readonly units: bigint;
  readonly account: number;
  readonly mint: boolean;
  readonly acceptDevelopmentKeys?: boolean;
}

/**
 * Opens an account. One that has its deposit already is left as it is.
 * @throws CliError OPTION_INVALID, DEVELOPMENT_KEYS, FUNDS_MISSING, NOT_CONFIRMED; WalletError of `Account.beginDeposit`
 */
export async function deposit(
  session: WalletSession,
  { units, account, mint, acceptDevelopmentKeys = false, ...asked }: Deposit,
): Promise<Outcome> {
  const { client, network, signer, say, prover, view } = session;
  const { token, parameters } = client;
  const { seed } = session.keys;
  const identityCommitment = identityCommitmentOf(
    deriveIdentitySecret(seed, client.pool.chainId, client.pool.address, account),
  );
  const known = await client.accountOf(identityCommitment);
  if (known.status !== "none") {
    say(`account ${account} has its deposit already: nothing is sent. Another --account takes another deposit`);
    return {
      pool: client.pool.address,
      account,
      status: known.status,
      deposit: tokensText(known.deposit, token),
      expires: timeText(known.openedAt + parameters.accountLifetime),
    };
  }
  refuseDevelopmentProvider(parameters, network);
  requireCeremonyKeys(prover, network, acceptDevelopmentKeys, say);
  const hold = holdOf(parameters);
  if (units < hold || units > BigInt(TICKET_COUNT) * hold) {
    const range = `${tokensText(hold, token)} (one ticket) to ${tokensText(BigInt(TICKET_COUNT) * hold, token)}`;
    throw new CliError("OPTION_INVALID", `a deposit is ${range}`);
  }
  const price = client.priceOf(units);
  say(
    `deposit ${tokensText(units, token)} (${units / hold} tickets to begin with), and ${tokensText(price - units, token)} as a stake that comes back at the close`,
  );
  say(
    `The account expires ${parameters.accountLifetime / 86_400n} days after the deposit: close it before. After that anyone can make what is unspent the provider's, and only the stake comes back.`,
  );
  if (mint && !network.isLocal) {
    throw new CliError("OPTION_INVALID", "--mint is for the demo dollar of local networks");
  }
  await requireFunds(session, mint ? 0n : price);
  if (!network.isLocal) say(`the deposit, its amount and ${signer.address} are public; what you do with it is not`);
  return transact(workOf(session, asked), asked, {
    question: `Pay ${tokensText(price, token)} into pool ${client.pool.address}?`,
    // The wallet knows an account from here on.
    prepare: () => accountAt(session, account.toString()).beginDeposit(),
    send: async (sender) => {
      if (mint) await mintDemoDollars(session, sender, price);
      return send(session, sender, { identityCommitment, amount: units }, price);
    },
    tell: async () => {
      // What comes next in this process finds the account.
      await view.sync();
      const { openedAt } = await client.accountOf(identityCommitment);
      return {
        pool: client.pool.address,
        account,
        deposit: tokensText(units, token),
        stake: tokensText(price - units, token),
        expires: timeText(openedAt + parameters.accountLifetime),
      };
    },
  });
}

/**
 * One transaction with a permit where the token has them, an approval and a deposit otherwise. A rehearsal signs nothing: it shows the
 * approval, which costs more.
 */
async function send(
  { client, signer, say }: WalletSession,
  sender: PoolSender,
  opening: Opening,
  price: bigint,
): Promise<TransactionReceipt> {
  if (sender.signer instanceof TryingSigner) {
    if ((await sender.ensureAllowance(price)) !== undefined) {
      say("shown as an approval and a deposit; where the token takes permits it is one transaction, and cheaper");
    }
    return sender.deposit(opening);
  }
  if ((await client.token.allowance(signer.address, client.pool.address)) >= price) return sender.deposit(opening);
  const deadline = BigInt(Math.floor(Date.now() / 1000) + PERMIT_SECONDS);
  const permit = await signDepositPermit(client, signer, opening.amount, deadline).catch((error: unknown) => {
    if (error instanceof ChainError && error.code === "TOKEN_UNSUPPORTED") return undefined;
    throw error;
  });
  if (permit !== undefined) {
    say(`sending the deposit with a signed permit …`);
    return sender.depositWithPermit(opening, permit);
  }
  say(`${client.token.symbol} takes no permits: sending an approval of exactly the price, then the deposit …`);
  await sender.approve(price);
  return sender.deposit(opening);
}

/** Says what is missing, where it has to go, and how much. */
async function requireFunds({ client, network, signer }: WalletSession, price: bigint): Promise<void> {
  const { token, provider } = client;
  const [tokens, coins, { maxFeePerGas, gasPrice }] = await Promise.all([
    token.balanceOf(signer.address),
    provider.getBalance(signer.address),
    provider.getFeeData(),
  ]);
  const gas = GAS * (maxFeePerGas ?? gasPrice ?? 0n);
  const missing = [
    ...(tokens < price ? [`${tokensText(price - tokens, token)} (token ${token.address})`] : []),
    ...(coins < gas ? [`about ${formatEther(gas - coins)} ${network.coin} for gas`] : []),
  ];
  if (missing.length === 0) return;
  throw new CliError(
    "FUNDS_MISSING",
    `${signer.address} has ${tokensText(tokens, token)} and ${formatEther(coins)} ${network.coin} on ${network.title}: send it ${missing.join(" and ")}, and run this again`,
  );
}

async function mintDemoDollars(
  { client, signer, say }: WalletSession,
  sender: PoolSender,
  price: bigint,
): Promise<void> {
  const missing = price - (await client.token.balanceOf(signer.address));
  if (missing <= 0n) return;
  if (!(sender.signer instanceof TryingSigner)) {
    say(`minting ${tokensText(missing, client.token)}, which is worth nothing …`);
  }
  const data = DemoUSD__factory.createInterface().encodeFunctionData("mint", [signer.address, missing]);
  await sendTransaction(sender.signer, { to: client.token.address, data }, "the making of demo dollars");
}

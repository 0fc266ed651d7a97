// SPDX-License-Identifier: GPL-3.0-or-later
/** A throwaway wallet for `jeton sandbox`: made, funded, enrolled and stocked without a question. It is worth nothing. */
import { parseEther } from "ethers";

import { developmentWallet, local } from "../../../../deploy/index.ts";
import { createKeystore } from "../../../wallet/index.ts";
import { SandboxPlace } from "../sandbox/place.ts";
import { deposit } from "./deposit.ts";
import { WalletHome } from "./home.ts";
import type { OpenOptions, WalletSession } from "./session.ts";
import { proveAhead } from "./tickets.ts";

/** Known to everybody, as the money is. */
const PASSWORD = "sandbox";
/** What a guess of that password costs does not matter. */
const SCRYPT_N = 1_024;
/** Of the development phrase: pays the wallet's gas. */
const FAUCET = 9;
const COINS = parseEther("10");
/** Demo dollars. */
const DEPOSIT = 5_000_000n;

export interface SandboxWallet {
  /** How to open it. */
  readonly open: Pick<OpenOptions, "home" | "password">;
  /** In token base units. */
  readonly deposit: bigint;
}

/** Finds the sandbox, and makes its wallet if there is none yet. @throws CliError SANDBOX_MISSING */
export async function sandboxWallet(folder: string | undefined): Promise<SandboxWallet> {
  const place = new SandboxPlace(folder);
  const note = await place.running();
  const home = new WalletHome(place.walletOf(note.instance));
  if (!(await home.hasKeys())) {
    await home.make();
    await createKeystore(home.keystore, PASSWORD, { scryptN: SCRYPT_N });
  }
  const { rpcUrl, chainId, pool, fromBlock, gateway, instance } = note;
  await home.saveConfig({
    format: "jeton.wallet.v1",
    rpcUrl,
    chainId,
    pool,
    fromBlock,
    finality: local.finality,
    gateway,
    sandbox: instance,
  });
  return { open: { home: home.folder, password: PASSWORD }, deposit: DEPOSIT };
}

/** Deposits, enrols and proves, as far as that was not done before. */
export async function prepareSandboxWallet(session: WalletSession, units: bigint, stock: number): Promise<void> {
  const { client, signer, purse, say } = session;
  const account = purse.add(0);
  if ((await client.accountOf(account.identityCommitment)).status === "none") {
    say("a throwaway wallet for the sandbox, worth nothing: getting coins for gas and demo dollars …");
    if ((await client.provider.getBalance(signer.address)) < COINS) {
      const faucet = developmentWallet(FAUCET, client.provider);
      await (await faucet.sendTransaction({ to: signer.address, value: COINS })).wait();
    }
    await deposit(session, { units, account: 0, mint: true, yes: true, dryRun: false, json: false });
  }
  if (!account.summary().isEnrolled) {
    say("enrolling: proving that some deposit of the pool is ours …");
    await account.enroll();
  }
  await proveAhead(session, account, stock);
}

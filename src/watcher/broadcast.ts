// SPDX-License-Identifier: GPL-3.0-or-later
/** One signer's transactions: what became of them, and how one leaves. A transaction is written down before it is sent. */
import { Transaction } from "ethers";

import { guarded, isKnownTransaction, minedNonce, minedTransaction } from "../chain/index.ts";
import type { PoolClient } from "../chain/index.ts";
import type { SentTransaction, Sender } from "./claim-records.ts";
import type { Fees } from "./cost.ts";
import type { ClaimSigner, WatcherLog } from "./ports.ts";
import { reasonOf } from "./ports.ts";
import type { WatcherStore } from "./store.ts";

export interface Draft extends Fees {
  readonly claim: number;
  readonly nonce: number;
  readonly data: string;
  readonly gasLimit: bigint;
}

/** Endpoints say that they have it already, or that it is too late, in words of their own: neither is a failure. */
const HARMLESS =
  /already known|known transaction|already imported|already exists|nonce too low|nonce has already been used/i;

export class Broadcaster {
  readonly sender: Sender;
  readonly #store: WatcherStore;
  readonly #client: PoolClient;
  readonly #signer: ClaimSigner;
  readonly #log: WatcherLog;

  constructor(store: WatcherStore, client: PoolClient, signer: ClaimSigner, log: WatcherLog) {
    this.sender = { address: signer.address, chainId: client.chainId };
    this.#store = store;
    this.#client = client;
    this.#signer = signer;
    this.#log = log;
  }

  /**
   * Looks up what was sent.
   * @returns the next nonce, and the newest transaction that waits with it
   * @throws ChainError RPC_FAILED
   */
  async settle(): Promise<{ readonly nonce: number; readonly waiting: SentTransaction | undefined }> {
    const { provider } = this.#client;
    const nonce = await minedNonce(provider, this.sender.address);
    let waiting: SentTransaction | undefined;
    for (const sent of this.#store.claims.unsettled(this.sender)) {
      const mined = await minedTransaction(provider, sent.hash);
      if (mined !== undefined) {
        this.#store.claims.setTransaction(sent.hash, mined.succeeded ? "mined" : "failed", mined.cost);
      } else if (sent.nonce < nonce) {
        // Another one has its nonce: it can never be mined.
        this.#store.claims.setTransaction(sent.hash, "replaced");
      } else if (sent.status !== "replaced") {
        // A reorganization may have taken it out of its block.
        if (sent.status !== "sent") this.#store.claims.setTransaction(sent.hash, "sent");
        // Each replaces a cheaper one. When they were sent says less: the clock may have been wrong.
        const isLatest = sent.nonce === nonce && sent.maxFee >= (waiting?.maxFee ?? 0n);
        if (isLatest) waiting = { ...sent, status: "sent" };
      }
    }
    return { nonce, waiting };
  }

  /** @throws ChainError RPC_FAILED, INSUFFICIENT_FUNDS; it is sent again later */
  async send({ claim, nonce, data, gasLimit, maxFee, priorityFee }: Draft, now: number): Promise<string> {
    const raw = await this.#signer.signTransaction({
      type: 2,
      chainId: this.sender.chainId,
      to: this.#client.settlementAddress,
      data,
      nonce,
      gasLimit,
      maxFeePerGas: maxFee,
      maxPriorityFeePerGas: priorityFee,
    });
    const hash = Transaction.from(raw).hash ?? "";
    this.#store.claims.addTransaction(this.sender, { hash, claim, nonce, maxFee, priorityFee, raw, sentAt: now });
    await this.#push(raw);
    return hash;
  }

  /** Sends a transaction again that the endpoint has forgotten. @throws ChainError RPC_FAILED, INSUFFICIENT_FUNDS */
  async remind({ hash, raw }: SentTransaction): Promise<void> {
    if (await isKnownTransaction(this.#client.provider, hash)) return;
    this.#log({ level: "info", event: "sent-again", transaction: hash });
    await this.#push(raw);
  }

  async #push(raw: string): Promise<void> {
    const { provider } = this.#client;
    await guarded("sending the slashing claim", async () => {
      try {
        await provider.send("eth_sendRawTransaction", [raw]);
      } catch (error) {
        if (!HARMLESS.test(reasonOf(error)) && !HARMLESS.test(detailOf(error))) throw error;
      }
    });
  }
}

/** What the endpoint itself said, inside ethers' error. */
function detailOf(error: unknown): string {
  const inner = (error as { readonly error?: { readonly message?: unknown } } | undefined)?.error?.message;
  return typeof inner === "string" ? inner : "";
}

// SPDX-License-Identifier: GPL-3.0-or-later
/** Where a command works: the network, the account that sends, the record of what is deployed. */
import type { Signer } from "ethers";
import { VoidSigner } from "ethers";

import type { NetworkDescription, RecordStore } from "../../deploy/index.ts";
import type { ArtifactReader, ChainProvider, PoolClient } from "../chain/index.ts";
import { PoolSender } from "../chain/index.ts";
import { CliError } from "./errors.ts";
import type { Say } from "./outcome.ts";
import type { Terminal } from "./terminal.ts";

export interface Session {
  readonly network: NetworkDescription;
  readonly provider: ChainProvider;
  /** The chain lives inside this process and goes with it. */
  readonly isSimulated: boolean;
  readonly isLocal: boolean;
  readonly store: RecordStore;
  /** The contracts' build, up to date. */
  artifacts(): Promise<ArtifactReader>;
  /** Who sends; needs no password. @throws CliError CONFIGURATION_MISSING */
  address(): Promise<string>;
  /** @throws CliError CONFIGURATION_MISSING, PASSWORD_MISSING */
  signer(): Promise<Signer>;
  readonly terminal: Terminal;
  /** For progress and warnings. */
  readonly say: Say;
  close(): Promise<void>;
}

/** As much of a session as sending needs. */
export type Place = Pick<Session, "provider" | "isLocal" | "terminal" | "say"> & {
  readonly network: Pick<NetworkDescription, "title" | "chainId">;
};

/** Hardhat's networks and accounts, or an endpoint and a keystore: commands do not care. */
export type OpenSession = (say: Say) => Promise<Session>;

/** Runs a command in a session, and leaves it in order. */
export async function withSession<T>(
  open: OpenSession,
  say: Say,
  command: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await open(say);
  try {
    return await command(session);
  } finally {
    await session.close();
  }
}

/** A dry run's: it has an address alone, and could not send if it tried. */
export const keylessSender = (client: PoolClient, provider: ChainProvider, address: string): PoolSender =>
  new PoolSender(client, new VoidSigner(address, provider));

/** Asks for the key before anything is computed. */
export async function openSender(session: Session, client: PoolClient, isDryRun = false): Promise<PoolSender> {
  if (isDryRun) return keylessSender(client, session.provider, await session.address());
  return new PoolSender(client, await session.signer(), {
    confirmations: session.isSimulated ? 1 : session.network.confirmations,
    onSent: ({ hash }) => session.say(`sent ${hash}`),
  });
}

/**
 * Asks before something is sent to a live chain.
 * @param isGrave asks on local chains, too.
 * @throws CliError NOT_CONFIRMED
 */
export async function confirm(
  { isLocal, network, terminal }: Place,
  isConfirmed: boolean,
  question: string,
  isGrave = false,
): Promise<void> {
  if (isConfirmed || (isLocal && !isGrave)) return;
  const kind = isLocal ? "local" : "live";
  if (!terminal.isInteractive) {
    throw new CliError("NOT_CONFIRMED", `${network.title} is a ${kind} chain: add --yes to confirm (${question})`);
  }
  const answer = await terminal.ask(`${network.title} is a ${kind} chain. ${question} Type "yes": `);
  if (answer.trim().toLowerCase() !== "yes") throw new CliError("NOT_CONFIRMED", "not confirmed: nothing was sent");
}

// SPDX-License-Identifier: GPL-3.0-or-later
/** Sessions of `jeton`: an endpoint, and a key from a keystore file or the environment. */
import { openChain } from "./chain.ts";
import type { ChainFlags } from "./chain.ts";
import { ProjectBuild } from "./build.ts";
import type { OpenSession } from "./session.ts";
import { keyFor } from "./signers.ts";
import type { Key, KeyFlags } from "./signers.ts";
import { processTerminal } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";

export type SessionFlags = ChainFlags & KeyFlags;

export const keySessions =
  (flags: SessionFlags, terminal: Terminal = processTerminal): OpenSession =>
  async (say) => {
    const chain = await openChain(flags);
    const { network, provider, store } = chain;
    let found: Promise<Key> | undefined;
    const key = (): Promise<Key> => (found ??= keyFor(flags, network.isLocal, terminal));
    return {
      network,
      provider,
      store,
      isSimulated: false,
      isLocal: network.isLocal,
      artifacts: async () => new ProjectBuild(),
      address: async () => (await key()).address,
      signer: async () => (await key()).unlock(provider),
      terminal,
      say,
      close: async () => chain.close(),
    };
  };

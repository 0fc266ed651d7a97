// SPDX-License-Identifier: GPL-3.0-or-later
/** The token: the network's own, or the one that the pool's file names; on local networks a demo dollar that anyone can mint. */
import type { Token } from "../src/chain/index.ts";
import { connectToken } from "../src/chain/index.ts";
import type { DeployContext, DeployStep } from "./context.ts";
import { ensureContract } from "./create.ts";
import { DeployError } from "./errors.ts";

/** The token that is there already; undefined when the demo token is to be deployed. */
export function existingToken(
  context: DeployContext,
): { readonly address: string; readonly decimals: number } | undefined {
  const { pool, network } = context.options;
  const token = pool.token ?? network.token;
  if (token === undefined && !network.isLocal) {
    throw new DeployError(
      "TOKEN_UNKNOWN",
      `${network.title} has no token of its own here: name one in the pool's file ("token", "tokenDecimals")`,
    );
  }
  return token;
}

/** @throws DeployError TOKEN_UNKNOWN, TOKEN_DECIMALS */
export async function requireToken(
  context: DeployContext,
  { address, decimals }: { readonly address: string; readonly decimals: number },
): Promise<Token> {
  const { provider, network } = context.options;
  const token = await connectToken(provider, address).catch((error: unknown) => {
    throw new DeployError(
      "TOKEN_UNKNOWN",
      `there is no ERC-20 token at ${address} on ${network.title} (chain ${network.chainId}): check the address in the pool's file, or in deploy/networks/${network.name}.ts`,
      error,
    );
  });
  if (token.decimals !== decimals) {
    throw new DeployError(
      "TOKEN_DECIMALS",
      `the token ${address} has ${token.decimals} decimals, and ${decimals} are expected: every amount of the pool would be off by a power of ten`,
    );
  }
  return token;
}

export const token: DeployStep = {
  name: "04-token",
  run: async (context) => {
    const existing = existingToken(context);
    const { address, symbol, decimals } = await requireToken(
      context,
      existing ?? { address: await ensureContract(context, "DemoUSD"), decimals: 6 },
    );
    await context.save({ token: { address, symbol, decimals } });
    context.log(`token: ${symbol} at ${address}, ${decimals} decimals`);
  },
};

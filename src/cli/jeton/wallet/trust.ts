// SPDX-License-Identifier: GPL-3.0-or-later
/** What a wallet asks of a pool before it believes it: keys that not everybody has, and the provider's own signatures. */
import { Interface, dataSlice } from "ethers";

import { isDevelopmentAccount, isDevelopmentProviderKey } from "../../../../deploy/index.ts";
import type { PoolClient } from "../../../chain/index.ts";
import type { PoolParameters } from "../../../protocol/index.ts";
import type { Prover } from "../../../prover/index.ts";
import { isSignedByKey } from "../../../wallet/index.ts";
import { CliError } from "../../errors.ts";
import type { Say } from "../../outcome.ts";

/** What is asked of a network. */
interface Place {
  readonly title: string;
  readonly isLocal: boolean;
}

/** @throws CliError DEVELOPMENT_KEYS where the pool's keys are everybody's, and the chain is not local */
export function refuseDevelopmentProvider(
  { provider, providerKey }: Pick<PoolParameters, "provider" | "providerKey">,
  { isLocal, title }: Place,
): void {
  if (isLocal) return;
  const which = isDevelopmentProviderKey(providerKey)
    ? "the key that signs its states"
    : isDevelopmentAccount(provider)
      ? `its provider's account ${provider}`
      : undefined;
  if (which === undefined) return;
  throw new CliError(
    "DEVELOPMENT_KEYS",
    `${which} is a development key, which everybody has: whoever wants takes what the pool on ${title} holds`,
  );
}

/** Before money goes into a pool. @throws CliError DEVELOPMENT_KEYS unless the user wants it */
export function requireCeremonyKeys(
  { manifest }: Pick<Prover, "manifest">,
  { isLocal, title }: Place,
  isWanted: boolean,
  say: Say,
): void {
  if (isLocal || manifest.purpose === "ceremony") return;
  const reason = `the proving keys are made for ${manifest.purpose}: whoever made them can forge every proof and empty the pool (docs/trusted-setup.md)`;
  if (!isWanted) {
    throw new CliError(
      "DEVELOPMENT_KEYS",
      `${reason}. Nothing is deposited on ${title}; --accept-development-keys does it all the same`,
    );
  }
  say(`warning: ${reason}`);
}

const ERC1271 = new Interface(["function isValidSignature(bytes32 digest, bytes signature) view returns (bytes4)"]);
const IS_VALID = "0x1626ba7e";

/**
 * Whether the pool's provider signed a digest: by its key, or, where its address is a contract's, as the contract says
 * (https://eips.ethereum.org/EIPS/eip-1271). Whether there is a contract is asked once, and only when the key did not sign.
 */
export function providerSignatures({
  provider: chain,
  parameters: { provider },
}: Pick<PoolClient, "provider" | "parameters">): (digest: string, signature: string) => Promise<boolean> {
  let code: Promise<string> | undefined;
  const codeOf = async (): Promise<string> => {
    code ??= chain.getCode(provider);
    try {
      return await code;
    } catch (error) {
      code = undefined;
      throw error;
    }
  };
  return async (digest, signature) => {
    if (isSignedByKey(provider, digest, signature)) return true;
    if ((await codeOf()) === "0x") return false;
    const data = ERC1271.encodeFunctionData("isValidSignature", [digest, signature]);
    const answer = await chain.call({ to: provider, data }).catch((error: unknown) => {
      if ((error as { code?: unknown }).code === "CALL_EXCEPTION") return "0x";
      throw error;
    });
    return answer.length === 66 && dataSlice(answer, 0, 4) === IS_VALID;
  };
}

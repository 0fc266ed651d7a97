// SPDX-License-Identifier: GPL-3.0-or-later
/** Every answer waits for the signature of its receipt: a key that is at hand signs it here, and not by ethers, which takes longer. */
import { BaseWallet, getBytes } from "ethers";
import type { Signer } from "ethers";

import { signDigest, typedDataDigest } from "../protocol/index.ts";
import type { TypedDataSigner } from "./ports.ts";

/** What signs for the provider; anything that keeps its key to itself, as a hardware key does, is asked. */
export function typedDataSignerOf(signer: Signer): TypedDataSigner {
  if (!(signer instanceof BaseWallet)) return signer;
  const privateKey = getBytes(signer.privateKey);
  return {
    signTypedData: async (domain, types, value) => signDigest(privateKey, typedDataDigest(domain, types, value)),
  };
}

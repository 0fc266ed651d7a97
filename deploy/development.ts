// SPDX-License-Identifier: GPL-3.0-or-later
/** What local networks use and live ones refuse: accounts and keys that everybody has. */
import type { Provider } from "ethers";
import { HDNodeWallet, Mnemonic, getAddress, id } from "ethers";

import type { Point } from "../src/protocol/index.ts";
import { providerKey } from "../src/protocol/index.ts";
import type { TermsJson } from "../src/wire/index.ts";
import { DEVELOPMENT_MNEMONIC } from "./development-phrase.ts";

export { DEVELOPMENT_MNEMONIC };
const COUNT = 20;

let cached: readonly string[] | undefined;

/** The key of an account of the development phrase: public, for local chains only. */
export const developmentWallet = (index: number, provider?: Provider): HDNodeWallet =>
  HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(DEVELOPMENT_MNEMONIC), `m/44'/60'/0'/0/${index}`).connect(
    provider ?? null,
  );

/** The first accounts of the development phrase. */
export function developmentAccounts(): readonly string[] {
  if (cached !== undefined) return cached;
  const parent = HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(DEVELOPMENT_MNEMONIC), "m/44'/60'/0'/0");
  cached = Array.from({ length: COUNT }, (_, index) => parent.deriveChild(index).address);
  return cached;
}

export function isDevelopmentAccount(address: string): boolean {
  return developmentAccounts().includes(getAddress(address));
}

/** The private BabyJubJub key of development providers: public, for local chains only. */
export const DEVELOPMENT_PROVIDER_KEY = Buffer.from(id("jeton development provider key").slice(2), "hex");

export function isDevelopmentProviderKey(key: Point): boolean {
  const { publicKey } = providerKey(DEVELOPMENT_PROVIDER_KEY);
  return key[0] === publicKey[0] && key[1] === publicKey[1];
}

/** The provider of local pools: the second development account. */
export const developmentProvider = (): string => developmentAccounts()[1] as string;

/** The terms of local pools that were given no file: one price for everything. */
export const DEVELOPMENT_TERMS: TermsJson = {
  format: "jeton.terms.v1",
  service: "A development provider on a local chain",
  pricing: { kind: "fixed", price: "1000" },
  policy: "None.",
  retention: { answersSeconds: 3_600, sessionSeconds: 600, statement: "Nothing here is worth keeping." },
  endpoints: [],
};

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The pool's token. Its signing domain is read from it: ERC-5267 (https://eips.ethereum.org/EIPS/eip-5267) where it has it, else
 * its name and version.
 */
import type { Provider, TypedDataDomain } from "ethers";
import { Contract, TypedDataEncoder, getAddress } from "ethers";

import { ChainError, guarded } from "./errors.ts";
import { requireCode } from "./provider.ts";

const ABI = [
  "function name() view returns (string)",
  "function symbol() view returns (string)",
  "function decimals() view returns (uint8)",
  "function version() view returns (string)",
  "function balanceOf(address) view returns (uint256)",
  "function allowance(address,address) view returns (uint256)",
  "function nonces(address) view returns (uint256)",
  "function DOMAIN_SEPARATOR() view returns (bytes32)",
  "function eip712Domain() view returns (bytes1 fields, string name, string version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] extensions)",
  "function authorizationState(address,bytes32) view returns (bool)",
];

interface ReadOptions {
  readonly blockTag?: number | "latest" | "finalized";
}

export interface Token {
  readonly address: string;
  readonly symbol: string;
  readonly decimals: number;
  balanceOf(address: string, options?: ReadOptions): Promise<bigint>;
  allowance(owner: string, spender: string): Promise<bigint>;
  /** The next permit's nonce. @throws ChainError TOKEN_UNSUPPORTED */
  permitNonceOf(owner: string): Promise<bigint>;
  /** True once an authorization was used or cancelled. @throws ChainError TOKEN_UNSUPPORTED */
  isAuthorizationUsed(from: string, nonce: string): Promise<boolean>;
  /** The EIP-712 domain, checked against the token's own separator where it has one. @throws ChainError TOKEN_UNSUPPORTED */
  domain(): Promise<TypedDataDomain>;
}

/** @throws ChainError NO_CODE, or NOT_A_POOL when the contract is no ERC-20 with decimals and a symbol. */
export async function connectToken(provider: Provider, address: string): Promise<Token> {
  await requireCode(provider, address, "the token");
  const contract = new Contract(address, ABI, provider);
  const read = (name: string, ...args: unknown[]): Promise<unknown> => contract.getFunction(name).staticCall(...args);
  const unsupported =
    (what: string) =>
    (cause: unknown): never => {
      throw new ChainError("TOKEN_UNSUPPORTED", `the token ${address} offers no ${what}`, { cause });
    };
  const [symbol, decimals] = await Promise.all([read("symbol"), read("decimals")]).catch(
    unsupported("symbol and decimals"),
  );
  return {
    address: getAddress(address),
    symbol: String(symbol),
    decimals: Number(decimals),
    balanceOf: async (holder, options = {}) =>
      (await guarded("reading a token balance", () => read("balanceOf", holder, options))) as bigint,
    allowance: async (owner, spender) =>
      (await guarded("reading an allowance", () => read("allowance", owner, spender))) as bigint,
    permitNonceOf: async (owner) => (await read("nonces", owner).catch(unsupported("permits (ERC-2612)"))) as bigint,
    isAuthorizationUsed: async (from, nonce) =>
      (await read("authorizationState", from, nonce).catch(unsupported("authorizations (ERC-3009)"))) as boolean,
    domain: () => readDomain(provider, address, read),
  };
}

async function readDomain(
  provider: Provider,
  address: string,
  read: (name: string) => Promise<unknown>,
): Promise<TypedDataDomain> {
  const { chainId } = await provider.getNetwork();
  const described = (await read("eip712Domain").catch(() => undefined)) as
    { name: string; version: string } | undefined;
  const domain: TypedDataDomain = {
    name: described?.name ?? String(await read("name").catch(() => "")),
    // Circle's tokens say "2"; a token that says nothing is taken to mean "1", and the separator below decides.
    version: described?.version ?? String(await read("version").catch(() => "1")),
    chainId,
    verifyingContract: getAddress(address),
  };
  const separator = await read("DOMAIN_SEPARATOR").catch(() => undefined);
  if (separator === undefined && described === undefined) {
    throw new ChainError(
      "TOKEN_UNSUPPORTED",
      `the token ${address} tells no EIP-712 domain: approve and deposit instead`,
    );
  }
  if (separator !== undefined && separator !== TypedDataEncoder.hashDomain(domain)) {
    throw new ChainError(
      "TOKEN_UNSUPPORTED",
      `the token ${address} has another EIP-712 domain than its name and version say: approve and deposit instead`,
    );
  }
  return domain;
}

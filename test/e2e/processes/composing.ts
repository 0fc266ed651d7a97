// SPDX-License-Identifier: GPL-3.0-or-later
/** What both parties' processes are made with: the local L2, and ports that are watched from outside. */
import { HDNodeWallet, JsonRpcProvider, Mnemonic } from "ethers";

import { DEVELOPMENT_MNEMONIC, local } from "../../../deploy/index.ts";
import { PoolClient } from "../../../src/chain/index.ts";

/** Where things are. It reaches a process as JSON, before it is told to start. */
export interface Setup {
  readonly rpcUrl: string;
  readonly pool: string;
  readonly fromBlock: number;
  /** Of the party's files. */
  readonly folder: string;
  /** Where it notes at which point it dies. */
  readonly deaths: string;
}

/** The development account that pays for what a party sends. */
export const PAYERS = { deployer: 0, gateway: 1, wallet: 2 } as const;

const POLL_MILLISECONDS = 30;
export const { finality } = local;

export const connect = (rpcUrl: string): JsonRpcProvider =>
  new JsonRpcProvider(rpcUrl, undefined, { cacheTimeout: -1, pollingInterval: POLL_MILLISECONDS });

export function payer(provider: JsonRpcProvider, who: keyof typeof PAYERS): HDNodeWallet {
  const phrase = Mnemonic.fromPhrase(DEVELOPMENT_MNEMONIC);
  return HDNodeWallet.fromMnemonic(phrase, `m/44'/60'/0'/0/${PAYERS[who]}`).connect(provider);
}

export const clientOf = (provider: JsonRpcProvider, { pool }: Setup): Promise<PoolClient> =>
  PoolClient.connect(provider, pool);

/** What is done before a method does anything, and after it did it. */
export interface Step<A extends readonly unknown[], R> {
  readonly before?: (...values: A) => void;
  readonly after?: (result: R, ...values: A) => void;
}

type Method = (...values: never[]) => Promise<unknown>;
type Steps<T> = {
  readonly [K in keyof T]?: T[K] extends (...values: infer A) => Promise<infer R> ? Step<A, R> : never;
};

/** An object whose methods pass their steps; it is what it was in everything else. */
export function watched<T extends object>(object: T, steps: Steps<T>): T {
  return new Proxy(object, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      const method = member.bind(target) as Method;
      const step = steps[name as keyof T] as Step<readonly unknown[], unknown> | undefined;
      if (step === undefined) return method;
      return async (...values: never[]) => {
        step.before?.(...values);
        const result = await method(...values);
        step.after?.(result, ...values);
        return result;
      };
    },
  });
}

// SPDX-License-Identifier: GPL-3.0-or-later
/** A process with a wallet and its proxy, composed as `jeton wallet proxy` composes it, without the keeper: proofs are made when they are asked for. */
import { local } from "../../../deploy/index.ts";
import { FreshView, PoolClient, PoolHistory, PoolView } from "../../../src/chain/index.ts";
import { startProxy } from "../../../src/proxy/index.ts";
import { Prover } from "../../../src/prover/index.ts";
import { httpProvider, Purse, Wallet, WalletStore } from "../../../src/wallet/index.ts";
import type { Account } from "../../../src/wallet/index.ts";
import { answerParent } from "../child.ts";
import { Edges } from "./edges.ts";
import { connect, PATH } from "./sale.ts";
import type { Place } from "./sale.ts";

export interface WalletStart extends Place {
  readonly gatewayUrl: string;
  readonly file: string;
}

const edges = new Edges((path) => path === PATH);
const opened = Promise.withResolvers<{ readonly purse: Purse; readonly account: Account; readonly view: FreshView }>();

/** Resolves to the account that is to be deposited for. */
async function open({ rpcUrl, pool, fromBlock, gatewayUrl, file }: WalletStart): Promise<bigint> {
  const client = await PoolClient.connect(connect(rpcUrl), pool);
  const history = new PoolHistory(client, { fromBlock, finality: local.finality });
  const view = new FreshView(new PoolView(history, local.finality));
  const prover = await Prover.create();
  const wallet = new Wallet({
    store: WalletStore.open(file, new Uint8Array(32).fill(7)),
    pool: client.pool,
    provider: httpProvider(gatewayUrl),
    chain: view,
    prove: (statement, input, task) => prover.prove(statement, input, task),
    clock: () => Math.floor(Date.now() / 1_000),
  });
  const purse = new Purse(wallet);
  const account = purse.add(0);
  opened.resolve({ purse, account, view });
  return account.identityCommitment;
}

/** Enrols, and resolves to the proxy's address. */
async function serve(): Promise<string> {
  const { purse, account, view } = await opened.promise;
  await account.enroll();
  view.start();
  const { url } = await startProxy({ purse, terms: await purse.terms(), status: async () => purse.status() });
  return url;
}

answerParent({
  open,
  serve,
  prove: async (count: number) => (await opened.promise).account.proveTickets(count),
  edges: async () => edges.take(),
});

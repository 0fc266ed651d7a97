// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A wallet in a process of its own: its file, its HTTP client and its accounts are the product's. What they are given is watched from
 * outside, so that the process can be killed between any two steps. Proofs are made by the test's process, so that a kill costs no
 * seconds; whoever asks again for one that was made gets it at once.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { FreshView, PoolHistory, PoolSender, PoolView } from "../../../src/chain/index.ts";
import type { ProofResult } from "../../../src/prover/index.ts";
import { Wallet, WalletStore, httpProvider } from "../../../src/wallet/index.ts";
import type { CallRequestJson, ProviderApi } from "../../../src/wire/index.ts";
import { Channel } from "./channel.ts";
import { clientOf, connect, finality, payer, watched } from "./composing.ts";
import type { Setup } from "./composing.ts";
import { Death } from "./death.ts";
import { DEEDS, Deeds } from "./deeds.ts";
import type { Arming } from "./gateway.ts";
import type { WalletStart } from "./orders.ts";
import type { WalletPoint } from "./points.ts";
import { SLOW } from "./service.ts";
import { watchStore } from "./wallet-store.ts";

const SENT_MILLISECONDS = 120;
/** A loopback connection takes a message at once; what answers it takes longer. */
const LEFT_MILLISECONDS = 2;
/** Of waiting for a gateway that is being started again. */
const RETRY = { attempts: 2_000, pauseMilliseconds: 1 };
const MOST_PAUSE_MILLISECONDS = 50;

type Dying = Death<WalletPoint>;

function watchProvider(api: ProviderApi, death: Dying, onAnswer: () => void): ProviderApi {
  const sent = (point: WalletPoint, milliseconds: number) => (): void => {
    if (death.isDue(point)) setTimeout(() => death.die(), milliseconds);
  };
  async function call(body: CallRequestJson, onPiece?: (piece: string) => void): ReturnType<ProviderApi["call"]> {
    if (body.payload.includes(SLOW)) sent("request sent", SENT_MILLISECONDS)();
    let pieces = 0;
    const tell =
      onPiece &&
      ((piece: string): void => {
        onPiece(piece);
        pieces += 1;
        if (pieces === 2) death.at("answer begun");
      });
    const answer = await api.call(body, tell);
    onAnswer();
    death.at(body.sequence === 1 ? "answer came" : "later answer came");
    return answer;
  }
  const steps = watched<ProviderApi>(api, {
    endSession: { before: sent("end sent", LEFT_MILLISECONDS), after: () => death.at("refund came") },
    fold: { before: sent("fold sent", LEFT_MILLISECONDS), after: () => death.at("fold signed") },
    enroll: { after: () => death.at("enrolment signed") },
    consentToClose: { after: () => death.at("consent came") },
  });
  return new Proxy(steps, {
    get: (target, name): unknown => (name === "call" ? call : Reflect.get(target, name, target)),
  });
}

async function main(setup: Setup): Promise<void> {
  const death: Dying = new Death(setup.deaths);
  const chain = connect(setup.rpcUrl);
  const client = await clientOf(chain, setup);
  const history = new PoolHistory(client, { fromBlock: setup.fromBlock, finality });
  const view = new FreshView(new PoolView(history, finality));
  const sender = new PoolSender(client, payer(chain, "wallet"));
  let deeds: Deeds;

  const channel: Channel = Channel.ofChild({
    start: async ({ providerUrl, seed, isForgetful }: WalletStart): Promise<void> => {
      view.start();
      const file = WalletStore.open(join(setup.folder, "wallet.sqlite"), seed);
      const { store, catchUp } = watchStore(file, death, isForgetful);
      const open = (of: WalletStore): Wallet =>
        new Wallet({
          store: of,
          pool: client.pool,
          provider: watchProvider(httpProvider(providerUrl), death, catchUp),
          chain: view,
          prove: (statement, input) => channel.ask<ProofResult>("prove", { statement, input }),
          clock: () => Math.floor(Date.now() / 1_000),
          retry: RETRY,
          pause: (milliseconds) => sleep(Math.min(milliseconds, MOST_PAUSE_MILLISECONDS)),
        });
      deeds = new Deeds({ client, view, sender, death, store, open });
    },
    arm: async ({ point, passes }: Arming<WalletPoint>) => death.arm(point, passes),
    ...Object.fromEntries(DEEDS.map((name) => [name, (value: never) => deeds[name](value)])),
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(JSON.parse(process.argv[2] ?? "{}") as Setup);

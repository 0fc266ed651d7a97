// SPDX-License-Identifier: GPL-3.0-or-later
/** Chain, model, gateways and wallet, each in a process of its own on the loopback interface. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Child } from "../child.ts";
import type { ChildOptions } from "../child.ts";
import type { GatewayStart } from "./gateway-process.ts";
import { PATH } from "./sale.ts";
import type { Place } from "./sale.ts";
import type { WalletStart } from "./wallet-process.ts";

/** Of every account: some 450 tickets. */
export const DEPOSIT = 5_000_000n;

const script = (name: string): URL => new URL(`./${name}-process.ts`, import.meta.url);

/** A process with an address, whose requests are timed at its own edge. */
export interface Station {
  readonly url: string;
  readonly child: Child;
}

export class Stage {
  readonly place: Place;
  readonly model: Station;
  readonly folder: string;
  readonly #options: ChildOptions;
  readonly #children: Child[];

  private constructor(place: Place, model: Station, folder: string, options: ChildOptions, children: Child[]) {
    this.place = place;
    this.model = model;
    this.folder = folder;
    this.#options = options;
    this.#children = children;
  }

  static async build(options: ChildOptions): Promise<Stage> {
    const [chain, model] = [new Child(script("chain")), new Child(script("model"))];
    const place = await chain.ask<Place>("start");
    const url = `${await model.ask<string>("url")}${PATH}`;
    const folder = await mkdtemp(join(tmpdir(), "jeton-bench-"));
    return new Stage(place, { url, child: model }, folder, options, [chain, model]);
  }

  async deposit(...identityCommitments: readonly bigint[]): Promise<void> {
    const { pool } = this.place;
    await this.#children[0]?.ask("deposit", { pool, identityCommitments, amount: DEPOSIT });
  }

  /** @param store a file's name in the stage's folder, or a postgres:// URL. Its address has no path. */
  async gateway(store: string): Promise<Station> {
    const child = this.#start("gateway");
    const location = store.startsWith("postgres:") ? store : join(this.folder, store);
    const modelUrl = new URL(this.model.url).origin;
    const start: GatewayStart = { ...this.place, modelUrl, store: location };
    return { url: await child.ask<string>("start", start), child };
  }

  /** Opens an account, and the proxy before it. */
  async wallet(gatewayUrl: string): Promise<Station> {
    const child = this.#start("wallet");
    const start: WalletStart = { ...this.place, gatewayUrl, file: join(this.folder, "wallet.sqlite") };
    await this.deposit(await child.ask<bigint>("open", start));
    return { url: `${await child.ask<string>("serve")}${PATH}`, child };
  }

  async close(): Promise<void> {
    for (const child of this.#children.reverse()) await child.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  #start(name: string): Child {
    const child = new Child(script(name), this.#options);
    this.#children.push(child);
    return child;
  }
}

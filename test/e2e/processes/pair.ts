// SPDX-License-Identifier: GPL-3.0-or-later
/** A gateway and a wallet in processes of their own, over HTTP on loopback, with the service that both live from. */
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { CircuitInput, Statement } from "../../../src/protocol/index.ts";
import { Dice } from "../unlinkability/dice.ts";
import type { Arming, GatewayStart } from "./gateway.ts";
import { Party } from "./party.ts";
import { OUTSIDE } from "./points.ts";
import type { Kill, Side } from "./points.ts";
import { Kettle } from "./service.ts";
import type { Taken, Told, WalletStart } from "./orders.ts";
import type { World } from "./world.ts";

/** Bugs that the audit must find. */
export type Planted = "hasty gateway" | "forgetful wallet";

export interface PairOptions {
  readonly seed: number;
  readonly accounts: number;
  readonly planted: Planted | undefined;
  /** How often each side is meant to die. */
  readonly deaths: Readonly<Record<Side, number>>;
}

const SEED_LENGTH = 32;
/** Below those that systems hand out by themselves. */
const PORTS = { from: 20_000, count: 12_000 };

/**
 * A port that nobody gets by chance. While the gateway is dead its wallet goes on knocking there: on a port that systems hand out, the
 * wallet's own end would be given that very number sooner or later, and the connection would be one with itself.
 */
async function quietPort(dice: Dice): Promise<number> {
  for (;;) {
    const port = PORTS.from + dice.below(PORTS.count);
    const server = createServer();
    const isFree = await new Promise<boolean>((done) => {
      server.once("error", () => done(false));
      server.listen(port, "127.0.0.1", () => server.close(() => done(true)));
    });
    if (isFree) return port;
  }
}

interface Parts {
  readonly folder: string;
  readonly seed: Uint8Array;
  readonly kettle: Kettle;
}

export class Pair {
  /** What the wallet's file is made from. */
  readonly seed: Uint8Array;
  readonly kettle: Kettle;
  readonly parties: Readonly<Record<Side, Party>>;
  /** What the wallet's owner was told, by a call or after a crash. */
  readonly told: Told[] = [];
  readonly failures: string[] = [];
  readonly #folder: string;
  /** Where each side is to die next. */
  readonly #due: Record<Side, Kill[]> = { gateway: [], wallet: [] };

  private constructor({ folder, seed, kettle }: Parts, open: (pair: Pair, side: Side) => Party) {
    this.#folder = folder;
    this.seed = seed;
    this.kettle = kettle;
    this.parties = { gateway: open(this, "gateway"), wallet: open(this, "wallet") };
  }

  static async open(world: World, options: PairOptions): Promise<Pair> {
    const dice = new Dice(options.seed);
    const kettle = await Kettle.start(() => dice.next());
    const folder = await mkdtemp(join(tmpdir(), "jeton-crashes-"));
    for (const side of ["gateway", "wallet"]) await mkdir(join(folder, side));
    const port = await quietPort(dice);
    const seed = Uint8Array.from({ length: SEED_LENGTH }, () => dice.below(256));
    const accounts = Array.from({ length: options.accounts }, (_, number) => number);
    const { rpcUrl, client, fromBlock } = world;
    const handlers = {
      prove: ({ statement, input }: { statement: Statement; input: CircuitInput }) => world.prove(statement, input),
    };

    const revive = async (pair: Pair, side: Side, party: Party): Promise<void> => {
      const providerUrl = `http://127.0.0.1:${port}`;
      const start: GatewayStart | WalletStart =
        side === "gateway"
          ? { port, serviceUrl: kettle.url, generation: party.generation, isHasty: options.planted === "hasty gateway" }
          : { providerUrl, seed, isForgetful: options.planted === "forgetful wallet" };
      await party.ask("start", start);
      if (pair.#due[side][0]?.point === party.deaths.at(-1)) pair.#due[side].shift();
      await pair.#arm(side, party);
      // A wallet that was interrupted takes up what it left, before anything else.
      if (side === "wallet" && party.generation > 1) {
        const { told, failed } = await party.ask<Taken>("resume", accounts);
        pair.told.push(...told);
        pair.failures.push(...failed.map((what) => `not taken up after a crash: ${what}`));
      }
    };
    return new Pair({ folder, seed, kettle }, (pair, side) => {
      const own = join(folder, side);
      const deaths = join(own, "deaths");
      return new Party({
        script: new URL(`./${side}.ts`, import.meta.url),
        setup: { rpcUrl, pool: client.pool.address, fromBlock, folder: own, deaths },
        output: join(own, "output"),
        deaths,
        cache: join(folder, "cache"),
        expected: options.deaths[side],
        handlers,
        revive: (party) => revive(pair, side, party),
      });
    });
  }

  get gatewayFile(): string {
    return join(this.#folder, "gateway", "gateway.sqlite");
  }

  /** Resolves when both live, and the wallet has taken up what it left. */
  async alive(): Promise<void> {
    const { gateway, wallet } = this.parties;
    for (let deaths = -1; deaths !== gateway.deaths.length + wallet.deaths.length;) {
      deaths = gateway.deaths.length + wallet.deaths.length;
      await Promise.all([gateway.alive(), wallet.alive()]);
    }
  }

  /** Both die at these points, one after the other; an empty list lets them live. */
  async arm(kills: readonly Kill[]): Promise<void> {
    for (const side of ["gateway", "wallet"] as const) {
      this.#due[side] = kills.filter((kill) => kill.side === side && kill.point !== OUTSIDE);
      await this.#arm(side, this.parties[side]);
    }
  }

  /** What each side printed last. */
  async lastWords(): Promise<string> {
    const words = ["gateway", "wallet"].map(async (side) => {
      const output = await readFile(join(this.#folder, side, "output"), "utf8").catch(() => "");
      return `the last words of the ${side}, in ${this.#folder}:\n${output.slice(-3_000)}`;
    });
    return (await Promise.all(words)).join("\n");
  }

  /** @param isKept leaves the files for whoever looks for the reason of a failure. */
  async close(isKept: boolean): Promise<void> {
    await Promise.all([this.parties.gateway.close(), this.parties.wallet.close()]);
    await this.kettle.close();
    if (!isKept) await rm(this.#folder, { recursive: true });
  }

  async #arm(side: Side, party: Party): Promise<void> {
    const [next] = this.#due[side];
    await party.ask("arm", { point: next?.point, passes: next?.passes ?? 0 } satisfies Arming<string>);
  }
}

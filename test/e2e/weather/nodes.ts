// SPDX-License-Identifier: GPL-3.0-or-later
/** Gateway processes that a test starts, asks and kills, and a door before them. */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";

import { Channel } from "../processes/channel.ts";
import type { NodeSetup } from "./gateway.ts";

const SCRIPT = new URL("./gateway.ts", import.meta.url);

export class GatewayNode {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #channel: Channel;

  private constructor(url: string, child: ChildProcess, channel: Channel) {
    this.url = url;
    this.#child = child;
    this.#channel = channel;
  }

  /** Starts them beside each other; they open for business one after the other. @param log where their output goes */
  static async start(setups: readonly NodeSetup[], log: string): Promise<GatewayNode[]> {
    const loading = setups.map((setup) => {
      const file = openSync(log, "a");
      const child = fork(SCRIPT, [JSON.stringify(setup)], {
        execArgv: ["--import", "tsx"],
        serialization: "advanced",
        stdio: ["ignore", file, file, "ipc"],
      });
      closeSync(file);
      return { child, channel: new Channel(child) };
    });
    try {
      const nodes: GatewayNode[] = [];
      for (const { child, channel } of loading) {
        nodes.push(new GatewayNode(await channel.ask<string>("start"), child, channel));
        await nodes.at(-1)?.look();
      }
      return nodes;
    } catch (error) {
      for (const { child } of loading) child.kill("SIGKILL");
      throw error;
    }
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && !this.#child.killed;
  }

  /** Looks at the chain and hands in what is to be handed in. */
  look(): Promise<void> {
    return this.#channel.ask("look");
  }

  /** Whether every proof counts as valid. */
  trust(trusts: boolean): Promise<void> {
    return this.#channel.ask("trust", trusts);
  }

  /** Puts its clock off by so many seconds. */
  skew(seconds: number): Promise<void> {
    return this.#channel.ask("skew", seconds);
  }

  /** kill -9; resolves when it is dead. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGKILL");
    await ended;
  }
}

/** One address for several processes, as a load balancer is: each connection goes to the next one that takes it. */
export class Door {
  readonly #server: Server;
  readonly #ports: readonly number[];
  #next = 0;

  private constructor(ports: readonly number[]) {
    this.#ports = ports;
    this.#server = createServer((socket) => this.#lead(socket, ports.length));
  }

  static async open(ports: readonly number[]): Promise<Door> {
    const door = new Door(ports);
    await new Promise<void>((resolve) => door.#server.listen(0, "127.0.0.1", resolve));
    return door;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #lead(socket: Socket, attempts: number): void {
    const port = this.#ports[this.#next++ % this.#ports.length] as number;
    const inner = connect(port, "127.0.0.1");
    let isThrough = false;
    inner.once("connect", () => {
      isThrough = true;
      socket.pipe(inner).pipe(socket);
    });
    inner.once("error", () => {
      if (!isThrough && attempts > 1) this.#lead(socket, attempts - 1);
      else socket.destroy();
    });
    inner.once("close", () => isThrough && socket.destroy());
    socket.once("error", () => inner.destroy());
  }
}

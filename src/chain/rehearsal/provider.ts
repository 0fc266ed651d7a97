// SPDX-License-Identifier: GPL-3.0-or-later
/** The chain as it will be after the transactions that were rehearsed. What they do not touch is read where it always is. */
import type { JsonRpcError, JsonRpcPayload, JsonRpcResult } from "ethers";
import { JsonRpcApiProvider, Network } from "ethers";

import { ChainError } from "../errors.ts";
import type { ChainProvider } from "../provider.ts";
import { toQuantity } from "../provider.ts";
import { revertDataOf } from "../reverts.ts";
import type { ProgramResult, Question, Step } from "./program.ts";
import { programOf, resultOf } from "./program.ts";

/** Calls the sender's account. Its nonce must not count: an account of its own. */
const CALLER = "0x00000000000000000000000000000000004a5e70";

interface RawCall {
  readonly to?: string;
  readonly data?: string;
  readonly input?: string;
}

const isNow = (tag: unknown): boolean => tag === undefined || tag === "latest" || tag === "pending";

export class RehearsalProvider extends JsonRpcApiProvider {
  readonly #chain: ChainProvider;
  readonly #sender: string;
  readonly #steps: Step[] = [];

  constructor(chain: ChainProvider, chainId: bigint, sender: string) {
    super(Network.from(chainId), { staticNetwork: true, batchMaxCount: 1, cacheTimeout: -1 });
    this.#chain = chain;
    this.#sender = sender;
    this._start();
  }

  get steps(): readonly Step[] {
    return this.#steps;
  }

  /** Whether a step would succeed after those that are there, and what it would take. */
  async attempt(step: Step): Promise<{ readonly isDone: boolean; readonly gas: bigint; readonly returned: string }> {
    const { steps, returned } = await this.#run([...this.#steps, step]);
    const last = steps[this.#steps.length];
    if (last === undefined || this.#steps.some((_, index) => steps[index]?.isDone !== true)) {
      throw new ChainError("RPC_FAILED", "the endpoint answers the same call in different ways: try another one");
    }
    return { ...last, returned };
  }

  add(step: Step): void {
    this.#steps.push(step);
  }

  override async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<(JsonRpcResult | JsonRpcError)[]> {
    return Promise.all([payload].flat().map((each) => this.#answer(each)));
  }

  async #answer({ id, method, params }: JsonRpcPayload): Promise<JsonRpcResult | JsonRpcError> {
    try {
      return { id, result: await this.#route(method, Array.isArray(params) ? (params as unknown[]) : []) };
    } catch (error) {
      const data = revertDataOf(error);
      const message = error instanceof Error ? error.message : String(error);
      return { id, error: { code: data === undefined ? -32000 : 3, message, ...(data === undefined ? {} : { data }) } };
    }
  }

  async #route(method: string, params: unknown[]): Promise<unknown> {
    if (method.startsWith("eth_send") || method.startsWith("eth_sign") || method.startsWith("personal_")) {
      throw new ChainError("ARGUMENT_INVALID", "a rehearsal sends and signs nothing");
    }
    const isOfSender = typeof params[0] === "string" && params[0].toLowerCase() === this.#sender.toLowerCase();
    if (method === "eth_getTransactionCount" && isOfSender && isNow(params[1])) {
      const count = Number(await this.#chain.send(method, params));
      return toQuantity(count + this.#steps.length);
    }
    const isAfter = this.#steps.length > 0 && isNow(params[1]);
    if (method === "eth_call" && isAfter) return this.#call(params[0] as RawCall);
    if (method === "eth_getCode" && isAfter) {
      return (await this.#run(this.#steps, { codeOf: params[0] as string })).returned;
    }
    return this.#chain.send(method, params);
  }

  async #call({ to, data, input }: RawCall): Promise<string> {
    const called = data ?? input ?? "0x";
    if (to === undefined) throw new ChainError("ARGUMENT_INVALID", "a creation is rehearsed as a step");
    const { steps, returned } = await this.#run(this.#steps, { callTo: to, data: called });
    if (steps.at(-1)?.isDone === true) return returned;
    throw Object.assign(new Error("execution reverted"), { data: returned });
  }

  async #run(steps: readonly Step[], question?: Question): Promise<ProgramResult> {
    const code = programOf(steps, question);
    const call = { from: CALLER, to: this.#sender, data: "0x" };
    // Some chains take their L1 fee from whoever calls.
    const overrides = { [this.#sender]: { code }, [CALLER]: { balance: toQuantity(1e18) } };
    const returned = (await this.#chain.send("eth_call", [call, "latest", overrides])) as string;
    if (returned === "0x") {
      throw new ChainError(
        "RPC_FAILED",
        "the endpoint takes no state overrides: transactions that build on each other cannot be rehearsed",
      );
    }
    return resultOf(returned, steps, question);
  }
}

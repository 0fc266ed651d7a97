// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The provider's hand on the chain: tells the gateway what final blocks hold, in order, and sends what the gateway decides. Nothing is
 * lost when it stops: the gateway keeps what was not sent, and what it is told twice changes nothing.
 */
import type { FinalStep, PoolClient, PoolSender } from "../chain/index.ts";
import { refundClaim, slashClaim } from "../protocol/index.ts";
import type { Prove } from "../wire/index.ts";
import type { DisputeReply } from "./disputes.ts";
import type { FoldChallenge } from "./folds.ts";
import type { Gateway } from "./gateway.ts";
import type { GatewayOptions } from "./ports.ts";
import type { Offence } from "./store/index.ts";
import type { ViolationReport } from "./violations.ts";

/** The events that a gateway must be told of. */
export const DESK_EVENTS = ["CloseStarted", "DisputeOpened", "FoldCertified"] as const;
type DeskEvent = (typeof DESK_EVENTS)[number];

export interface DeskOptions {
  readonly client: PoolClient;
  /** Signs as the pool's provider: challenges and reports are the provider's alone. */
  readonly sender: PoolSender;
  readonly prove: Prove;
  /** Who gets the bounty of a slash. */
  readonly bountyRecipient: string;
}

/** What a gateway hands in, for its options. */
export type DeskPorts = Pick<
  GatewayOptions,
  "onDoubleSpend" | "onUnderstatedClose" | "onFoldConflict" | "answerDispute" | "onViolation"
>;

export class ProviderDesk {
  readonly #options: DeskOptions;
  /** One transaction at a time: they have one sender. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  get ports(): DeskPorts {
    return {
      onDoubleSpend: (offence) => this.#inTurn(() => this.#slash(offence)),
      onUnderstatedClose: (offence) => this.#inTurn(() => this.#slash(offence)),
      onFoldConflict: (challenge) => this.#inTurn(() => this.#challenge(challenge)),
      answerDispute: (reply) => this.#inTurn(() => this.#answer(reply)),
      onViolation: (report) => this.#inTurn(() => this.#report(report)),
    };
  }

  /** Tells the gateway of one step of `FinalEvents`. Rejects when the step has to come again. */
  async handle(gateway: Gateway, { events }: FinalStep<DeskEvent>): Promise<void> {
    for (const event of events) {
      if (event.name === "CloseStarted") {
        await gateway.observeClose({ ...event.args, firstUnused: BigInt(event.args.firstUnused) });
      } else if (event.name === "DisputeOpened") await gateway.observeDispute(event.args);
      else await gateway.observeFold(event.args);
    }
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const run = this.#queue.then(task);
    this.#queue = run.catch(() => undefined);
    return run;
  }

  async #slash(offence: Offence): Promise<void> {
    const { client, sender, prove, bountyRecipient } = this.#options;
    const { identityCommitment, nullifier } = offence;
    const { status } = await client.accountOf(identityCommitment);
    // Somebody else had the same evidence, or the account was paid out: nothing is left to take.
    if (status !== "active" && status !== "expired") return;
    const { proof } = await prove("slash", slashClaim(client.pool, offence, bountyRecipient).input);
    await sender.slash(identityCommitment, nullifier, bountyRecipient, proof);
  }

  async #answer({ refund, voucher }: DisputeReply): Promise<void> {
    const { client, sender, prove } = this.#options;
    const [dispute] = await client.disputesOf([refund.nullifier]);
    // Answered by somebody, or lost: no answer counts any more.
    if (dispute?.status !== "open") return;
    const { proof } = await prove("refund", refundClaim(client.pool, refund).input);
    await sender.answerDispute({ refund, proof, voucher });
  }

  async #challenge({ pending, conflicting }: FoldChallenge): Promise<void> {
    const { client, sender } = this.#options;
    const [fold] = await client.foldsOf([pending.newState]);
    if (fold?.status !== "pending") return;
    await sender.challengeFold(pending, conflicting);
  }

  async #report({ nullifier, evidenceHash }: ViolationReport): Promise<void> {
    const { client, sender } = this.#options;
    const [known] = await client.violationsOf([nullifier]);
    const [dispute] = await client.disputesOf([nullifier]);
    // The chain takes one report of a ticket, and none once it is disputed.
    if (known !== undefined || dispute !== undefined) return;
    await sender.reportViolation(nullifier, evidenceHash);
  }
}

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The books after a run, by hand: what the service wrote down says what each call costs, and everything else has to agree with that: the
 * gateway's tables, the wallet's, what its owner was told, the provider's feed, and in the end the chain. Nothing of the gateway's or the
 * wallet's rules is used here; of the protocol only how a ticket's names follow from the seed.
 */
import {
  deriveIdentitySecret,
  foldNullifierOf,
  nullifierOf,
  ticketKeyOf,
  ticketRootOf,
} from "../../../src/protocol/index.ts";
import type { Pool } from "../../../src/protocol/index.ts";
import type { GatewayBooks, GatewayCall } from "./gateway-books.ts";
import { serialIn } from "./service.ts";
import type { Service } from "./service.ts";
import type { Books, Told } from "./orders.ts";

export interface AuditedAccount {
  readonly number: number;
  readonly deposit: bigint;
  readonly books: Books;
  /** What the public feed says of it. */
  readonly restored: { readonly used: number; readonly budget: bigint; readonly refunds: number };
}

export interface AuditInput {
  readonly pool: Pool;
  readonly seed: Uint8Array;
  readonly services: readonly Service[];
  readonly gateway: GatewayBooks;
  readonly accounts: readonly AuditedAccount[];
  readonly told: readonly Told[];
}

/** What an account's owner and the provider have to get when it closes, in token base units. */
export interface Due {
  readonly number: number;
  /** Of deposit and stake. */
  readonly toOwner: bigint;
  readonly toProvider: bigint;
  readonly burned: bigint;
}

export interface Audit {
  /** Everything that is not as it must be, a sentence each. */
  readonly findings: readonly string[];
  readonly dues: readonly Due[];
  /** What all calls cost, by the service's books. */
  readonly charged: bigint;
  readonly tickets: number;
  readonly calls: number;
}

type Ticket = Books["tickets"][number];

export function audit(input: AuditInput): Audit {
  const auditor = new Auditor(input);
  auditor.checkServices();
  auditor.checkAnswers();
  const dues = input.accounts.map((account) => auditor.checkAccount(account));
  auditor.checkRest();
  for (const told of input.told) auditor.checkTold(told);
  return {
    findings: auditor.findings,
    dues,
    charged: auditor.charged,
    tickets: input.accounts.reduce((sum, { books }) => sum + books.tickets.length, 0),
    calls: auditor.calls,
  };
}

class Auditor {
  readonly findings: string[] = [];
  /** What all calls cost. */
  charged = 0n;
  readonly #input: AuditInput;
  /** By the call's name. */
  readonly #answers = new Map<string, GatewayCall>();
  /** By nullifier. */
  readonly #costs = new Map<bigint, bigint>();
  /** Nullifiers of the tickets that the wallet used. */
  readonly #used = new Set<bigint>();

  constructor(input: AuditInput) {
    this.#input = input;
  }

  get calls(): number {
    return this.#answers.size;
  }

  /** A process asks the service once for a call. Who asks again is another process, after the first one's death. */
  checkServices(): void {
    const asked = new Set<string>();
    for (const { id, generation } of this.#input.services) {
      const key = `${id} ${generation}`;
      this.#check(!asked.has(key), `call ${id} was served twice by one process (${generation})`);
      asked.add(key);
    }
  }

  /** Each answer is one service's, each call that was served has one, and it was charged what that service costs. */
  checkAnswers(): void {
    const { gateway, services } = this.#input;
    for (const call of gateway.calls) {
      const at = `call ${call.sequence} of ticket ${call.nullifier}`;
      const service = this.#serviceIn(call.response ?? "");
      if (service === undefined) {
        this.findings.push(`the gateway has no answer of the service for ${at}`);
        continue;
      }
      this.#check(!this.#answers.has(service.id), `call ${service.id} was charged twice`);
      this.#answers.set(service.id, call);
      const total = (this.#costs.get(call.nullifier) ?? 0n) + service.charge;
      this.#costs.set(call.nullifier, total);
      this.charged += service.charge;
      this.#check(call.charged === total, `the receipt of ${at} says ${call.charged}, and its services cost ${total}`);
    }
    for (const { id } of services) {
      this.#check(this.#answers.has(id), `call ${id} was served, and the gateway has no answer of it`);
    }
  }

  checkAccount({ number, deposit, books, restored }: AuditedAccount): Due {
    const { pool, seed } = this.#input;
    const { ticketPrice, policyHold, stakeMinimum, stakeBps } = pool.parameters;
    const secret = deriveIdentitySecret(seed, pool.chainId, pool.address, number);
    const root = ticketRootOf(secret, pool.poolHash);
    let [budget, toProvider, burned] = [deposit, 0n, 0n];
    books.tickets.forEach((ticket, index) => {
      const cost = this.#checkTicket(ticket, ticketKeyOf(root, index), `ticket ${index} of account ${number}`);
      // A refund that is in no fold when the account closes is the provider's; its hold is nobody's.
      if (ticket.isFolded) budget += ticketPrice - cost + policyHold;
      toProvider += ticket.isFolded ? cost : ticketPrice;
      burned += ticket.isFolded ? 0n : policyHold;
    });

    const { used } = books;
    const must = `deposit and folded refunds are ${budget}`;
    this.#check(books.budget === budget, `the budget of account ${number} is ${books.budget}, ${must}`);
    this.#check(!books.isRestored, `account ${number} counts as used elsewhere`);
    for (const reason of books.grievances) this.findings.push(`the wallet holds against the provider: ${reason}`);
    const isSame = restored.used === used && restored.refunds === used && restored.budget === budget;
    const feed = `${restored.used} tickets, ${restored.refunds} refunds and a budget of ${restored.budget}`;
    this.#check(isSame, `by the feed, account ${number} has ${feed}; it must be ${used}, ${used} and ${budget}`);
    const stake = stakeMinimum + (deposit * stakeBps) / 10_000n;
    return { number, toOwner: deposit + stake - toProvider - burned, toProvider, burned };
  }

  /** What the gateway has beyond the wallet's tickets. */
  checkRest(): void {
    const { gateway, accounts } = this.#input;
    for (const [nullifier, { status }] of gateway.tickets) {
      const isKnown = status === "closed" || this.#used.has(nullifier);
      this.#check(isKnown, `the gateway has a ticket that nobody used: ${nullifier}`);
    }
    this.#check(gateway.enrolments === accounts.length, `the gateway signed ${gateway.enrolments} enrolments`);
    this.#check(gateway.wrongs === 0, `the gateway holds ${gateway.wrongs} wrongs against an honest wallet`);
  }

  /** What the owner was told is what is charged, and what was handed on before is the beginning of it. */
  checkTold({ account, index, response, charged, refund, pieces, areTruePieces }: Told): void {
    const at = `ticket ${index} of account ${account}`;
    const service = this.#serviceIn(response);
    const { nullifier } = (service && this.#answers.get(service.id)) ?? {};
    const row = nullifier === undefined ? undefined : this.#input.gateway.tickets.get(nullifier);
    const isRefund = refund === undefined || refund.refundedCharge === row?.refundedCharge;
    this.#check(isRefund, `the owner was told of another refund of ${at} than is recorded`);
    this.#check(service?.charge === charged, `the owner paid ${charged} for an answer of ${at}`);
    const recorded = service && this.#answers.get(service.id)?.response;
    this.#check(recorded === response, `the owner got another answer of ${at} than is charged`);
    if (pieces === undefined) return;
    this.#check(areTruePieces === (pieces === response), `the pieces of ${at} are not what the wallet says of them`);
    const isServedOnce = this.#input.services.filter(({ id }) => id === service?.id).length === 1;
    const isFine = areTruePieces === true || !isServedOnce;
    this.#check(isFine, `the pieces of ${at} are not its response, and it was served once`);
  }

  /** Both sides have the ticket as ended, with the same charge, the same receipts and the same refund. @returns what it cost */
  #checkTicket({ status, refund, isFolded, receipts }: Ticket, key: bigint, at: string): bigint {
    const { gateway, pool } = this.#input;
    const { ticketPrice, policyHold } = pool.parameters;
    const nullifier = nullifierOf(key);
    const cost = this.#costs.get(nullifier) ?? 0n;
    this.#used.add(nullifier);
    const row = gateway.tickets.get(nullifier);
    const charged = row?.charged ?? 0n;
    const rest = ticketPrice - cost;
    this.#check(row?.status === "ended", `the gateway has ${at} as ${row?.status ?? "unknown"}, not as ended`);
    this.#check(charged === cost, `the gateway charged ${charged} for ${at}, its services cost ${cost}`);
    this.#check(row?.refundedCharge === rest, `the gateway refunds ${row?.refundedCharge ?? "nothing"} of ${at}`);
    this.#check(row?.refundedHold === policyHold, `the gateway does not return the hold of ${at}`);

    const isEnded = status === "ended" && refund !== undefined;
    this.#check(isEnded, `the wallet has no refund of ${at}: it is ${status}`);
    this.#check(refund?.refundedCharge === rest, `the wallet's refund of ${at} is ${refund?.refundedCharge ?? "none"}`);
    this.#check(refund?.refundedHold === policyHold, `the wallet's refund of ${at} does not return the hold`);
    const signature = refund && JSON.stringify(asText(refund.signature));
    this.#check(signature === row?.signature, `the two sides have different refunds of ${at}`);
    const calls = gateway.calls.filter((call) => call.nullifier === nullifier);
    const says = receipts.map((receipt) => receipt?.toString() ?? "none").join();
    const must = calls.map((call) => call.charged.toString()).join();
    this.#check(says === must, `the wallet's receipts of ${at} say ${says}, the gateway's ${must}`);

    const foldNullifier = foldNullifierOf(key);
    const folds = gateway.folds.filter((nullifiers) => nullifiers.includes(foldNullifier)).length;
    const known = `the wallet has it as ${isFolded ? "" : "not "}folded`;
    this.#check(folds === (isFolded ? 1 : 0), `the gateway signed ${folds} folds of ${at}, ${known}`);
    return cost;
  }

  /** The service whose answer a response is. */
  #serviceIn(response: string): Service | undefined {
    const found = serialIn(response);
    const service = found && this.#input.services[found.serial];
    return service?.id === found?.id ? service : undefined;
  }

  #check(holds: boolean, finding: string): void {
    if (!holds) this.findings.push(finding);
  }
}

/** Numbers as the gateway writes them. */
const asText = (signature: { r8: readonly bigint[]; s: bigint }): unknown => ({
  r8: signature.r8.map((coordinate) => coordinate.toString()),
  s: signature.s.toString(),
});

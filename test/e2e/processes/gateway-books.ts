// SPDX-License-Identifier: GPL-3.0-or-later
/** What a gateway has on disk, read by no code of the gateway. */
import { DatabaseSync } from "node:sqlite";

interface AnswerText {
  readonly response: string;
  readonly receipt: { readonly charged: string };
}

interface GatewayTicket {
  readonly status: string;
  readonly charged: bigint;
  readonly refundedCharge: bigint | undefined;
  readonly refundedHold: bigint | undefined;
  readonly signature: string | undefined;
}

export interface GatewayCall {
  readonly nullifier: bigint;
  readonly sequence: number;
  /** Undefined where there is no answer. */
  readonly response: string | undefined;
  /** Cumulative, as the receipt says. */
  readonly charged: bigint;
}

export interface GatewayBooks {
  readonly tickets: ReadonlyMap<bigint, GatewayTicket>;
  readonly calls: readonly GatewayCall[];
  /** Nullifiers of each fold that was signed; slots that hold no refund have one of their own. */
  readonly folds: readonly (readonly bigint[])[];
  readonly enrolments: number;
  /** Rows of the tables that are empty when nobody did wrong. */
  readonly wrongs: number;
}

const fieldOf = (value: unknown): bigint => BigInt(`0x${Buffer.from(value as Uint8Array).toString("hex")}`);
const amountOf = (value: unknown): bigint | undefined => (value === null ? undefined : BigInt(value as string));

export function readGatewayBooks(path: string): GatewayBooks {
  const database = new DatabaseSync(path);
  const all = (sql: string): Record<string, unknown>[] => database.prepare(sql).all();
  const count = (table: string): number => Number(all(`SELECT COUNT(*) AS count FROM ${table}`)[0]?.["count"]);
  try {
    const tickets = all("SELECT * FROM tickets").map((row): [bigint, GatewayTicket] => [
      fieldOf(row["nullifier"]),
      {
        status: row["status"] as string,
        charged: amountOf(row["charged"]) ?? 0n,
        refundedCharge: amountOf(row["refunded_charge"]),
        refundedHold: amountOf(row["refunded_hold"]),
        signature: (row["refund_signature"] as string | null) ?? undefined,
      },
    ]);
    const calls = all("SELECT * FROM calls ORDER BY nullifier, sequence").map((row): GatewayCall => {
      const answer = row["answer"] === null ? undefined : (JSON.parse(row["answer"] as string) as AnswerText);
      const charged = BigInt(answer?.receipt.charged ?? "0");
      return {
        nullifier: fieldOf(row["nullifier"]),
        sequence: Number(row["sequence"]),
        response: answer?.response,
        charged,
      };
    });
    const folds = all("SELECT nullifiers FROM folds").map(({ nullifiers }) =>
      (JSON.parse(nullifiers as string) as string[]).map(BigInt),
    );
    const wrongs = ["offences", "disputes", "violations"].reduce((sum, table) => sum + count(table), 0);
    return { tickets: new Map(tickets), calls, folds, enrolments: count("enrolments"), wrongs };
  } finally {
    database.close();
  }
}

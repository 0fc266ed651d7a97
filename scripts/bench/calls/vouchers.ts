// SPDX-License-Identifier: GPL-3.0-or-later
/** Calls that were proved and signed beforehand, so that what is timed is the gateway alone. */
import { randomBytes } from "node:crypto";

import { local } from "../../../deploy/index.ts";
import { PoolClient, PoolHistory, PoolView } from "../../../src/chain/index.ts";
import { enrollClaim, identityCommitmentOf, initialState, requestClaim } from "../../../src/protocol/index.ts";
import type { Pool, Proof, SignedState } from "../../../src/protocol/index.ts";
import { Prover } from "../../../src/prover/index.ts";
import { httpProvider, sessionKeyOf, signCall } from "../../../src/wallet/index.ts";
import { encodeExchangeRequest, stateSignature, toJson } from "../../../src/wire/index.ts";
import { accountAt } from "../accounts.ts";
import { CALL_PRICE, connect, PATH, requestBody } from "./sale.ts";
import type { Place } from "./sale.ts";

export interface ProvedTicket {
  readonly index: number;
  readonly nullifier: bigint;
  readonly y: bigint;
  readonly proof: Proof;
  readonly publicSignals: readonly bigint[];
}

const { identitySecret } = accountAt(0);
export const IDENTITY_COMMITMENT = identityCommitmentOf(identitySecret);

/** Enrols the account and proves its first tickets. */
export async function proveTickets(
  place: Place,
  gatewayUrl: string,
  deposit: bigint,
  count: number,
): Promise<{ readonly pool: Pool; readonly tickets: readonly ProvedTicket[] }> {
  const chain = connect(place.rpcUrl);
  const provider = httpProvider(gatewayUrl);
  const prover = await Prover.create();
  try {
    const client = await PoolClient.connect(chain, place.pool);
    const { pool } = client;
    const history = new PoolHistory(client, { fromBlock: place.fromBlock, finality: local.finality });
    const path = await new PoolView(history, local.finality).pathOf(IDENTITY_COMMITMENT);
    const claim = enrollClaim(pool, identitySecret, deposit, path);
    const { proof } = await prover.prove("enroll", claim.input);
    const [root, newState, enrollNullifier] = claim.publicSignals as [bigint, bigint, bigint];
    const answer = await provider.enroll(toJson({ root, newState, enrollNullifier, proof }));
    const state = initialState(pool.poolHash, identitySecret, deposit);
    const signed: SignedState = { state, signature: stateSignature.parse(answer).signature };
    const prove = async (index: number): Promise<ProvedTicket> => {
      const request = requestClaim(pool, signed, index, sessionKeyOf(identitySecret, index).address);
      const [nullifier, y] = request.publicSignals as [bigint, bigint];
      return { index, nullifier, y, ...(await prover.prove("request", request.input)) };
    };
    return { pool, tickets: await Promise.all(Array.from({ length: count }, (_, index) => prove(index))) };
  } finally {
    provider.close();
    chain.destroy();
    await prover.close();
  }
}

const payload = encodeExchangeRequest({
  method: "POST",
  path: PATH,
  contentType: "application/json",
  encoding: "utf8",
  body: requestBody(false),
});

/** A session of so many calls on one ticket, as their bodies. Only the first brings the proof, and the last ends the session. */
export const sessionOf = (pool: Pool, { index, nullifier, y, proof }: ProvedTicket, calls: number): string[] =>
  Array.from({ length: calls }, (_, position) =>
    JSON.stringify(
      toJson(
        signCall(pool, sessionKeyOf(identitySecret, index), {
          nullifier,
          sequence: position + 1,
          cap: CALL_PRICE * BigInt(position + 1),
          salt: `0x${randomBytes(32).toString("hex")}`,
          payload,
          isLast: position === calls - 1,
          ...(position === 0 ? { ticket: { y, proof } } : {}),
        }),
      ),
    ),
  );

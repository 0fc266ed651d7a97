// SPDX-License-Identifier: GPL-3.0-or-later
/** How much a gateway's HTTP server takes on. Sizes in bytes. */
export interface HttpLimits {
  /** Of a call's body, and of a request that is paid by its header. */
  readonly callBytes: number;
  /** Of any other body. */
  readonly messageBytes: number;
  readonly headerBytes: number;
  /** For the headers of a request, and for the whole of it. */
  readonly headerSeconds: number;
  readonly requestSeconds: number;
  readonly idleConnectionSeconds: number;
  /** For a client that does not take its answer. */
  readonly unreadAnswerSeconds: number;
  readonly connections: number;
  readonly connectionsPerSource: number;
  /** Requests at once; a call counts until it is served, also when its client is gone. */
  readonly requests: number;
  readonly requestsPerSource: number;
  /** Of the bodies of all requests at once. */
  readonly bufferedBytes: number;
  readonly bufferedBytesPerSource: number;
  /** Proofs that wait for a verifier. */
  readonly waitingProofs: number;
  readonly waitingProofsPerSource: number;
  /** A proof that waited for longer is refused. */
  readonly proofSeconds: number;
  /** Requests at once of all sources that are suspect. */
  readonly suspectRequests: number;
  /** Requests in a second of all suspect sources, and of each. */
  readonly suspectRate: number;
  readonly suspectRatePerSource: number;
  /** How long a source that asks too much waits for its refusal. */
  readonly refusalMilliseconds: number;
  /** How long calls under way may take when the server closes. */
  readonly graceSeconds: number;
}

export const DEFAULT_LIMITS: HttpLimits = {
  callBytes: 4 * 1024 * 1024,
  messageBytes: 64 * 1024,
  headerBytes: 16 * 1024,
  headerSeconds: 10,
  requestSeconds: 30,
  idleConnectionSeconds: 30,
  unreadAnswerSeconds: 60,
  connections: 4_096,
  connectionsPerSource: 256,
  requests: 1_024,
  requestsPerSource: 128,
  bufferedBytes: 256 * 1024 * 1024,
  bufferedBytesPerSource: 64 * 1024 * 1024,
  waitingProofs: 256,
  waitingProofsPerSource: 32,
  proofSeconds: 20,
  suspectRequests: 4,
  suspectRate: 8,
  suspectRatePerSource: 1,
  refusalMilliseconds: 500,
  graceSeconds: 30,
};

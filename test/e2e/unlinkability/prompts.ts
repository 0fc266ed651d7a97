// SPDX-License-Identifier: GPL-3.0-or-later
/** What the users of a run ask: prompts that anybody can guess, so that only a salt hides them from who reads a request hash. */
export const BUCKETS = ["tiny", "small", "middle", "large"] as const;
export type Bucket = (typeof BUCKETS)[number];

/** The bucket that it is charged as, and the topic. */
export const payloadOf = (bucket: Bucket, topic: string): string => `${bucket}:${topic}`;
export const bucketOf = (payload: string): Bucket => payload.split(":")[0] as Bucket;

/** About an account that everybody sees on chain. */
export const statusOf = (identityCommitment: bigint): string => `the status of account ${identityCommitment}`;
export const PUBLIC_TOPIC = "the weather";

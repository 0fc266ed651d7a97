// SPDX-License-Identifier: GPL-3.0-or-later
/** The door of the ceremony: a set-up of several parties, by files alone. docs/trusted-setup.md is the manual. */
export { ceremonyOf } from "./announcement.ts";
export type { Announcement } from "./announcement.ts";
export { attestationText, headOf } from "./attestation.ts";
export type { Attestation } from "./attestation.ts";
export {
  BEACON_NAME,
  deadlineSeconds,
  describeEvidence,
  describeSource,
  outSeconds,
  sourceAt,
  timeText,
} from "./beacon.ts";
export type { BeaconSource } from "./beacon.ts";
export { contribute } from "./contribute.ts";
export type { Contributing } from "./contribute.ts";
export { unfinished } from "./durable.ts";
export * from "./errors.ts";
export { finalize } from "./finalize.ts";
export type { Finalizing } from "./finalize.ts";
export { completeInstallation, install, installationProblems } from "./install.ts";
export { readRound } from "./round.ts";
export type { Standing } from "./round.ts";
export { signAttestation } from "./sign.ts";
export { startCeremony } from "./start.ts";
export { surroundings } from "./surroundings.ts";
export type { Surroundings } from "./surroundings.ts";
export { byHand, readable, RECORDS } from "./transcript.ts";
export type { Transcript } from "./transcript.ts";
export { verifyRound } from "./verify.ts";
export type { Published } from "./verify.ts";
export { readTranscript, transcriptProblems, verifyTranscript } from "./verify-transcript.ts";
export type { VerifiedTranscript } from "./verify-transcript.ts";

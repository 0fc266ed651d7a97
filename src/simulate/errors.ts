// SPDX-License-Identifier: GPL-3.0-or-later
/** Why a simulation cannot be made, or does not agree with what really happened. */
export type SimulationErrorCode = "SCENARIO_INVALID" | "PRICES_INVALID" | "REPLAY_DIFFERS";

export class SimulationError extends Error {
  readonly code: SimulationErrorCode;

  constructor(code: SimulationErrorCode, message: string) {
    super(message);
    this.name = "SimulationError";
    this.code = code;
  }
}

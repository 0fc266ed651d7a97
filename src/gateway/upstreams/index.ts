// SPDX-License-Identifier: GPL-3.0-or-later
/** The services that a gateway can stand in front of, over HTTP. */
export { upstreamConfig } from "./config.ts";
export type { UpstreamConfig } from "./config.ts";
export { UpstreamFault } from "./endpoint.ts";
export { policyHook } from "./policy-hook.ts";
export type { PolicyHookOptions } from "./policy-hook.ts";
export { upstreamOf } from "./select.ts";

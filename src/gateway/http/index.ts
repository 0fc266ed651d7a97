// SPDX-License-Identifier: GPL-3.0-or-later
/** A gateway over HTTP: the server, its limits, and the fair use of its verifiers. */
export { FairVerifier } from "./fair-verifier.ts";
export type { FairVerifierOptions } from "./fair-verifier.ts";
export { healthOf } from "./health.ts";
export type { HealthChecks, HealthReport } from "./health.ts";
export { FinalLeaves } from "./leaves.ts";
export type { LeafSource } from "./leaves.ts";
export { DEFAULT_LIMITS } from "./limits.ts";
export type { HttpLimits } from "./limits.ts";
export { GatewayMetrics, serveMetrics } from "./metrics.ts";
export type { GatewayGauges, MetricsServer } from "./metrics.ts";
export { createGatewayServer } from "./server.ts";
export type { GatewayServer, GatewayServerOptions } from "./server.ts";
export { Sources, currentSource, forSource, sourceOf } from "./sources.ts";
export type { Sale } from "./x402-routes.ts";

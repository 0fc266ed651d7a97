// SPDX-License-Identifier: GPL-3.0-or-later
/** What the sandbox's provider sells: the bundled model, by tokens. Prices are units of the demo dollar, 1,000,000 to the dollar. */
import { CHAT_MODEL, EMBEDDING_MODEL } from "../../../model/index.ts";
import type { TermsJson } from "../../../wire/index.ts";

export const SANDBOX_TERMS: TermsJson = {
  format: "jeton.terms.v1",
  service: "The bundled model of a sandbox on this machine",
  pricing: {
    kind: "tokens",
    models: {
      [CHAT_MODEL]: {
        input: [
          { upTo: 1_000, price: "200" },
          { upTo: 8_000, price: "1000" },
          { upTo: 32_000, price: "3000" },
        ],
        output: [
          { upTo: 100, price: "300" },
          { upTo: 500, price: "1000" },
          { upTo: 2_000, price: "3000" },
          { upTo: 8_000, price: "6000" },
        ],
      },
      [EMBEDDING_MODEL]: {
        input: [
          { upTo: 1_000, price: "50" },
          { upTo: 8_000, price: "200" },
          { upTo: 32_000, price: "500" },
        ],
      },
    },
  },
  policy: "None: nobody else is here.",
  retention: {
    answersSeconds: 3_600,
    sessionSeconds: 600,
    statement: "Answers are kept for an hour, and are gone with the sandbox.",
  },
  endpoints: [],
};

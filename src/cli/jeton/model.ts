// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton model`: runs the bundled model until it is interrupted. */
import { Command } from "commander";

import { CliError } from "../errors.ts";
import { note } from "../outcome.ts";
import type { Outcome } from "../outcome.ts";
import { jsonOption, saying } from "./action.ts";
import { teaching } from "./help.ts";
import { interrupted } from "./interrupted.ts";
import { portNumber } from "./ports.ts";

interface ModelArguments {
  readonly host: string;
  readonly port: string;
  readonly pause: string;
}

/** @throws CliError OPTION_INVALID */
function milliseconds(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new CliError("OPTION_INVALID", `--pause takes a number from 0 to 99999, and not "${text}"`);
}

async function runModel({ host, port, pause }: ModelArguments): Promise<Outcome> {
  const { CHAT_MODEL, EMBEDDING_MODEL, startModel } = await import("../../model/index.ts");
  const options = { host, port: portNumber(port, "--port"), pauseMilliseconds: milliseconds(pause) };
  const model = await startModel(options);
  note(`${CHAT_MODEL} and ${EMBEDDING_MODEL} answer at ${model.url}/v1`);
  await interrupted(note);
  await model.close();
  return { served: `${model.url}/v1` };
}

export const modelCommand = (): Command =>
  teaching(
    new Command("model")
      .description("run the bundled model behind OpenAI's interface: no account, no network, a few rules")
      .option("--host <host>", "where it listens", "127.0.0.1")
      .option("--port <port>", "0: any that is free", "8000")
      .option("--pause <milliseconds>", "between the tokens of a stream", "20")
      .addOption(jsonOption())
      .action(saying(runModel)),
    {
      about:
        "Runs until it is interrupted. It answers from a few rules, the same to the same, and stands in for a real model where one is to be sold.",
      examples: ["model --port 8000"],
    },
  );

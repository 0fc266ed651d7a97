// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Asks for what a pool's file needs, checks each answer at once, and writes the file. Answers are kept after each question, so that a run
 * that was cut off goes on where it was.
 */
import { readFile, rm, stat } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";

import { z } from "zod";

import { isDevelopmentAccount, readPoolConfig } from "../../deploy/index.ts";
import type { NetworkDescription } from "../../deploy/index.ts";
import { eighthOf, providerKey } from "../protocol/index.ts";
import type { Point } from "../protocol/index.ts";
import { parseTerms, termsProblem } from "../wire/index.ts";
import { amountText } from "./amounts.ts";
import { CliError } from "./errors.ts";
import { readText, replaceFile } from "./files.ts";
import { addressOption, numberOption } from "./options.ts";
import type { Session } from "./session.ts";

/** The answers so far, as they stand in the file. */
type Answers = Readonly<Record<string, unknown>>;

interface Question {
  /** The fields of the file that it answers. */
  readonly fields: readonly string[];
  readonly text: string;
  /** Why the default is what it is; or what is asked for. */
  readonly reason: string;
  readonly standard?: string;
  /** @throws Error with what is wrong */
  read(answer: string, so: Answers): Promise<Answers> | Answers;
}

const draft = z.record(z.unknown());

/** The file's own text, for amounts and times. */
function size(
  field: string,
  text: string,
  reason: string,
  standard: bigint,
  maximum: bigint,
  asNumber = false,
): Question {
  return {
    fields: [field],
    text,
    reason,
    standard: standard.toString(),
    read: (answer) => {
      const value = numberOption(answer, text, maximum);
      return { [field]: asNumber ? Number(value) : value.toString() };
    },
  };
}

/** From the private key's file, which is not kept, or as two points. */
async function readProviderKey(answer: string): Promise<Answers> {
  const pasted = /^\[?\s*"?(\d{1,78})"?\s*,\s*"?(\d{1,78})"?\s*\]?$/.exec(answer);
  let key: Point;
  let eighth: Point;
  if (pasted === null) {
    const text = (await readText(answer, "the provider key's file")).trim().replace(/^0x/, "");
    if (!/^[0-9a-fA-F]{64}$/.test(text))
      throw new Error(`${answer} is no provider key: "jeton provider key" makes one`);
    const made = providerKey(Buffer.from(text, "hex"));
    [key, eighth] = [made.publicKey, made.eighth];
  } else {
    key = [BigInt(pasted[1] ?? ""), BigInt(pasted[2] ?? "")];
    eighth = eighthOf(key);
  }
  return { providerKey: key.map(String), providerKeyEighth: eighth.map(String) };
}

const MAXIMUM = (1n << 96n) - 1n;
const DAYS = (seconds: bigint): string => `${Number(seconds) / 86_400} days`;

function questionsOf({ network, isLocal }: Pick<Session, "network" | "isLocal">, file: string): Question[] {
  const { pool } = network;
  const token = network.token ?? { symbol: "USD", decimals: 6 };
  return [
    {
      fields: ["provider"],
      text: "The provider's address",
      reason: "It withdraws revenue and bond, and signs consents. A pool never changes it.",
      read: (answer) => {
        const provider = addressOption(answer, "The provider's address");
        if (!isLocal && isDevelopmentAccount(provider)) throw new Error("everybody has the key of this account");
        return { provider };
      },
    },
    {
      fields: ["providerKey", "providerKeyEighth"],
      text: "The provider key: the file that holds it, or its point as x,y",
      reason:
        'It signs states and refunds. "jeton provider key --out FILE" makes one; only its points are written down.',
      read: readProviderKey,
    },
    size(
      "ticketPrice",
      "The ticket price, in token units",
      `The most that one call may cost; unspent parts come back. Here: ${amountText(pool.ticketPrice, token)}.`,
      pool.ticketPrice,
      MAXIMUM,
    ),
    size(
      "policyHold",
      "The policy hold of a ticket, in token units",
      `What a violation of the policy costs beside the price; it comes back otherwise. Here: ${amountText(pool.policyHold, token)}.`,
      pool.policyHold,
      MAXIMUM,
    ),
    size(
      "unit",
      "The unit of charges, in token units",
      "Charges are multiples of it: the coarser it is, the less a charge tells of a call.",
      pool.unit,
      MAXIMUM,
    ),
    {
      fields: ["terms"],
      text: "The terms' file",
      reason: 'Prices and policy; its hash goes into the pool. "jeton terms write" makes one.',
      read: async (answer, so) => {
        const json: unknown = JSON.parse(await readText(answer, "the terms"));
        const ticketPrice = BigInt(String(so["ticketPrice"]));
        const problem = termsProblem(parseTerms(json), { ticketPrice, unit: BigInt(String(so["unit"])) });
        if (problem !== undefined) throw new Error(problem);
        return { terms: relative(dirname(file), resolve(answer)) };
      },
    },
    size(
      "stakeMinimum",
      "The smallest stake, in token units",
      `Half of it is the bounty for a slash, and must pay the gas of one. Here: ${amountText(pool.stakeMinimum, token)}.`,
      pool.stakeMinimum,
      MAXIMUM,
    ),
    size(
      "challengeWindow",
      "The challenge window, in seconds",
      `Longer than the sequencer's longest outage and L1's forced inclusion, with time to notice. Here: ${DAYS(pool.challengeWindow)}.`,
      pool.challengeWindow,
      1n << 40n,
      true,
    ),
    size(
      "disputeWindow",
      "The dispute window, in seconds",
      `In which a provider must answer, under the same conditions. Here: ${DAYS(pool.disputeWindow)}.`,
      pool.disputeWindow,
      1n << 40n,
      true,
    ),
    size(
      "accountLifetime",
      "The lifetime of an account, in seconds",
      `After it the provider may take what is unspent. Here: ${DAYS(pool.accountLifetime)}.`,
      pool.accountLifetime,
      1n << 40n,
      true,
    ),
  ];
}

const isThere = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

async function readDraft(file: string): Promise<Answers> {
  const text = await readFile(file, "utf8").catch(() => "{}");
  const result = draft.safeParse(JSON.parse(text));
  if (result.success) return result.data;
  throw new CliError("FILE_UNREADABLE", `${file} holds no answers: remove it to begin anew`);
}

async function answerOf(session: Session, question: Question, so: Answers): Promise<Answers> {
  const { terminal, say } = session;
  say(question.reason);
  for (;;) {
    const suggested = question.standard === undefined ? "" : ` [${question.standard}]`;
    const typed = (await terminal.ask(`${question.text}${suggested}: `)).trim();
    const answer = typed === "" ? (question.standard ?? "") : typed;
    if (answer === "") continue;
    try {
      return await question.read(answer, so);
    } catch (error) {
      say(`not so: ${(error as Error).message}`);
    }
  }
}

const defaultFile = ({ name }: NetworkDescription): string => `pool-${name}.json`;

/**
 * @param path the file to write; one that is there already is taken as it is
 * @returns the file's path. @throws CliError NOT_CONFIRMED when the person leaves; DeployError POOL_CONFIG
 */
export async function askPoolConfig(session: Session, path: string | undefined): Promise<string> {
  const { network, terminal, say } = session;
  const file = resolve(path ?? defaultFile(network));
  if (await isThere(file)) {
    say(`the pool is as ${file} says: remove the file to be asked again`);
    return file;
  }
  if (!terminal.isInteractive) {
    throw new CliError(
      "OPTION_MISSING",
      `there is no ${file}, and nobody who can be asked: write it, or run in a terminal`,
    );
  }
  const unfinished = `${file}.draft`;
  let answers = await readDraft(unfinished);
  say(
    Object.keys(answers).length === 0
      ? `A pool on ${network.title}. Answers are kept in ${unfinished}: Ctrl-C stops, and the next run goes on. Return takes what is in brackets.`
      : `going on with the answers in ${unfinished}`,
  );
  for (const question of questionsOf(session, file)) {
    if (question.fields.every((field) => answers[field] !== undefined)) continue;
    answers = { ...answers, ...(await answerOf(session, question, answers)) };
    await replaceFile(unfinished, `${JSON.stringify(answers, null, 2)}\n`);
  }
  const whole = `${JSON.stringify({ name: "default", ...answers }, null, 2)}\n`;
  await replaceFile(unfinished, whole);
  await readPoolConfig(unfinished, network);
  await replaceFile(file, whole);
  await rm(unfinished, { force: true });
  say(`wrote ${file}: "--pool-config ${file}" does the same again`);
  return file;
}

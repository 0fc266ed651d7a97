// SPDX-License-Identifier: GPL-3.0-or-later
/** What the commands have in common that work on one pool, from its name or from a file that names it. */
import type { PoolClient } from "../chain/index.ts";
import { PoolHistory } from "../chain/index.ts";
import { FIELD_MODULUS } from "../protocol/index.ts";
import type { FileFormat } from "../wire/index.ts";
import { CliError } from "./errors.ts";
import { readText } from "./files.ts";
import { openPool } from "./pools.ts";
import { numberOption, required } from "./options.ts";
import { note } from "./outcome.ts";
import type { Outcome, Say } from "./outcome.ts";
import { openSender, withSession } from "./session.ts";
import type { OpenSession, Session } from "./session.ts";
import type { SendingArguments, Work } from "./transact.ts";

/** What `jeton` and Hardhat's tasks run; tests run it too. */
export type Command<A> = (args: A, open: OpenSession, say?: Say) => Promise<Outcome>;

/** A command that sends something to the pool that it names. */
export const onPool =
  <A extends { readonly pool: string } & Partial<SendingArguments>>(
    work: (args: A, work: Work) => Promise<Outcome>,
  ): Command<A> =>
  (args, open, say = note) =>
    withSession(open, say, async (session) => {
      const { client } = await openPool(session, args.pool);
      return work(args, { session, client, sender: await openSender(session, client, args.dryRun) });
    });

/** A command that sends what a file says to the pool that the file names. */
export const onFile =
  <
    A extends { readonly file: string | undefined } & Partial<SendingArguments>,
    F extends { readonly chainId: bigint; readonly pool: string },
  >(
    format: FileFormat<F>,
    what: string,
    work: (args: A, file: F, work: Work) => Promise<Outcome>,
  ): Command<A> =>
  async (args, open, say = note) => {
    const file = await readFile(format, args.file, "--file", what);
    return withSession(open, say, async (session) => {
      requireChainOf(session, what, file.chainId);
      const { client } = await openPool(session, file.pool);
      return work(args, file, { session, client, sender: await openSender(session, client, args.dryRun) });
    });
  };

export async function readFile<F>(
  format: FileFormat<F>,
  path: string | undefined,
  option: string,
  what: string,
): Promise<F> {
  const name = required(path, option, `a file with ${what}, format "${format.format}" (docs/protocol.md)`);
  return format.fromJson(await readText(name, what));
}

/** @throws CliError OPTION_INVALID */
export function requireChainOf({ network }: Session, what: string, chainId: bigint): void {
  if (chainId === network.chainId) return;
  throw new CliError(
    "OPTION_INVALID",
    `${what} is for chain ${chainId}, and --network ${network.name} is chain ${network.chainId}`,
  );
}

/** @throws CliError OPTION_MISSING, OPTION_INVALID */
export const fieldOption = (value: string | undefined, option: string, what: string): bigint =>
  numberOption(required(value, option, what), option, FIELD_MODULUS - 1n);

/** The pool's events, read from where they begin. @throws CliError OPTION_MISSING */
export async function readHistory(session: Session, client: PoolClient, fromBlock: number): Promise<PoolHistory> {
  const known = fromBlock >= 0 ? fromBlock : (await openPool(session, client.pool.address)).fromBlock;
  const start = known ?? (session.isLocal ? 0 : undefined);
  if (start === undefined) {
    throw new CliError(
      "OPTION_MISSING",
      "this pool is not on record: say with --from-block in which block it was created",
    );
  }
  const history = new PoolHistory(client, { fromBlock: start, finality: session.network.finality });
  await history.sync();
  return history;
}

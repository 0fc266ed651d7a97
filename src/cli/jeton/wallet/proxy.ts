// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton wallet proxy`: the wallet as a local server that speaks the API of the provider's service. */
import { startProxy } from "../../../proxy/index.ts";
import type { RunningProxy } from "../../../proxy/index.ts";
import { Keeper, LIVE_KEEPER, LOCAL_KEEPER } from "../../../wallet/index.ts";
import type { KeeperDone, KeeperFault } from "../../../wallet/index.ts";
import { tokensText } from "../../amounts.ts";
import { CliError } from "../../errors.ts";
import type { Outcome } from "../../outcome.ts";
import { interrupted } from "../interrupted.ts";
import { portNumber } from "../ports.ts";
import { NOT_HIDDEN } from "./keys.ts";
import { Overview } from "./overview.ts";
import { prepareSandboxWallet, sandboxWallet } from "./sandbox-wallet.ts";
import { withWallet } from "./session.ts";
import type { OpenOptions, WalletSession } from "./session.ts";

export interface ProxyOptions extends OpenOptions {
  readonly port: string;
  readonly host: string;
  readonly hostName?: readonly string[];
  readonly tokenFile?: string;
  readonly stock: string;
  readonly quiet: boolean;
  /** With a folder where it is not the usual one. */
  readonly sandbox?: string | true;
  readonly json: boolean;
}

/** Holds the token that clients must send. */
export const TOKEN_VARIABLE = "JETON_PROXY_TOKEN";

/** A sandbox's proxy starts with so many; the keeper proves the others. */
const FIRST_TICKETS = 2;

export async function proxyCommand(options: ProxyOptions): Promise<Outcome> {
  if (options.sandbox === undefined) return withWallet(options, (session) => serve(session, options));
  const { open, deposit } = await sandboxWallet(options.sandbox === true ? undefined : options.sandbox);
  return withWallet({ ...options, ...open }, async (session) => {
    await prepareSandboxWallet(session, deposit, Math.min(stockOf(options), FIRST_TICKETS));
    return serve(session, options);
  });
}

function stockOf({ stock }: ProxyOptions): number {
  if (/^\d{1,4}$/.test(stock)) return Number(stock);
  throw new CliError("OPTION_INVALID", `--stock takes how many tickets to prove ahead, and not "${stock}"`);
}

/** Runs until it is interrupted. */
async function serve(session: WalletSession, options: ProxyOptions): Promise<Outcome> {
  const { purse, network, view, home, prover, say } = session;
  const tell = options.quiet ? (): void => undefined : say;
  if (purse.accounts.size === 0) {
    throw new CliError(
      "ACCOUNT_STATE",
      'nothing was deposited yet: "jeton wallet deposit --amount 5" opens an account',
    );
  }
  const terms = await purse.terms();
  view.start();
  const tellFault = tellOnce(say);
  let isEnding = false;
  const keeper = new Keeper({
    purse,
    settings: { ...(network.isLocal ? LOCAL_KEEPER : LIVE_KEEPER), stock: stockOf(options) },
    onFault: (fault) => {
      if (!isEnding) tellFault(fault);
    },
    onDone: ({ account, task }: KeeperDone) => {
      if (task === "enrol" || task === "fold")
        tell(`account ${account}: ${task === "enrol" ? "enrolled" : "folded refunds"}`);
    },
  });
  const token = await tokenOf(options);
  const proxy = await open(session, options, { keeper, terms, token, tell });
  try {
    await home.noteProxy({ url: proxy.url, pid: process.pid, ...(token === undefined ? {} : { token }) });
    keeper.start();
    greet(session, proxy, options);
    await interrupted(say);
    return { ended: "proxy", ...spent(session) };
  } finally {
    isEnding = true;
    await home.forgetProxy();
    await proxy.close();
    // Proofs that nobody waits for are given up.
    await Promise.all([prover.close(), keeper.close()]);
  }
}

interface Parts {
  readonly keeper: Keeper;
  readonly terms: Awaited<ReturnType<WalletSession["purse"]["terms"]>>;
  readonly token: string | undefined;
  readonly tell: (line: string) => void;
}

/** @throws CliError PORT_TAKEN */
async function open(
  session: WalletSession,
  { host, port, hostName = [] }: ProxyOptions,
  { keeper, terms, token, tell }: Parts,
): Promise<RunningProxy> {
  const { purse, client } = session;
  const overview = new Overview(session, keeper);
  try {
    return await startProxy({
      purse,
      terms,
      status: () => overview.read(),
      inStock: () => [...purse.accounts.values()].reduce((sum, account) => sum + account.readiness().inStock, 0),
      host,
      port: portNumber(port, "--port"),
      hostNames: hostName,
      token,
      log: tell,
      amountText: (units) => tokensText(units, client.token),
    });
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === "EADDRINUSE") {
      throw new CliError(
        "PORT_TAKEN",
        `something listens on ${host}:${port} already: name another port with --port`,
        error,
      );
    }
    if (code === "token_missing") {
      throw new CliError(
        "OPTION_MISSING",
        `${(error as Error).message}: set ${TOKEN_VARIABLE}, or name a file with --token-file`,
        error,
      );
    }
    throw error;
  }
}

async function tokenOf({ tokenFile }: ProxyOptions): Promise<string | undefined> {
  if (tokenFile === undefined) return process.env[TOKEN_VARIABLE] === "" ? undefined : process.env[TOKEN_VARIABLE];
  const { readText } = await import("./ask.ts");
  return (await readText(tokenFile, "the token's file")).trim();
}

/** A fault that repeats is said once, until another one comes. */
function tellOnce(say: (line: string) => void): (fault: KeeperFault) => void {
  const last = new Map<string, string>();
  return ({ account, task, error }) => {
    const message = error instanceof Error ? error.message : String(error);
    const where = `${task} ${account ?? ""}`;
    if (last.get(where) === message) return;
    last.set(where, message);
    say(`${task}${account === undefined ? "" : ` of account ${account}`} failed, and is tried again: ${message}`);
  };
}

function greet({ say, purse, config, home }: WalletSession, { url, api }: RunningProxy, { json }: ProxyOptions): void {
  const baseUrl = api === "openai" ? `${url}/v1` : url;
  if (json) process.stdout.write(`${JSON.stringify({ url, baseUrl, api })}\n`);
  const { inStock, left } = purse.status();
  if (config.sandbox === undefined) for (const line of NOT_HIDDEN) say(line);
  if (!purse.status().accounts.some(({ isEnrolled }) => isEnrolled)) {
    say(
      "No account is enrolled yet. The wallet enrols by itself, at a random time within a day after the deposit, so that the two",
    );
    say(
      'cannot be told to belong together; "jeton wallet status" says when, and "jeton wallet enrol" does it at once. Until then calls are refused.',
    );
  }
  const more = left > inStock ? "; more are being proved" : "";
  say(`
${inStock} tickets are proved${more}. The balance covers ${left}.  Wallet: ${home.folder}

  base URL   ${baseUrl}     (any API key will do: it stays on this machine)
  status     ${url}/jeton

${exampleOf(api, baseUrl)}
`);
}

function exampleOf(api: RunningProxy["api"], baseUrl: string): string {
  const post = (path: string, body: object): string =>
    `  curl ${baseUrl}${path} -H 'content-type: application/json' \\\n    -d '${JSON.stringify(body)}'`;
  if (api === "openai") {
    return post("/chat/completions", { model: "jeton-small", messages: [{ role: "user", content: "Count to 5" }] });
  }
  if (api === "json-rpc") return post("", { jsonrpc: "2.0", id: 1, method: "eth_blockNumber", params: [] });
  return `  curl ${baseUrl}/…`;
}

function spent({ purse }: WalletSession): Outcome {
  const { accounts, inStock, left } = purse.status();
  return { usedTickets: accounts.reduce((sum, { used }) => sum + used, 0), inStock, left };
}

// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Calls for help, once: what goes on is repeated after pauses that grow, what is over is said to be over. It is remembered in the file, so that
 * neither a restart nor a run by cron says anything twice.
 */
import type { SqliteFile } from "../storage/index.ts";
import { number, text } from "./columns.ts";
import type { AlarmCode, AlarmMessage, Condition, Notify, WatcherPorts } from "./ports.ts";
import { reasonOf } from "./ports.ts";

const FIRST_PAUSE_SECONDS = 900;
const LONGEST_PAUSE_SECONDS = 86_400;
/** What could not be told is told again so soon. */
const RETRY_SECONDS = 60;
/** What happened, and does not go on, is an alarm for so long. */
const INCIDENT_SECONDS = 86_400;

export interface RaisedAlarm extends Condition {
  readonly scope: string;
  readonly raisedAt: number;
}

export class Alarms {
  readonly #file: SqliteFile;
  readonly #ports: WatcherPorts;
  readonly #sending = new Set<Promise<void>>();

  constructor(file: SqliteFile, ports: WatcherPorts) {
    this.#file = file;
    this.#ports = ports;
  }

  /** Everything that is wrong in a scope now. */
  report(scope: string, conditions: readonly Condition[]): void {
    const now = this.#ports.clock();
    for (const condition of conditions) this.#raise(scope, condition, now, undefined);
    const said = new Set(conditions.map(({ code, subject }) => `${code} ${subject}`));
    for (const row of this.#file.all("SELECT * FROM alarms WHERE scope = ?", scope)) {
      const [code, subject, lapsesAt] = [text(row["code"]) as AlarmCode, text(row["subject"]), row["lapses_at"]];
      const isOver = lapsesAt === null ? !said.has(`${code} ${subject}`) : Number(lapsesAt) <= now;
      if (!isOver) continue;
      this.#file.run("DELETE FROM alarms WHERE scope = ? AND code = ? AND subject = ?", scope, code, subject);
      const raisedAt = number(row["raised_at"]);
      this.#tell({ state: "recovered", scope, code, subject, message: text(row["message"]), raisedAt });
    }
  }

  /** Ends what is raised in every other scope: their pools are watched no more. */
  keepOnly(scopes: ReadonlySet<string>): void {
    for (const { scope } of this.raised) if (!scopes.has(scope)) this.report(scope, []);
    for (const { scope } of this.raised) {
      // What happened lapses by itself, but not for a pool that is gone.
      if (!scopes.has(scope)) this.#file.run("DELETE FROM alarms WHERE scope = ?", scope);
    }
  }

  /** Something happened. */
  incident(scope: string, condition: Condition): void {
    const now = this.#ports.clock();
    this.#raise(scope, condition, now, now + INCIDENT_SECONDS);
  }

  get raised(): RaisedAlarm[] {
    return this.#file.all("SELECT * FROM alarms ORDER BY raised_at, scope, code").map((row) => ({
      scope: text(row["scope"]),
      code: text(row["code"]) as AlarmCode,
      subject: text(row["subject"]),
      message: text(row["message"]),
      raisedAt: number(row["raised_at"]),
    }));
  }

  /** Resolves when everything was told that is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.#sending);
  }

  #raise(scope: string, { code, subject, message }: Condition, now: number, lapsesAt: number | undefined): void {
    const key = [scope, code, subject] as const;
    const row = this.#file.get("SELECT * FROM alarms WHERE scope = ? AND code = ? AND subject = ?", ...key);
    if (row === undefined) {
      this.#file.run(
        "INSERT INTO alarms VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        ...[...key, message, now, now + FIRST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS, lapsesAt ?? null],
      );
      this.#tell({ state: "raised", scope, code, subject, message, raisedAt: now });
      return;
    }
    const where = "WHERE scope = ? AND code = ? AND subject = ?";
    this.#file.run(`UPDATE alarms SET message = ?, lapses_at = ? ${where}`, message, lapsesAt ?? null, ...key);
    if (lapsesAt !== undefined || now < number(row["tell_at"])) return;
    const pause = Math.min(number(row["pause"]) * 2, LONGEST_PAUSE_SECONDS);
    this.#file.run(`UPDATE alarms SET tell_at = ?, pause = ? ${where}`, now + pause, pause, ...key);
    this.#tell({ state: "repeated", scope, code, subject, message, raisedAt: number(row["raised_at"]) });
  }

  #tell(message: AlarmMessage): void {
    const { log, notify } = this.#ports;
    const { state, raisedAt, ...rest } = message;
    log({ level: state === "recovered" ? "info" : "error", event: "alarm", state, ...rest, raisedAt });
    const sending = Promise.all(notify.map((each) => this.#send(each, message))).then(() => undefined);
    this.#sending.add(sending);
    void sending.finally(() => this.#sending.delete(sending));
  }

  async #send(notify: Notify, message: AlarmMessage): Promise<void> {
    try {
      await notify(message);
    } catch (error) {
      const { scope, code } = message;
      this.#ports.log({ level: "error", event: "alarm-not-told", scope, code, reason: reasonOf(error) });
      this.#tellSoon(message);
    }
  }

  /** Nobody waits for this, so nobody would catch what it throws: a file that fails is said, and the alarm comes with its next repetition. */
  #tellSoon({ scope, code, subject }: AlarmMessage): void {
    try {
      this.#file.run(
        "UPDATE alarms SET tell_at = MIN(tell_at, ?) WHERE scope = ? AND code = ? AND subject = ?",
        ...[this.#ports.clock() + RETRY_SECONDS, scope, code, subject],
      );
    } catch (error) {
      this.#ports.log({ level: "error", event: "fault", scope, part: "alarms", reason: reasonOf(error) });
    }
  }
}

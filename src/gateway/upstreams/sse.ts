// SPDX-License-Identifier: GPL-3.0-or-later
/** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), as they come. */

export interface SseEvent {
  /** As it is sent on: its lines, without comments, and the blank line. */
  readonly text: string;
  readonly data: string;
}

/** "data: x" is "x"; undefined for other fields. */
function dataOf(line: string): string | undefined {
  if (line === "data") return "";
  if (!line.startsWith("data:")) return undefined;
  return line.startsWith("data: ") ? line.slice(6) : line.slice(5);
}

function eventOf(lines: readonly string[]): SseEvent[] {
  const data = lines.flatMap((line) => dataOf(line) ?? []);
  return data.length === 0 ? [] : [{ text: `${lines.join("\n")}\n\n`, data: data.join("\n") }];
}

/** Takes bytes, cut anywhere, and gives the events that are complete. */
export class SseReader {
  readonly #decoder = new TextDecoder("utf-8");
  #pending = "";
  /** Nothing before this place of `#pending` ends a line. */
  #searched = 0;
  #lines: string[] = [];

  take(bytes: Uint8Array): SseEvent[] {
    this.#pending += this.#decoder.decode(bytes, { stream: true });
    return this.#events(false);
  }

  /** What is left at the end: an event may lack its blank line. */
  end(): SseEvent[] {
    this.#pending += this.#decoder.decode();
    const complete = this.#events(true);
    if (this.#pending !== "") this.#addLine(this.#pending);
    this.#pending = "";
    return [...complete, ...this.#takeEvent()];
  }

  #events(isEnd: boolean): SseEvent[] {
    const events: SseEvent[] = [];
    const lineEnd = /\r\n|\r|\n/g;
    let start = 0;
    lineEnd.lastIndex = this.#searched;
    for (let found = lineEnd.exec(this.#pending); found !== null; found = lineEnd.exec(this.#pending)) {
      // The line feed that belongs to it may be on its way.
      if (found[0] === "\r" && lineEnd.lastIndex === this.#pending.length && !isEnd) break;
      const line = this.#pending.slice(start, found.index);
      start = lineEnd.lastIndex;
      if (line === "") events.push(...this.#takeEvent());
      else this.#addLine(line);
    }
    this.#pending = this.#pending.slice(start);
    this.#searched = this.#pending.endsWith("\r") ? this.#pending.length - 1 : this.#pending.length;
    return events;
  }

  #addLine(line: string): void {
    if (!line.startsWith(":")) this.#lines.push(line);
  }

  #takeEvent(): SseEvent[] {
    const event = eventOf(this.#lines);
    this.#lines = [];
    return event;
  }
}

export async function* eventsOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<SseEvent, void, undefined> {
  const reader = new SseReader();
  for await (const chunk of chunks) yield* reader.take(chunk);
  yield* reader.end();
}

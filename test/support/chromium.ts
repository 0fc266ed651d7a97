// SPDX-License-Identifier: GPL-3.0-or-later
/** The machine's Chromium, if it has one: what a real browser makes of a page, without a network. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const MOST_MILLISECONDS = 60_000;
const FLAGS = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
  ...["--enable-logging=stderr", "--dump-dom", "--window-size=1000,800"],
];

export interface Rendered {
  /** The document as it is after loading. */
  readonly dom: string;
  /** What the page's console and the browser said. */
  readonly log: string;
}

/** Undefined, and says so, where there is no Chromium. */
export function findChromium(): string | undefined {
  const found = PLACES.find((place) => existsSync(place));
  if (found === undefined) console.warn(`SKIPPED: no Chromium found (looked for ${PLACES.join(", ")})`);
  return found;
}

export async function render(chromium: string, html: string): Promise<Rendered> {
  const folder = mkdtempSync(join(tmpdir(), "jeton-page-"));
  try {
    const file = join(folder, "page.html");
    writeFileSync(file, html);
    const child = spawn(chromium, [...FLAGS, `--user-data-dir=${join(folder, "profile")}`, pathToFileURL(file).href]);
    const limit = setTimeout(() => child.kill("SIGKILL"), MOST_MILLISECONDS);
    let [dom, log] = ["", ""];
    child.stdout.on("data", (piece: Buffer) => (dom += piece.toString()));
    child.stderr.on("data", (piece: Buffer) => (log += piece.toString()));
    const code = await new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
    clearTimeout(limit);
    if (code !== 0) throw new Error(`Chromium ended with ${String(code)}\n${log}`);
    return { dom, log };
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

// SPDX-License-Identifier: GPL-3.0-or-later
/** How a command speaks: the result on stdout (as text, or with --json as one JSON object), everything else on stderr. */

/** What a command has to say: values in order, for people and machines alike. */
export type Outcome = Readonly<Record<string, string | number | bigint | boolean | undefined | object>>;

export interface ReportOptions {
  readonly json: boolean;
}

/** Where a command tells its progress and its warnings. */
export type Say = (line: string) => void;

/** What a command ends with that was done, and whose finding is not as it should be. */
export const FOUND_WRONG = 3;

/** What steers a terminal, or turns the order of what it shows. Providers, tokens and endpoints choose some of what is told. */
const CONTROLS = /(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu;

export const printable = (text: string): string => text.replace(CONTROLS, "");

/** The usual place. */
export function note(line: string): void {
  process.stderr.write(`${printable(line)}\n`);
}

const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? item.toString() : item), 2);

function listText(values: readonly unknown[], label: string, indent: string): string[] {
  if (!values.some((value) => typeof value === "object" && !Array.isArray(value))) {
    return [`${indent}${label}: ${values.map(String).join(", ")}`];
  }
  return values.flatMap((value, index) => [`${indent}${label} ${index + 1}:`, textOf(value as Outcome, `${indent}  `)]);
}

/** `fieldNames` become "field names", names of contracts and labels of several words stay; nested values are indented. */
export function textOf(outcome: Outcome, indent = ""): string {
  const lines = Object.entries(outcome).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const label = /^[a-z]\w*$/.test(name) ? name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`) : name;
    if (typeof value === "object" && Object.keys(value).length === 0) return [`${indent}${label}: none`];
    if (Array.isArray(value)) return listText(value as unknown[], label, indent);
    if (typeof value === "object") {
      return [`${indent}${label}:`, textOf(value as Outcome, `${indent}  `)];
    }
    return [`${indent}${label}: ${String(value)}`];
  });
  return lines.join("\n");
}

interface CodedError {
  readonly code?: unknown;
  readonly revert?: { readonly name: string };
}

/** Runs a command and says what came of it. Expected errors are one line with a code. Resolves to whether it succeeded. */
export async function settle({ json }: ReportOptions, command: () => Promise<Outcome>): Promise<boolean> {
  try {
    const outcome = await command();
    process.stdout.write(`${json ? toJson(outcome) : printable(textOf(outcome))}\n`);
    return true;
  } catch (error) {
    const { code, revert } = error as CodedError;
    const message = error instanceof Error ? error.message : String(error);
    const name = typeof code === "string" ? code : "UNEXPECTED";
    if (json) process.stdout.write(`${toJson({ error: { code: name, reason: revert?.name, message } })}\n`);
    else note(`error ${name}: ${message}`);
    if (name === "UNEXPECTED" && error instanceof Error) note(error.stack ?? "");
    return false;
  }
}

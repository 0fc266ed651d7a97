// SPDX-License-Identifier: GPL-3.0-or-later
/** Tables: with a caption and headers, and wider than the screen only inside their own frame. */
import type { Column, Table } from "./document.ts";
import { ReportError } from "./errors.ts";
import { markup } from "./markup.ts";
import type { Markup } from "./markup.ts";

const styleOf = ({ content = "text" }: Column): string => content;

/** The cell that names its row is its header. */
function cell(column: Column, text: string, isFirst: boolean): Markup {
  const shown = column.content === "code" ? markup`<code>${text}</code>` : text;
  return isFirst
    ? markup`<th scope="row" class="${styleOf(column)}">${shown}</th>`
    : markup`<td class="${styleOf(column)}">${shown}</td>`;
}

/** @throws ReportError TABLE_INVALID */
export function tableOf({ caption, columns, rows, note }: Table): Markup {
  if (columns.length === 0 || rows.some((row) => row.length !== columns.length)) {
    throw new ReportError("TABLE_INVALID", `the table "${caption}" has a row that does not fit its columns`);
  }
  const head = columns.map((column) => markup`<th scope="col" class="${styleOf(column)}">${column.title}</th>`);
  const body = rows.map(
    (row) =>
      markup`<tr>${columns.map((column, index) => cell(column, row[index] ?? "", index === 0))}</tr>
`,
  );
  return markup`<div class="table" tabindex="0" role="region" aria-label="${caption}"><table>
<caption>${caption}</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${body}</tbody>
</table></div>${note === undefined ? undefined : markup`<p class="note">${note}</p>`}`;
}

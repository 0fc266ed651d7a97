// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The page: one file without scripts that loads nothing. Its policy allows one style sheet, by its hash, and nothing else, so that even
 * markup that got in could neither load nor send anything.
 */
import { createHash } from "node:crypto";

import { figure } from "./chart.ts";
import type { Block, Findings, ReportDocument, Section, Tile, Tone } from "./document.ts";
import { Markup, markup } from "./markup.ts";
import { STYLE } from "./style.ts";
import { tableOf } from "./table.ts";

const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** Said in words too: colour alone tells nothing to many. */
const TONES: Readonly<Record<Tone, string>> = { neutral: "note", good: "good", warning: "warning", bad: "problem" };

const tile = ({ label, value, note, tone = "neutral" }: Tile): Markup =>
  markup`<div class="tile ${tone}"><dt>${label}</dt><dd>${value}${note === undefined ? undefined : markup`<small>${note}</small>`}</dd></div>`;

function findings({ items, none }: Findings): Markup {
  if (items.length === 0) return markup`<p class="none">${none}</p>`;
  return markup`<ul class="findings">${items.map(
    ({ tone, title, detail, where }) =>
      markup`<li class="${tone}"><span class="tone">${TONES[tone]}</span><div><strong>${title}</strong>${detail === undefined ? undefined : markup`<p>${detail}</p>`}${where === undefined ? undefined : markup`<code>${where}</code>`}</div></li>
`,
  )}</ul>`;
}

function block(content: Block, id: string): Markup {
  switch (content.kind) {
    case "paragraph":
      return markup`<p>${content.text}</p>`;
    case "table":
      return tableOf(content);
    case "findings":
      return findings(content);
    default:
      return figure(content, id);
  }
}

const section = ({ title, blocks }: Section, index: number): Markup =>
  markup`<section aria-labelledby="section-${index + 1}">
<h2 id="section-${index + 1}">${title}</h2>
${blocks.map((content, place) => markup`${block(content, `figure-${index + 1}-${place + 1}`)}\n`)}</section>
`;

/**
 * One HTML page that stands alone; the same document gives the same bytes.
 * @throws ReportError CHART_INVALID, TABLE_INVALID
 */
export function renderReport({ title, subtitle, tiles = [], sections, footer }: ReportDocument): string {
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<main>
<header>
<h1>${title}</h1>
${subtitle === undefined ? undefined : markup`<p class="subtitle">${subtitle}</p>`}
</header>
${tiles.length === 0 ? undefined : markup`<dl class="tiles">${tiles.map(tile)}</dl>`}
${sections.map(section)}${footer === undefined ? undefined : markup`<footer>${footer}</footer>`}
</main>
</body>
</html>
`;
  return page.text;
}

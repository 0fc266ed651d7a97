// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * How a report looks: the system's fonts, one accent, numbers in columns, light and dark as the reader's system is, and on paper.
 * The series' colours are after Okabe and Ito, told apart by colour-blind people, darker on white and lighter on black.
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fbfaf8; --card: #ffffff; --ink: #1c1f24; --soft: #5b626d; --rule: #e2e0db; --grid: #ecebe6; --accent: #0b5f8a;
  --good: #0a6b4d; --warning: #8a5a00; --bad: #ab2328;
  --s1: #0b66a5; --s2: #cf5a09; --s3: #00835f; --s4: #a84b93; --s5: #8a6a00; --s6: #2a93c4; --s7: #62666d; --s8: #83380f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14161a; --card: #1b1e24; --ink: #e9e7e2; --soft: #a3a9b3; --rule: #30343c; --grid: #272b32; --accent: #6fbde8;
    --good: #52cba3; --warning: #e6b450; --bad: #ff8a85;
    --s1: #5fb0ee; --s2: #f2954d; --s3: #3fc79c; --s4: #dd8fcb; --s5: #dcb947; --s6: #9adcf8; --s7: #b3b7be; --s8: #d58c69;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
main { max-width: 860px; margin: 0 auto; padding: 64px 32px 80px; }
header { border-top: 4px solid var(--accent); padding-top: 20px; }
h1 { font-size: 34px; line-height: 1.15; letter-spacing: -0.02em; font-weight: 680; margin: 0; text-wrap: balance; }
h2 { font-size: 21px; line-height: 1.3; letter-spacing: -0.01em; font-weight: 650; margin: 0 0 16px; padding-top: 28px; border-top: 1px solid var(--rule); }
h3 { font-size: 16px; line-height: 1.35; font-weight: 620; margin: 0; }
p { margin: 0 0 16px; max-width: 68ch; white-space: pre-line; }
.subtitle { font-size: 18px; color: var(--soft); margin: 10px 0 0; }
section { margin-top: 52px; }
code { font: 0.86em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
footer { margin-top: 64px; padding-top: 16px; border-top: 1px solid var(--rule); color: var(--soft); font-size: 13px; white-space: pre-line; }

.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(172px, 1fr)); gap: 12px; margin: 36px 0 0; }
.tile { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 16px 18px 14px; }
.tile dt { color: var(--soft); font-size: 13px; line-height: 1.35; }
.tile dd { margin: 6px 0 0; font-size: 26px; line-height: 1.2; font-weight: 640; letter-spacing: -0.02em; }
.tile small { display: block; margin-top: 4px; font-size: 13px; line-height: 1.4; font-weight: 400; letter-spacing: 0; color: var(--soft); }
.tile.good dd { color: var(--good); } .tile.warning dd { color: var(--warning); } .tile.bad dd { color: var(--bad); }
.tile.good small, .tile.warning small, .tile.bad small { color: var(--soft); }

.table { overflow-x: auto; margin: 0 0 8px; }
.table:focus-visible { outline: 2px solid var(--accent); outline-offset: 4px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; line-height: 1.45; overflow-wrap: normal; }
caption { text-align: left; font-weight: 620; font-size: 15px; padding: 12px 0 8px; }
th, td { padding: 7px 18px 7px 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--grid); font-weight: 400; }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--soft); font-size: 13px; vertical-align: bottom; border-bottom: 1px solid var(--rule); }
th.number, td.number { text-align: right; white-space: nowrap; }
thead th.number { white-space: normal; }
td.code, th.code { overflow-wrap: anywhere; min-width: 16ch; }
.note, .none { color: var(--soft); font-size: 14px; }

.findings { list-style: none; margin: 0 0 16px; padding: 0; }
.findings li { display: grid; grid-template-columns: 84px 1fr; gap: 14px; padding: 14px 0; border-bottom: 1px solid var(--grid); }
.findings p { margin: 4px 0; }
.findings code { color: var(--soft); overflow-wrap: anywhere; }
.tone { justify-self: start; align-self: start; font-size: 12px; line-height: 1.4; font-weight: 620; padding: 2px 9px; border-radius: 99px; border: 1px solid currentColor; color: var(--soft); }
.good > .tone { color: var(--good); } .warning > .tone { color: var(--warning); } .bad > .tone { color: var(--bad); }

figure { margin: 28px 0 36px; break-inside: avoid; }
figcaption { color: var(--soft); font-size: 14px; margin-top: 10px; max-width: 68ch; }
.chart { display: block; width: 100%; height: auto; margin-top: 14px; overflow: visible; }
.chart.narrow { display: none; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 20px; margin: 8px 0 0; padding: 0; font-size: 14px; color: var(--soft); }
.legend li { display: flex; align-items: center; gap: 8px; }
.swatch { width: 22px; height: 10px; flex: none; }
.chart text { font-size: 12px; fill: var(--soft); }
.chart .axis-title { font-weight: 560; }
.chart .name { fill: var(--ink); font-size: 13px; }
.chart .value { fill: var(--ink); font-weight: 560; }
.grid { stroke: var(--grid); stroke-width: 1; }
.zero, .tick { stroke: var(--soft); stroke-width: 1; opacity: 0.6; }
.s1 { --c: var(--s1); } .s2 { --c: var(--s2); } .s3 { --c: var(--s3); } .s4 { --c: var(--s4); }
.s5 { --c: var(--s5); } .s6 { --c: var(--s6); } .s7 { --c: var(--s7); } .s8 { --c: var(--s8); }
.line { fill: none; stroke: var(--c); stroke-width: 2.25; stroke-linejoin: round; stroke-linecap: round; }
.line.s2 { stroke-dasharray: 7 4; } .line.s3 { stroke-dasharray: 2 4; } .line.s4 { stroke-dasharray: 10 4 2 4; }
.line.s6 { stroke-dasharray: 4 3; } .line.s7 { stroke-dasharray: 1 4; } .line.s8 { stroke-dasharray: 12 3; }
.dot, .bar { fill: var(--c); }
.area { fill: var(--c); fill-opacity: 0.62; }
.edge { fill: none; stroke: var(--c); stroke-width: 1.5; }
.bar:hover { opacity: 0.75; }
.place rect { fill: transparent; }
.place line { stroke: var(--ink); stroke-width: 1; opacity: 0; }
.place:hover line { opacity: 0.35; }
details { margin-top: 10px; font-size: 14px; }
summary { color: var(--accent); cursor: pointer; width: fit-content; }
details .table { max-height: 420px; overflow-y: auto; }

@media (max-width: 600px) {
  main { padding: 32px 16px 56px; }
  h1 { font-size: 27px; }
  .tiles { grid-template-columns: 1fr 1fr; gap: 8px; }
  .tile { padding: 12px 14px; } .tile dd { font-size: 21px; }
  .chart.wide { display: none; } .chart.narrow { display: block; }
  .findings li { grid-template-columns: 1fr; gap: 6px; }
  section { margin-top: 40px; }
}
@media print {
  :root {
    color-scheme: light;
    --paper: #ffffff; --card: #ffffff; --ink: #000000; --soft: #444444; --rule: #bbbbbb; --grid: #dddddd; --accent: #0b5f8a;
    --good: #0a6b4d; --warning: #8a5a00; --bad: #ab2328;
    --s1: #0b66a5; --s2: #cf5a09; --s3: #00835f; --s4: #a84b93; --s5: #8a6a00; --s6: #2a93c4; --s7: #62666d; --s8: #83380f;
  }
  main { max-width: none; padding: 0; }
  body { font-size: 11pt; }
  h2, h3, caption { break-after: avoid; }
  tr, .tile, .findings li { break-inside: avoid; }
  .chart.wide { display: block; } .chart.narrow { display: none; }
  .table, details .table { overflow: visible; max-height: none; }
  details::details-content { content-visibility: visible; block-size: auto; }
  summary { list-style: none; color: var(--soft); }
}
`;

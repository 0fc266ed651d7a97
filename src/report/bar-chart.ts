// SPDX-License-Identifier: GPL-3.0-or-later
/** Bars, upright and lying, side by side or on top of each other, and histograms. */
import type { BarChart, HistogramChart } from "./document.ts";
import { stacked } from "./line-chart.ts";
import { markup } from "./markup.ts";
import type { Markup } from "./markup.ts";
import { shortNumber, tickLabels, withUnit } from "./numbers.ts";
import {
  Y_TICKS,
  axisTitle,
  plotOf,
  positionText,
  scaleOf,
  shortened,
  textWidth,
  valueText,
  xAxis,
  yAxis,
} from "./plot.ts";
import type { Plot, Range, Size } from "./plot.ts";
import { niceRange, numberTicks } from "./ticks.ts";

/** A part of a bar: from one value to another, in one lane of its category. */
interface Part {
  readonly category: number;
  readonly series: number;
  readonly lane: number;
  readonly from: number;
  readonly to: number;
  readonly title: string;
}

function partsOf(chart: BarChart): Part[] {
  const { categories, series, y, arrangement } = chart;
  const sums = stacked(series);
  return series.flatMap(({ name, values }, index) =>
    values.map((value, category): Part => {
      const isStacked = arrangement === "stacked";
      const from = isStacked ? (sums[index - 1]?.[category] ?? 0) : 0;
      const to = isStacked ? (sums[index]?.[category] ?? 0) : value;
      const named = series.length === 1 ? (categories[category] ?? "") : `${categories[category] ?? ""}, ${name}`;
      return {
        category,
        series: index,
        lane: isStacked ? 0 : index,
        from,
        to,
        title: `${named}: ${valueText(value, y)}`,
      };
    }),
  );
}

const lanesOf = ({ arrangement, series }: BarChart): number => (arrangement === "stacked" ? 1 : series.length);

/** Every bar begins at 0. */
const rangeOf = (parts: readonly Part[], most: number): Range =>
  niceRange(
    parts.map(({ to }) => to),
    true,
    most,
  );

/** The numbers that stand at the ends of bars: of each bar, or of each stack. */
const endsOf = (chart: BarChart, parts: readonly Part[]): readonly Part[] =>
  chart.arrangement === "stacked" ? parts.filter(({ series }) => series === chart.series.length - 1) : parts;

const endText = (value: number, { y }: BarChart): string =>
  withUnit(shortNumber(value), { before: y.unit?.before ?? "", after: y.unit?.after === "%" ? "%" : "" });

function upright(chart: BarChart, size: Size): Markup {
  const { categories } = chart;
  const parts = partsOf(chart);
  const range = rangeOf(parts, Y_TICKS);
  const plot = plotOf(size, range, chart.y);
  const y = scaleOf(range, plot.bottom, plot.top);
  const band = (plot.right - plot.left) / Math.max(1, categories.length);
  const inner = Math.min(band * 0.72, 72 * lanesOf(chart));
  const lane = inner / lanesOf(chart);
  const leftOf = ({ category, lane: position }: Part): number =>
    plot.left + band * (category + 0.5) - inner / 2 + lane * position;
  const bars = parts.map((part) => {
    const top = Math.min(y(part.from), y(part.to));
    return markup`<rect class="bar s${part.series + 1}" x="${leftOf(part) + 0.5}" y="${top}" width="${Math.max(0.5, lane - 1)}" height="${Math.abs(y(part.to) - y(part.from))}"><title>${part.title}</title></rect>`;
  });
  const ends = endsOf(chart, parts).map((part) => ({ part, text: endText(part.to, chart) }));
  const room = lanesOf(chart) === 1 ? band : lane;
  // All of them, or none: some alone would look like the ones that matter.
  const values = ends.every(({ text }) => textWidth(text) <= room)
    ? ends.map(({ part, text }) => {
        const above = part.to >= 0 ? y(part.to) - 5 : y(part.to) + 14;
        return markup`<text class="value" x="${leftOf(part) + lane / 2}" y="${above}" text-anchor="middle">${text}</text>`;
      })
    : [];
  return markup`${yAxis(plot, range, chart.y)}${bars}${values}${categoryLabels(plot, categories, band)}`;
}

/** Below the plane; where there is no room for all of them, every second or third. */
function categoryLabels(plot: Plot, categories: readonly string[], band: number): Markup {
  const every = Math.ceil(34 / band);
  return markup`<g class="axis x">${categories.map((category, index) =>
    index % every === 0
      ? markup`<text x="${plot.left + band * (index + 0.5)}" y="${plot.bottom + 18}" text-anchor="middle">${shortened(category, band * every - 4)}</text>`
      : undefined,
  )}</g>`;
}

const LANE = 20;
const GAP = 14;
const TOP = 48;
/** Names are set a little larger than numbers. */
const NAME_SCALE = 1.12;

/** Lying bars make the drawing as high as they need. On a telephone each name stands above its bars. */
function lyingHeight(chart: BarChart, { name }: Size): { readonly row: number; readonly height: number } {
  const row = lanesOf(chart) * LANE + GAP + (name === "narrow" ? 18 : 0);
  return { row, height: TOP + chart.categories.length * row + 8 };
}

function lying(chart: BarChart, size: Size): Markup {
  const { categories } = chart;
  const parts = partsOf(chart);
  const { row, height } = lyingHeight(chart, size);
  const isNarrow = size.name === "narrow";
  const names = Math.min(260, Math.ceil(Math.max(...categories.map(textWidth)) * NAME_SCALE) + 12);
  const ends = endsOf(chart, parts).map((part) => ({ part, text: endText(part.to, chart) }));
  const room = Math.ceil(Math.max(0, ...ends.map(({ text }) => textWidth(text)))) + 18;
  const most = isNarrow ? 3 : Y_TICKS;
  const range = rangeOf(parts, most);
  const plot: Plot = { left: isNarrow ? 2 : names, right: size.width - room, top: TOP, bottom: height - 8 };
  const x = scaleOf(range, plot.left, plot.right);
  const topOf = ({ category, lane }: Part): number =>
    TOP + category * row + GAP / 2 + (isNarrow ? 18 : 0) + lane * LANE;
  const ticks = numberTicks(...range, most);
  const labels = tickLabels(ticks, chart.y.unit);
  const grid = ticks.map(
    (tick, index) =>
      markup`<line class="${tick === 0 ? "zero" : "grid"}" x1="${x(tick)}" x2="${x(tick)}" y1="${plot.top}" y2="${plot.bottom}"/><text x="${x(tick)}" y="${plot.top - 8}" text-anchor="${index === 0 && isNarrow ? "start" : "middle"}">${labels[index]}</text>`,
  );
  const bars = parts.map(
    (part) =>
      markup`<rect class="bar s${part.series + 1}" x="${Math.min(x(part.from), x(part.to))}" y="${topOf(part) + 1}" width="${Math.abs(x(part.to) - x(part.from))}" height="${LANE - 3}"><title>${part.title}</title></rect>`,
  );
  const values = ends.map(
    ({ part, text }) =>
      markup`<text class="value" x="${Math.max(x(0), x(part.to)) + 6}" y="${topOf(part) + 14}">${text}</text>`,
  );
  const nameAt = (index: number): Markup => {
    const top = TOP + index * row + GAP / 2;
    const text = categories[index] ?? "";
    return isNarrow
      ? markup`<text class="name" x="7" y="${top + 12}">${shortened(text, (size.width - 12) / NAME_SCALE)}</text>`
      : markup`<text class="name" x="${names - 10}" y="${top + (row - GAP) / 2 + 4}" text-anchor="end">${shortened(text, (names - 10) / NAME_SCALE)}</text>`;
  };
  return markup`<g class="axis x"><text class="axis-title" x="${plot.left}" y="14">${axisTitle(chart.y)}</text>${grid}</g>${bars}${values}${categories.map((_, index) => nameAt(index))}`;
}

export function barChart(chart: BarChart, size: Size): Markup {
  return chart.direction === "vertical" ? upright(chart, size) : lying(chart, size);
}

export const barChartHeight = (chart: BarChart, size: Size): number =>
  chart.direction === "vertical" ? size.height : lyingHeight(chart, size).height;

export function histogramChart(chart: HistogramChart, size: Size): Markup {
  const { edges, counts, x: xOf, y: yOf } = chart;
  const range = niceRange(counts, true, Y_TICKS);
  const xRange: Range = [edges[0] ?? 0, edges.at(-1) ?? 1];
  const plot = plotOf(size, range, yOf);
  const x = scaleOf(xRange, plot.left, plot.right);
  const y = scaleOf(range, plot.bottom, plot.top);
  const bars = counts.map((count, index) => {
    const [from, to] = [edges[index] ?? 0, edges[index + 1] ?? 0];
    const title = `${positionText(from, xOf)} to ${positionText(to, xOf)}: ${valueText(count, yOf)}`;
    return markup`<rect class="bar s1" x="${x(from) + 0.5}" y="${y(count)}" width="${Math.max(0.5, x(to) - x(from) - 1)}" height="${plot.bottom - y(count)}"><title>${title}</title></rect>`;
  });
  return markup`${yAxis(plot, range, yOf)}${bars}${xAxis(plot, xRange, xOf)}`;
}

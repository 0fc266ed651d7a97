// SPDX-License-Identifier: GPL-3.0-or-later
/** Lines over a number or over time, and areas on top of each other. */
import type { AreaChart, LineChart, Point } from "./document.ts";
import { markup } from "./markup.ts";
import type { Markup } from "./markup.ts";
import { Y_TICKS, hoverBands, plotOf, positionText, scaleOf, valueText, xAxis, yAxis } from "./plot.ts";
import type { Plot, Range, Size } from "./plot.ts";
import { niceRange } from "./ticks.ts";

const rangeOfPlaces = (places: readonly number[]): Range => {
  const low = places.reduce((least, place) => Math.min(least, place), Infinity);
  const high = places.reduce((largest, place) => Math.max(largest, place), -Infinity);
  return low === high ? [low - 1, high + 1] : [low, high];
};

const distinct = (places: readonly number[]): number[] => [...new Set(places)].sort((a, b) => a - b);

/** More points than this on a line are thinned out to the least and the largest of each stretch, which looks the same. */
const MOST_POINTS = 800;

function thinned(points: readonly Point[]): readonly Point[] {
  if (points.length <= MOST_POINTS) return points;
  const stretch = Math.ceil(points.length / (MOST_POINTS / 2));
  const kept = new Set([points[0], points.at(-1)]);
  for (let from = 0; from < points.length; from += stretch) {
    const part = points.slice(from, from + stretch);
    kept.add(part.reduce((least, point) => (point[1] < least[1] ? point : least)));
    kept.add(part.reduce((largest, point) => (point[1] > largest[1] ? point : largest)));
  }
  return points.filter((point) => kept.has(point));
}

const coordinates = (x: number, y: number): string => `${Number(x.toFixed(2))} ${Number(y.toFixed(2))}`;

function pathOf(points: readonly Point[], isStep: boolean): string {
  const parts = points.map(([x, y], index) => {
    const before = points[index - 1];
    if (before === undefined) return `M${coordinates(x, y)}`;
    return isStep ? `L${coordinates(x, before[1])}L${coordinates(x, y)}` : `L${coordinates(x, y)}`;
  });
  return parts.join("");
}

/** What a series is worth at a place: its last point there, or before it for steps. */
function valueAt(points: readonly Point[], place: number, isStep: boolean): number | undefined {
  const point = isStep ? points.findLast(([x]) => x <= place) : points.findLast(([x]) => x === place);
  return point?.[1];
}

export function lineChart(chart: LineChart, size: Size): Markup {
  const { series, x: xOf, y: yOf, curve = "straight", fromZero = true } = chart;
  const isStep = curve === "step";
  const places = distinct(series.flatMap(({ points }) => points.map(([x]) => x)));
  const values = series.flatMap(({ points }) => points.map(([, y]) => y));
  const yRange = niceRange(values, fromZero, Y_TICKS);
  const xRange = rangeOfPlaces(places);
  const plot = plotOf(size, yRange, yOf);
  const x = scaleOf(xRange, plot.left, plot.right);
  const y = scaleOf(yRange, plot.bottom, plot.top);
  const lines = series.map(({ points }, index) => {
    const drawn = thinned(points).map(([at, value]): Point => [x(at), y(value)]);
    const style = `line s${index + 1}`;
    const [only] = drawn;
    if (drawn.length === 1 && only !== undefined)
      return markup`<circle class="dot s${index + 1}" cx="${only[0]}" cy="${only[1]}" r="4"/>`;
    return markup`<path class="${style}" d="${pathOf(drawn, isStep)}"/>`;
  });
  const titleAt = (place: number): string => {
    const told = series.flatMap(({ name, points }) => {
      const value = valueAt(points, place, isStep);
      return value === undefined ? [] : [`${name}: ${valueText(value, yOf)}`];
    });
    return [positionText(place, xOf), ...told].join("\n");
  };
  const titles = places.map((place) => ({ at: x(place), title: () => titleAt(place) }));
  return markup`${yAxis(plot, yRange, yOf)}${xAxis(plot, xRange, xOf)}${lines}${hoverBands(plot, titles)}`;
}

/** The sums below and including each series, place by place. */
export function stacked(series: readonly { readonly values: readonly number[] }[]): number[][] {
  const sums: number[][] = [];
  for (const { values } of series) {
    const below = sums.at(-1);
    sums.push(values.map((value, place) => (below?.[place] ?? 0) + value));
  }
  return sums;
}

function areaPath(plot: Plot, upper: readonly Point[], lower: readonly Point[] | undefined): string {
  const back = lower ?? upper.map(([x]): Point => [x, plot.bottom]);
  return `${pathOf(upper, false)}${pathOf(back.toReversed(), false).replace("M", "L")}Z`;
}

export function areaChart(chart: AreaChart, size: Size): Markup {
  const { series, at, x: xOf, y: yOf } = chart;
  const sums = stacked(series);
  const yRange = niceRange(sums.at(-1) ?? [], true, Y_TICKS);
  const xRange = rangeOfPlaces(at);
  const plot = plotOf(size, yRange, yOf);
  const x = scaleOf(xRange, plot.left, plot.right);
  const y = scaleOf(yRange, plot.bottom, plot.top);
  const edges = sums.map((values) => values.map((value, place): Point => [x(at[place] ?? 0), y(value)]));
  const areas = edges.map(
    (upper, index) =>
      markup`<path class="area s${index + 1}" d="${areaPath(plot, upper, edges[index - 1])}"/><path class="edge s${index + 1}" d="${pathOf(upper, false)}"/>`,
  );
  const titleAt = (place: number, index: number): string => {
    const told = series.map(({ name, values }) => `${name}: ${valueText(values[index] ?? 0, yOf)}`).toReversed();
    const sum = series.length > 1 ? [`together: ${valueText(sums.at(-1)?.[index] ?? 0, yOf)}`] : [];
    return [positionText(place, xOf), ...told, ...sum].join("\n");
  };
  const titles = at.map((place, index) => ({ at: x(place), title: () => titleAt(place, index) }));
  return markup`${areas}${yAxis(plot, yRange, yOf)}${xAxis(plot, xRange, xOf)}${hoverBands(plot, titles)}`;
}

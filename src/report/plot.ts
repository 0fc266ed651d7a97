// SPDX-License-Identifier: GPL-3.0-or-later
/** What every chart is drawn on: a plane with axes, a grid, and places that tell their values. */
import type { Axis, PositionAxis } from "./document.ts";
import { markup } from "./markup.ts";
import type { Markup } from "./markup.ts";
import { fullNumber, tickLabels, withUnit } from "./numbers.ts";
import { fullTime, numberTicks, timeTicks } from "./ticks.ts";

/** Each chart is drawn twice, for screens and for telephones: shrunk to a telephone's width its words could not be read. */
export interface Size {
  readonly name: "wide" | "narrow";
  readonly width: number;
  readonly height: number;
}

export const SIZES: readonly Size[] = [
  { name: "wide", width: 760, height: 340 },
  { name: "narrow", width: 360, height: 280 },
];

/** The plane, in the chart's own coordinates. */
export interface Plot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export type Range = readonly [low: number, high: number];

/** Where a value lies between two coordinates. */
export const scaleOf =
  ([low, high]: Range, from: number, to: number) =>
  (value: number): number =>
    from + ((value - low) / (high - low)) * (to - from);

/** A digit of 12 pixels' type is this wide; words are a little narrower. */
const CHARACTER = 6.8;
export const textWidth = (text: string): number => text.length * CHARACTER;

export const shortened = (text: string, width: number): string => {
  const most = Math.max(1, Math.floor(width / CHARACTER));
  return text.length <= most ? text : `${text.slice(0, Math.max(1, most - 1))}…`;
};

export const Y_TICKS = 5;
const TOP = 34;
const BOTTOM = 44;
const RIGHT = 16;

/** The plane beside the labels of its y axis. */
export function plotOf({ width, height }: Size, range: Range, axis: Axis): Plot {
  const labels = tickLabels(numberTicks(...range, Y_TICKS), axis.unit);
  const left = Math.ceil(Math.max(...labels.map(textWidth))) + 10;
  return { left, right: width - RIGHT, top: TOP, bottom: height - BOTTOM };
}

export const axisTitle = ({ label, unit }: Axis): string => {
  const shown = [unit?.before, unit?.after].find((text) => text !== undefined && text !== "" && text !== "%");
  return shown === undefined || shown === label ? label : `${label}, ${shown}`;
};

/** Lines across at each tick, their labels, and the axis's name above. */
export function yAxis({ left, right, top, bottom }: Plot, range: Range, axis: Axis): Markup {
  const ticks = numberTicks(...range, Y_TICKS);
  const labels = tickLabels(ticks, axis.unit);
  const y = scaleOf(range, bottom, top);
  return markup`<g class="axis y"><text class="axis-title" x="0" y="14">${axisTitle(axis)}</text>${ticks.map(
    (tick, index) =>
      markup`<line class="${tick === 0 ? "zero" : "grid"}" x1="${left}" x2="${right}" y1="${y(tick)}" y2="${y(tick)}"/><text x="${left - 8}" y="${y(tick) + 4}" text-anchor="end">${labels[index]}</text>`,
  )}</g>`;
}

interface XTick {
  readonly at: number;
  readonly label: string;
}

function xTicks(range: Range, axis: PositionAxis, width: number): readonly XTick[] {
  if (axis.kind === "time") return timeTicks(...range, Math.max(2, Math.floor(width / 92)));
  const ticks = numberTicks(...range, Math.max(2, Math.floor(width / 80)));
  const labels = tickLabels(ticks, axis.unit);
  return ticks.map((at, index) => ({ at, label: labels[index] ?? "" }));
}

/** Ticks below the plane, and the axis's name at its end. */
export function xAxis({ left, right, bottom }: Plot, range: Range, axis: PositionAxis): Markup {
  const x = scaleOf(range, left, right);
  // A label is centred below its tick, but never leaves the drawing.
  const anchored = (at: number, label: string): string => {
    const half = textWidth(label) / 2;
    return at + half > right + RIGHT ? "end" : at - half < 0 ? "start" : "middle";
  };
  return markup`<g class="axis x">${xTicks(range, axis, right - left).map(({ at, label }) => {
    const place = x(at);
    return markup`<line class="tick" x1="${place}" x2="${place}" y1="${bottom}" y2="${bottom + 4}"/><text x="${place}" y="${bottom + 18}" text-anchor="${anchored(place, label)}">${label}</text>`;
  })}<text class="axis-title" x="${right}" y="${bottom + 38}" text-anchor="end">${axisTitle(axis)}</text></g>`;
}

export const positionText = (value: number, axis: PositionAxis): string =>
  axis.kind === "time" ? fullTime(value) : withUnit(fullNumber(value), axis.unit);

export const valueText = (value: number, axis: Axis): string => withUnit(fullNumber(value), axis.unit);

/** How many places of a line tell their values: more would be narrower than a pointer. */
const MOST_PLACES = 150;

/** Titles are made for the places that are shown alone. */
interface Place {
  readonly at: number;
  readonly title: () => string;
}

/** Bands over the plane, each with the values at one place as its title. */
export function hoverBands(plot: Plot, places: readonly Place[]): Markup {
  const every = Math.ceil(places.length / MOST_PLACES);
  const shown = places.filter((_, index) => index % every === 0);
  const between = (one: number | undefined, other: number | undefined, edge: number): number =>
    one === undefined || other === undefined ? edge : (one + other) / 2;
  return markup`<g class="places">${shown.map(({ at, title }, index) => {
    const from = between(shown[index - 1]?.at, at, plot.left);
    const to = between(at, shown[index + 1]?.at, plot.right);
    return markup`<g class="place"><title>${title()}</title><rect x="${from}" y="${plot.top}" width="${Math.max(0, to - from)}" height="${plot.bottom - plot.top}"/><line x1="${at}" x2="${at}" y1="${plot.top}" y2="${plot.bottom}"/></g>`;
  })}</g>`;
}

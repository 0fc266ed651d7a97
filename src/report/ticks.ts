// SPDX-License-Identifier: GPL-3.0-or-later
/** Where an axis is marked: at round numbers, or at round times in UTC. */
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Steps of 1, 2 or 5 times a power of ten, as few as give at least two steps and at most `most`. */
export function numberStep(span: number, most: number): number {
  const least = span / Math.max(2, most);
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= least * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** A tick is a multiple of the step, without what floating point adds to it. */
const multiple = (index: number, step: number): number => Number((index * step).toPrecision(12));

/** Multiples of a round step that lie in the range. */
export function numberTicks(low: number, high: number, most: number): number[] {
  const step = numberStep(high - low, most);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => multiple(first + index, step));
}

/** The range of values grown to whole steps; one value alone, or 0 alone, gets a range around it. */
export function niceRange(values: readonly number[], fromZero: boolean, most: number): readonly [number, number] {
  let low = values.reduce((least, value) => Math.min(least, value), fromZero ? 0 : Infinity);
  let high = values.reduce((largest, value) => Math.max(largest, value), fromZero ? 0 : -Infinity);
  if (low === high) [low, high] = high === 0 ? [0, 1] : [low - Math.abs(low) / 2, high + Math.abs(high) / 2];
  const step = numberStep(high - low, most);
  return [multiple(Math.floor(low / step + 1e-9), step), multiple(Math.ceil(high / step - 1e-9), step)];
}

const SECOND_STEPS: readonly number[] = [
  ...[1, 5, 15, 30, MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR],
  ...[DAY, 2 * DAY, 7 * DAY],
];
const MONTH_STEPS: readonly number[] = [1, 3, 6, 12, 24, 60, 120, 240, 600, 1_200];
const MONTH = 30.44 * DAY;
/** 1970 began on a Thursday: weeks begin on Mondays. */
const FIRST_MONDAY = 4 * DAY;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const monthName = (date: Date): string => MONTHS[date.getUTCMonth()] ?? "";
const twoDigits = (value: number): string => value.toString().padStart(2, "0");
const dateOf = (seconds: number): Date => new Date(seconds * 1_000);

export interface TimeTick {
  readonly at: number;
  readonly label: string;
}

function labelOf(seconds: number, step: number, previous: number | undefined): string {
  const date = dateOf(seconds);
  const day = `${date.getUTCDate()} ${monthName(date)}`;
  if (step >= 12 * MONTH * 0.9) return date.getUTCFullYear().toString();
  const isNewYear = previous === undefined || dateOf(previous).getUTCFullYear() !== date.getUTCFullYear();
  if (step >= MONTH * 0.9) return isNewYear ? `${monthName(date)} ${date.getUTCFullYear()}` : monthName(date);
  const fullDay = isNewYear && previous !== undefined ? `${day} ${date.getUTCFullYear()}` : day;
  if (step >= DAY || seconds % DAY === 0) return fullDay;
  const isNewDay = previous === undefined || Math.floor(previous / DAY) !== Math.floor(seconds / DAY);
  const clock = `${twoDigits(date.getUTCHours())}:${twoDigits(date.getUTCMinutes())}`;
  if (isNewDay) return `${day}, ${clock}`;
  return step < MINUTE ? `${clock}:${twoDigits(date.getUTCSeconds())}` : clock;
}

function timesBySeconds(low: number, high: number, step: number): number[] {
  const origin = step === 7 * DAY ? FIRST_MONDAY : 0;
  const first = Math.ceil((low - origin) / step);
  const last = Math.floor((high - origin) / step);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => origin + (first + index) * step);
}

function timesByMonths(low: number, high: number, months: number): number[] {
  const times: number[] = [];
  const begin = dateOf(low);
  let month = Math.floor((begin.getUTCFullYear() * 12 + begin.getUTCMonth()) / months) * months;
  for (;;) {
    const time = Date.UTC(Math.floor(month / 12), month % 12) / 1_000;
    if (time > high) return times;
    if (time >= low) times.push(time);
    month += months;
  }
}

/** Round times in the range, at most about `most`, and two or more where the range has them. Times are Unix seconds. */
export function timeTicks(low: number, high: number, most: number): TimeTick[] {
  const least = (high - low) / Math.max(1, most);
  const steps = [
    ...SECOND_STEPS.map((length) => ({ length, times: () => timesBySeconds(low, high, length) })),
    ...MONTH_STEPS.map((months) => ({ length: months * MONTH, times: () => timesByMonths(low, high, months) })),
  ];
  const fitting = steps.findIndex(({ length }) => length >= least);
  let index = fitting === -1 ? steps.length - 1 : fitting;
  while (index > 0 && (steps[index]?.times().length ?? 0) < 2) index--;
  const step = steps[index];
  if (step === undefined) return [];
  const times = step.times();
  return times.map((at, place) => ({ at, label: labelOf(at, step.length, times[place - 1]) }));
}

/** A time in full, for who asks for one value. */
export function fullTime(seconds: number): string {
  const date = dateOf(seconds);
  const day = `${date.getUTCFullYear()}-${twoDigits(date.getUTCMonth() + 1)}-${twoDigits(date.getUTCDate())}`;
  return `${day} ${twoDigits(date.getUTCHours())}:${twoDigits(date.getUTCMinutes())} UTC`;
}

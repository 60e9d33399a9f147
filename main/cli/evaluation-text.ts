/** Evaluations in the terminal. */
import type { EvaluationRecord } from '../../core/evaluate/record.ts';
import { MEASURE_TABLE } from '../../core/evaluate/measure-table.ts';
import { againstText } from '../../core/evaluate/table.ts';
import { countOf } from '../../core/words.ts';
import { table } from './format.ts';
import { significant } from '../../core/digits.ts';

/** Shown in the line of another measure. */
const BESIDE = new Set(['kidStd', 'vendiReference']);
/** Samples that are named as the closest. */
const CLOSEST = 5;

/** All lines that tell of evaluations of one run, made together. */
export function evaluationLines(records: readonly EvaluationRecord[]): string[] {
  const samples = records.filter(({ kind }) => kind === 'samples');
  const reconstructions = records.filter(({ kind }) => kind === 'reconstructions');
  return [
    ...(samples.length > 0 ? samplesLines(samples) : []),
    ...reconstructions.flatMap(reconstructionLines),
    ...protocolLines(records),
  ];
}

function samplesLines(records: readonly EvaluationRecord[]): string[] {
  const yardstick = records.find((record) => record.yardstick !== null)?.yardstick ?? null;
  const header = [
    'Samples',
    ...records.map(({ passes }) => countOf(passes ?? 1, 'pass', 'passes')),
    ...(yardstick === null ? [] : ['real against real']),
  ];
  const columns = [...records, ...(yardstick === null ? [] : [yardstick])];
  const rows = MEASURE_TABLE.filter(
    ({ key }) => !BESIDE.has(key) && records.some(({ measures }) => measures[key] !== undefined),
  ).map(({ key, label }) => [
    key === 'fd' ? (records[0]?.extractor.distanceName ?? label) : label,
    ...columns.map(({ measures, intervals }) => cell(key, measures, intervals)),
  ]);
  const places = records.some((record) => record.places !== null)
    ? [
        row('Real images that no sample is near', records, ({ places, against }) =>
          places === null ? '' : `${number(places.uncoveredCount)} of ${number(against.count)}`,
        ),
        row('Samples that are near no real image', records, ({ places, count }) =>
          places === null ? '' : `${number(places.strayCount)} of ${number(count)}`,
        ),
      ]
    : [];
  const gap = records.some((record) => record.copies?.gap)
    ? [
        row('Distance to training / held-out images', records, ({ copies }) =>
          copies?.gap ? `${short(copies.gap.training)} / ${short(copies.gap.heldOut)}` : '',
        ),
      ]
    : [];
  return [
    ...table([header, ...rows, ...places, ...gap]),
    ...classLines(records),
    ...records.flatMap(closestLines),
  ];
}

function row(
  label: string,
  records: readonly EvaluationRecord[],
  text: (record: EvaluationRecord) => string,
): string[] {
  return [label, ...records.map(text)];
}

function cell(
  key: string,
  measures: EvaluationRecord['measures'],
  intervals: EvaluationRecord['intervals'],
): string {
  const value = measures[key];
  if (value == null) return '–';
  const interval = intervals[key];
  if (key === 'kid' && measures['kidStd'] != null) return `${short(value)} ± ${short(measures['kidStd'])}`;
  if (key === 'vendi' && measures['vendiReference'] != null) {
    return `${short(value)} (reference ${short(measures['vendiReference'])})`;
  }
  return interval === undefined
    ? short(value)
    : `${short(value)} (${short(interval[0])} to ${short(interval[1])})`;
}

/** Shares of the classes, where a classifier looked. */
function classLines(records: readonly EvaluationRecord[]): string[] {
  const known = records.filter(({ classes }) => classes !== undefined);
  const first = known[0]?.classes;
  if (!first) return [];
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  return [
    '',
    ...table([
      ['Class', ...known.map(({ passes }) => countOf(passes ?? 1, 'pass', 'passes')), 'real images'],
      ...first.map(({ name, reference }, c) => [
        name,
        ...known.map(({ classes }) => percent(classes?.[c]?.samples ?? 0)),
        percent(reference),
      ]),
    ]),
  ];
}

function closestLines({ copies, passes }: EvaluationRecord): string[] {
  if (copies === null || copies.nearest.length === 0) return [];
  const named = copies.nearest.slice(0, CLOSEST).map(({ sample, image, distance, neighbourDistance }) => {
    const share = neighbourDistance > 0 ? ` (${short(distance / neighbourDistance)})` : '';
    return `${sample} → ${image}${share}`;
  });
  return [
    `Closest samples in ${countOf(passes ?? 1, 'pass', 'passes')} → training image (distance over that to the image's own neighbour): ${named.join(', ')}`,
  ];
}

function reconstructionLines(record: EvaluationRecord): string[] {
  const { byTime, extractor } = record;
  const keys = MEASURE_TABLE.filter(({ key }) => byTime.some(({ measures }) => measures[key] !== undefined));
  return [
    '',
    `Reconstructions of ${number(record.count)} ${againstText(record)}`,
    ...table([
      ['t', ...byTime.map(({ t }) => short(t))],
      ...keys.map(({ key, label }) => [
        key === 'fd' ? extractor.distanceName : label,
        ...byTime.map(({ measures }) => cell(key, measures, {})),
      ]),
    ]),
  ];
}

/** Each sentence once. */
function protocolLines(records: readonly EvaluationRecord[]): string[] {
  const sentences = new Set(records.flatMap(({ protocol }) => protocol));
  return ['', 'Protocol', ...[...sentences].map((sentence) => `  ${sentence}`)];
}

/** One line an evaluation, for a list. */
export function listLines(records: readonly EvaluationRecord[]): string[] {
  return table([
    ['step', 'of', 'extractor', 'weights', 'n', 'against', 'distance', 'made'],
    ...records.map((record) => [
      String(record.checkpoint.step),
      record.kind === 'samples' ? `samples, ${countOf(record.passes ?? 1, 'pass', 'passes')}` : record.kind,
      record.extractor.name,
      record.weights,
      number(record.count),
      `${number(record.against.count)} ${againstText(record)}`,
      record.measures['fd'] == null ? '–' : short(record.measures['fd']),
      record.createdAt.slice(0, 16).replace('T', ' '),
    ]),
  ]);
}

/** Four significant digits. */
function short(value: number): string {
  return significant(value, 4);
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

/** What came of the measurements: a table of them, and how far the goals are reached. */
import { COMPILED, COMPILED_BF16, EAGER, EAGER_DERIVED, TORCH } from './plan.mjs';

/** The median; of an even number of values the mean of the middle two. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}

/**
 * The rounds of each measurement as one: the median of their numbers, the least of their minima, the largest of their
 * maxima.
 *
 * @param {{kind: string, preset: string, batch: number, way: string, result: Record<string, number>}[]} measured
 */
export function summarise(measured) {
  const groups = new Map();
  for (const one of measured) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return [...groups.values()].map((rounds) => {
    const { kind, preset, batch, way } = rounds[0];
    const of = (key) => rounds.map(({ result }) => result[key]).filter((value) => typeof value === 'number');
    const middle = (key) => (of(key).length > 0 ? median(of(key)) : null);
    return {
      ...{ kind, preset, batch, way, rounds: rounds.length },
      stepMs: middle('stepMs'),
      min: Math.min(...of('min')),
      max: Math.max(...of('max')),
      samplesPerSecond: middle('samplesPerSecond'),
      startMs: middle('startMs'),
      peakMB: Math.max(...of('peakMB')),
      batchMs: middle('batchMs'),
      opsPerStep: middle('opsPerStep'),
      flopsPerStep: middle('flopsPerStep'),
      flopShare: middle('flopShare'),
    };
  });
}

function keyOf({ kind, preset, batch, way }) {
  return [kind, preset, batch, way].join('|');
}

/**
 * The goals, each with what was reached; null where a side of the ratio was not measured.
 *
 * @param {ReturnType<typeof summarise>} rows
 */
export function goals(rows) {
  const find = (kind, preset, way, batch) =>
    rows.find(
      (row) =>
        row.kind === kind && row.preset === preset && row.way === way && (batch ?? row.batch) === row.batch,
    );
  const ratio = (a, b, key) => (a?.[key] && b?.[key] ? a[key] / b[key] : null);
  const found = [];
  const add = (what, value, goal, isRight, unit = '×') =>
    found.push({
      what,
      value,
      goal: `${goal}${unit}`,
      unit,
      reached: value === null ? null : isRight(value),
    });
  const step = (way, preset) => find('step', preset, way);
  const presets = [...new Set(rows.filter(({ kind }) => kind === 'step').map(({ preset }) => preset))];
  for (const preset of presets) {
    const at = `${preset}, batch ${step(COMPILED, preset)?.batch}`;
    const faster = (slow, fast) => ratio(step(slow, preset), step(fast, preset), 'stepMs');
    add(
      `compiled against eager without own gradients, ${at}`,
      faster(EAGER_DERIVED, COMPILED),
      '≥ 4',
      (x) => x >= 4,
    );
    add(`compiled against eager, ${at}`, faster(EAGER, COMPILED), '> 1', (x) => x > 1);
    add(`step against PyTorch float32, ${at}`, faster(TORCH, COMPILED), '≥ 1.3', (x) => x >= 1.3);
    add(
      `step in bfloat16 against PyTorch float32, ${at}`,
      faster(TORCH, COMPILED_BF16),
      '≥ 2',
      (x) => x >= 2,
    );
    add(
      `one-pass drawing against PyTorch, ${at}`,
      ratio(step(COMPILED, preset), step(TORCH, preset), 'samplesPerSecond'),
      '≥ 1.2',
      (x) => x >= 1.2,
    );
  }
  for (const { preset, batch } of rows.filter(({ kind, way }) => kind === 'memory' && way === COMPILED)) {
    add(
      `peak memory against PyTorch, ${preset}, batch ${batch}`,
      ratio(find('memory', preset, COMPILED), find('memory', preset, TORCH), 'peakMB'),
      '≤ 1.2',
      (x) => x <= 1.2,
    );
  }
  const start = step(COMPILED, 'tiny-unet')?.startMs ?? null;
  add('start until the first step is made, tiny-unet', start && start / 1000, '≤ 3', (x) => x <= 3, ' s');
  const growth = rows.filter(({ kind, way }) => kind === 'growth' && way === COMPILED);
  const [small, large] = [growth[0], growth.at(-1)];
  const costOf = (row) => row.stepMs / row.batch;
  add(
    `cost of an image, batch ${large?.batch} against ${small?.batch}`,
    small && large && small !== large ? costOf(large) / costOf(small) : null,
    '≤ 1',
    (x) => x <= 1.03,
  );
  return found;
}

/** Both tables as lines. */
export function lines(rows, reached) {
  const number = (value, digits = 3) =>
    value === null || !Number.isFinite(value) ? '–' : String(Number(value.toPrecision(digits)));
  const head = [
    '',
    'batch',
    'step ms',
    'min',
    'max',
    'drawn/s',
    'start s',
    'peak MB',
    'batch ms',
    'ops',
    'FLOP share',
  ];
  const cells = rows.map((row) => [
    `${row.preset}, ${row.way}${row.kind === 'step' ? '' : ` (${row.kind})`}`,
    String(row.batch),
    number(row.stepMs, 4),
    number(row.min, 4),
    number(row.max, 4),
    number(row.samplesPerSecond),
    number(row.startMs && row.startMs / 1000),
    number(row.peakMB, 4),
    number(row.batchMs, 2),
    number(row.opsPerStep, 6),
    row.flopShare === null ? '–' : `${(100 * row.flopShare).toFixed(0)} %`,
  ]);
  const marks = new Map([
    [true, 'reached'],
    [false, 'NOT reached'],
    [null, 'not measured'],
  ]);
  const ratios = reached.map(({ what, value, goal, unit, reached: is }) => [
    what,
    value === null ? '–' : `${number(value)}${unit}`,
    `goal ${goal}`,
    marks.get(is),
  ]);
  return [...aligned([head, ...cells]), '', ...aligned(ratios)];
}

function aligned(rows) {
  const width = (column) => Math.max(...rows.map((row) => row[column].length));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(width(i)) : cell.padStart(width(i))))
      .join('  ')
      .trimEnd(),
  );
}

/** How fast images came in, as `benchDataImport` measured it, a line a source. */
export function importLines({ rows }) {
  return [
    'Bringing images in',
    ...rows.map(({ source, images, seconds, imagesPerSecond, sharpImagesPerSecond }) => {
      const beside =
        sharpImagesPerSecond === null
          ? ''
          : `, sharp alone ${sharpImagesPerSecond} (${(imagesPerSecond / sharpImagesPerSecond).toFixed(1)}×)`;
      return `  ${source}: ${images} in ${seconds.toFixed(1)} s, ${imagesPerSecond} a second${beside}`;
    }),
  ];
}

/**
 * Looking at images, as lines. The goal is to be level with the faster of torchvision's layouts.
 *
 * @param {{images: number, ours: number, torchvision: number | null, channelsLast: number | null, reason?: string}} features
 */
export function featureLines({ images, ours, torchvision, channelsLast, reason }) {
  const first = `  MobileNetV2, ${images} images of 28 × 28: ${ours.toFixed(1)} a second`;
  if (torchvision === null) {
    return ['Looking at images', `${first}; torchvision not measured${reason ? ` (${reason})` : ''}`];
  }
  const ratio = ours / Math.max(torchvision, channelsLast);
  return [
    'Looking at images',
    `${first}; torchvision ${torchvision.toFixed(1)}, with channels last ${channelsLast.toFixed(1)}`,
    `  against the faster of these ${ratio.toFixed(2)}× (goal ≥ 1×: ${ratio >= 1 ? 'reached' : 'not reached'})`,
  ];
}

/** @returns {string[]} what `benchMeasures` found; the Fréchet distance is to take less than 20 s */
export function measureLines({ size, count, seconds, peakMB }) {
  return [
    'Measures of images',
    `  mean and covariance of ${count} images with ${size} features, twice: ${seconds.moments.toFixed(1)} s`,
    `  Fréchet distance of ${size} features: ${seconds.frechet.toFixed(1)} s (${seconds.frechet < 20 ? 'below' : 'NOT below'} 20 s)`,
    `  largest memory of the process: ${peakMB} MB`,
  ];
}

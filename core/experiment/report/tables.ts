/** The tables of a report, as CSV. */
import { type Quantity, type RunResult, summarizeArms } from '../results.ts';

/** A run and what was measured of it. */
export interface Row {
  result: RunResult;
  quantities: readonly Quantity[];
}

type Cell = string | number | null;

/** RFC 4180, with a line feed at the end of each line. Numbers keep all their digits. */
export function csv(lines: readonly (readonly Cell[])[]): string {
  const cell = (value: Cell): string => {
    const text = value === null ? '' : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return lines.map((line) => `${line.map(cell).join(',')}\n`).join('');
}

/** All quantities that any run has, by id. */
export function columns(rows: readonly Row[]): string[] {
  return [...new Set(rows.flatMap(({ quantities }) => quantities.map(({ id }) => id)))];
}

/** A line a run. */
export function tableCsv(rows: readonly Row[]): string {
  const ids = columns(rows);
  return csv([
    ['arm', 'label', 'seed', 'run', 'end', 'step', ...ids],
    ...rows.map(({ result: { arm, label, seed, id, end, step }, quantities }) => [
      arm,
      label,
      seed,
      id,
      end,
      step,
      ...ids.map((column) => quantities.find((q) => q.id === column)?.value ?? null),
    ]),
  ]);
}

/** Mean and standard deviation over seeds, a line a quantity and arm. */
export function summaryCsv(rows: readonly Row[]): string {
  return csv([
    ['quantity', 'description', 'arm', 'label', 'runs', 'mean', 'std'],
    ...summarizeArms(rows).map(({ id, quantity, arm, label, n, mean, std }) => [
      id,
      quantity,
      arm,
      label,
      n,
      mean,
      std,
    ]),
  ]);
}

/** The numbers behind the plots. */
export function dataCsvs(results: readonly RunResult[]): Record<string, string> {
  const files: Record<string, string> = {};
  const errors = results.flatMap(({ arm, seed, reconstruction }) =>
    reconstruction.map(({ t, mean, std }) => [arm, seed, t, mean, std]),
  );
  if (errors.length > 0) {
    files['reconstruction-error.csv'] = csv([['arm', 'seed', 't', 'mean', 'std_over_images'], ...errors]);
  }
  const latents = results.flatMap(({ arm, seed, latents: study }) =>
    (study?.latents ?? []).map(({ image, label, t, pca, tsne }) => [
      arm,
      seed,
      image,
      label,
      t,
      ...pca,
      ...tsne,
    ]),
  );
  if (latents.length > 0) {
    files['latents.csv'] = csv([
      ['arm', 'seed', 'image', 'class', 't', 'pca_1', 'pca_2', 'tsne_1', 'tsne_2'],
      ...latents,
    ]);
  }
  const overTime = results.flatMap(({ arm, seed, latents: study }) =>
    (study?.overTime ?? []).map(({ t, mean, std, posteriorStd, agreement }) => [
      arm,
      seed,
      t,
      mean,
      std,
      posteriorStd,
      agreement,
    ]),
  );
  if (overTime.length > 0) {
    files['latents-over-t.csv'] = csv([
      ['arm', 'seed', 't', 'norm_mean', 'norm_std_over_images', 'posterior_std', 'neighbours_of_one_class'],
      ...overTime,
    ]);
  }
  return files;
}

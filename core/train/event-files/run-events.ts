/** What a run logs, as events for TensorBoard: while it is trained, or later from its folder. */
import fs from 'node:fs';
import path from 'node:path';
import { sentenceOf } from '../../errors.ts';
import { pointsOf } from '../../run/curves.ts';
import type { EvaluationLine } from '../../run/evaluation-line.ts';
import { gridFile, type GridFile, listGrids } from '../../run/grid-files.ts';
import type { MetricsLine, RunManifest } from '../../run/manifest.ts';
import { readMetrics, readRunManifest } from '../../run/run-folder.ts';
import { readEvaluationLines } from '../../run/evaluations.ts';
import { writeOutputFolder } from '../../output.ts';
import { EventFile, type Moment } from './event-file.ts';

const GRID_TAGS: Readonly<Record<GridFile['kind'], string>> = {
  'passes-1': 'samples/1 pass',
  'passes-2': 'samples/2 passes',
  reconstructions: 'reconstructions',
};

/** Writes events of one run. */
export class RunEvents {
  readonly #file: EventFile;
  readonly #manifest: RunManifest;
  readonly #runDir: string;

  /** @param folder of the run's events @throws Error when it cannot be written */
  constructor(folder: string, manifest: RunManifest, runDir: string, since: Moment) {
    this.#manifest = manifest;
    this.#runDir = runDir;
    this.#file = new EventFile(folder, since);
  }

  get file(): string {
    return this.#file.file;
  }

  /** The means over the steps of a logged interval, as the curves have them. */
  logged(line: MetricsLine, wallTime: number): void {
    const points = pointsOf(line, this.#manifest.config.training.batchSize);
    const values = Object.entries(points).map(([key, [mean]]) => [`train/${key}`, mean]);
    this.#file.scalars({ step: line.step, wallTime }, Object.fromEntries(values) as Record<string, number>);
  }

  evaluated(line: EvaluationLine, wallTime: number): void {
    this.#file.scalars(
      { step: line.step, wallTime },
      {
        [`evaluation/${line.distanceName}, 1 pass`]: line.fd1,
        ...(line.fd2 !== null && { [`evaluation/${line.distanceName}, 2 passes`]: line.fd2 }),
        'evaluation/reconstruction error': line.reconstruction,
      },
    );
  }

  /** A picture that the training has drawn. */
  grid(grid: GridFile, wallTime: number): void {
    const png = fs.readFileSync(gridFile(this.#runDir, grid));
    // The header of a PNG is its first chunk.
    const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
    const { channels } = this.#manifest.config.network;
    this.#file.image({ step: grid.step, wallTime }, GRID_TAGS[grid.kind], { png, width, height, channels });
  }

  close(): void {
    this.#file.close();
  }
}

/**
 * {@link RunEvents} for a training under way, that never ends it: what cannot be written is told once.
 *
 * @param directory where TensorBoard looks for runs; this one's events lie in a folder of its id
 * @param onProblem told in a sentence
 */
export function followTraining(
  directory: string,
  manifest: RunManifest,
  { runDir, step, onProblem }: { runDir: string; step: number; onProblem: (sentence: string) => void },
) {
  const folder = path.join(directory, manifest.id);
  const now = () => Date.now() / 1000;
  const events = new RunEvents(folder, manifest, runDir, { step, wallTime: now() });
  let failed = false;
  const attempt = (work: () => void): void => {
    try {
      if (!failed) work();
    } catch (error) {
      failed = true;
      onProblem(
        `The events for TensorBoard in ${folder} could not be written (${sentenceOf(error)}); the training goes on without.`,
      );
    }
  };
  return {
    file: events.file,
    onLogged: (line: MetricsLine) => attempt(() => events.logged(line, now())),
    onGrid: (grid: GridFile) => attempt(() => events.grid(grid, now())),
    onEvaluation: (line: EvaluationLine) => attempt(() => events.evaluated(line, now())),
    close: () => attempt(() => events.close()),
  };
}

/** What {@link writeRunEvents} has written. */
export interface WrittenEvents {
  folder: string;
  lines: number;
  pictures: number;
  evaluations: number;
}

/**
 * Writes all that a run has logged, and its pictures, as events into a new folder of its id.
 *
 * @throws UserError when the folder is there already or cannot be written, or a log is damaged
 */
export async function writeRunEvents(runDir: string, directory: string): Promise<WrittenEvents> {
  const manifest = await readRunManifest(runDir);
  const [lines, grids, evaluations] = await Promise.all([
    readMetrics(runDir),
    listGrids(runDir),
    readEvaluationLines(runDir),
  ]);
  const created = Date.parse(manifest.createdAt) / 1000;
  /** Pauses are not known any more: a step's time is counted from the beginning. */
  const timeOf = (step: number): number =>
    created + (lines.findLast((line) => line.step <= step)?.seconds ?? 0);
  const folder = path.join(directory, manifest.id);
  await fs.promises.mkdir(directory, { recursive: true });
  await writeOutputFolder(folder, 'events for TensorBoard', async (temporary) => {
    const events = new RunEvents(temporary, manifest, runDir, { step: 0, wallTime: created });
    try {
      for (const line of lines) events.logged(line, created + line.seconds);
      for (const line of evaluations) events.evaluated(line, timeOf(line.step));
      for (const grid of grids) events.grid(grid, timeOf(grid.step));
    } finally {
      events.close();
    }
  });
  return { folder, lines: lines.length, pictures: grids.length, evaluations: evaluations.length };
}

/** Averages of several lengths of one training, each measured as a training measures its checkpoints. */
import { SmallEvaluation } from '../../evaluate/small-evaluation.ts';
import { openGeneratorProgram } from '../../explore/open-generator.ts';
import { runFolder } from '../../library.ts';
import { type EvaluationLine, valueOf } from '../../run/evaluation-line.ts';
import { openRunDataset } from '../../run/open-run-dataset.ts';
import { averageOf, openSnapshots } from './average.ts';
import { checkLength, TRIED_LENGTHS } from '../../run/average-lengths.ts';

/** One average, measured. */
export interface TriedAverage {
  /** σ_rel; null for the EMA weights that the training ended with. */
  length: number | null;
  evaluation: EvaluationLine;
}

export interface TriedAverages {
  /** Of the checkpoint whose EMA weights are among them. */
  step: number;
  /** Of the newest snapshot, at which the averages end, and how many there are. */
  snapshot: { step: number; count: number };
  tried: TriedAverage[];
  /** Index of the best by the run's own measure (`training.bestMeasure`), the first of equal ones; null when none has it. */
  best: number | null;
}

export interface TryAveragesOptions {
  /** Default: {@link TRIED_LENGTHS}. */
  lengths?: readonly number[];
  /** Of a checkpoint; default: the newest that verifies. */
  step?: number;
  signal?: AbortSignal;
  /** In images, over all lengths. */
  onProgress?: (done: number, total: number) => void;
}

/**
 * Makes averages of some lengths and measures each: the same samples, against the same images. Nothing is written.
 *
 * @throws UserError when there are no snapshots or images, or a length is none; the signal's reason when it is aborted
 */
export async function tryAverages(
  home: string,
  id: string,
  { lengths = TRIED_LENGTHS, step, signal, onProgress }: TryAveragesOptions = {},
): Promise<TriedAverages> {
  lengths.forEach(checkLength);
  const folder = runFolder(home, id);
  const { generator, program } = await openGeneratorProgram(folder, step === undefined ? {} : { step });
  try {
    const snapshots = await openSnapshots(folder, generator.step);
    const { dataset, close } = await openRunDataset(home, generator.manifest, 'measuring averages');
    const evaluation = new SmallEvaluation(generator, dataset);
    try {
      const tried: TriedAverage[] = [];
      const all = [null, ...lengths];
      for (const [index, length] of all.entries()) {
        if (length !== null) program.writeState({ ema: await averageOf(folder, snapshots, length, signal) });
        const line = await evaluation.evaluate({
          signal,
          onProgress: (done, total) => onProgress?.(index * total + done, all.length * total),
        });
        tried.push({ length, evaluation: line });
      }
      const snapshot = { step: snapshots.step, count: snapshots.all.length };
      return { step: generator.step, snapshot, tried, best: bestOf(tried) };
    } finally {
      evaluation.dispose();
      close();
    }
  } finally {
    generator.dispose();
  }
}

function bestOf(tried: readonly TriedAverage[]): number | null {
  let best: { index: number; value: number } | null = null;
  for (const [index, { evaluation }] of tried.entries()) {
    const value = valueOf(evaluation);
    if (value !== null && (best === null || value < best.value)) best = { index, value };
  }
  return best?.index ?? null;
}

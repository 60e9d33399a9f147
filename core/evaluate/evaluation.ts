/** Evaluation of a run: the one way in for the command line, the trainer, the window and experiments. */
import { openDataset, type PackedDataset } from '../data/packed.ts';
import { UserError } from '../errors.ts';
import type { Generator } from '../explore/api.ts';
import { openGenerator } from '../explore/open-generator.ts';
import { FITTING, withPrior } from '../explore/prior/fit-prior.ts';
import type { FittedPrior } from '../explore/prior/fitted-prior.ts';
import { useDataset } from '../library-locks.ts';
import { runFolder } from '../library.ts';
import { weightsHash } from '../run/checkpoint-hash.ts';
import type { RunManifest } from '../run/manifest.ts';
import { openRunDataset } from '../run/open-run-dataset.ts';
import { readRunManifest } from '../run/run-folder.ts';
import { evaluateReconstructions } from './evaluate-reconstructions.ts';
import { evaluateSamples, lookAtReference } from './evaluate-samples.ts';
import type { EvaluationContext } from './evaluation-context.ts';
import { openExtractor } from './extractors/open-extractor.ts';
import type { Against, EvaluateOptions, EvaluationHooks } from './options.ts';
import { evaluateAsPaper } from './paper.ts';
import { planesOf, type RealImages, realImages } from './real-images.ts';
import { countAgainst, type EvaluationRecord } from './record.ts';
import { writeEvaluation } from './store.ts';

/** Images that an extractor is fitted to at most, where it has to be. */
const FITTED = 5000;

/**
 * Draws from a run, compares with real images, and keeps the evaluations in the run's folder, each as soon as it is made:
 * one for each number of passes, one of reconstructions, and one of reconstructions of held-out images where there are any.
 *
 * @param runId id of the run; it may be trained meanwhile
 * @returns the evaluations, in the order in which they were made
 * @throws UserError in one sentence; the signal's reason when it is aborted
 */
export async function evaluateRun(
  home: string,
  runId: string,
  options: EvaluateOptions,
  hooks: EvaluationHooks = {},
): Promise<EvaluationRecord[]> {
  const folder = runFolder(home, runId);
  const manifest = await readRunManifest(folder);
  const images = await openImages(home, manifest, options.against);
  try {
    const { step } = options;
    const model = hooks.model ?? (await openGenerator(folder, { ...(step !== null && { step }) }));
    try {
      for (const remark of model.remarks) hooks.onWarning?.(remark);
      const { reference } = images;
      const extractor = await openExtractor(
        options.extractor,
        planesOf(reference.read(reference.indices.subarray(0, 1)))[0]!,
        {
          reference: async () => planesOf(reference.read(reference.indices.subarray(0, FITTED))),
          dataset: { home, name: reference.name },
          ...(hooks.signal && { signal: hooks.signal }),
        },
      );
      try {
        const records: EvaluationRecord[] = [];
        const { weights } = options;
        const context: EvaluationContext = {
          ...{ manifest, model, extractor, options, hooks, warnings: [...model.remarks] },
          checkpoint: {
            step: model.step,
            sha256: await weightsHash(folder, model.step, weights),
          },
          ...images,
          fitted: options.passes.length === 0 ? undefined : await fittedPrior(home, model, options, hooks),
        };
        await evaluate(context, async (record) => {
          const file = await writeEvaluation(folder, record);
          records.push(record);
          hooks.onRecord?.(record, file);
        });
        return records;
      } finally {
        extractor.dispose();
      }
    } finally {
      if (!hooks.model) model.dispose();
    }
  } finally {
    images.close();
  }
}

/** What samples begin with, where that is not the normal prior. */
async function fittedPrior(
  home: string,
  model: Generator,
  { prior, weights, label, seed }: EvaluateOptions,
  { signal, onProgress }: EvaluationHooks,
): Promise<FittedPrior | undefined> {
  const draw = { ...{ prior, weights, label, seed }, count: 1, passes: 1 };
  const { fitted } = await withPrior(draw, {
    ...{ home, modelNow: () => model, signal },
    onProgress: (done, total) => onProgress?.({ phase: FITTING, done, total }),
  });
  return fitted;
}

async function evaluate(
  context: EvaluationContext,
  onRecord: (record: EvaluationRecord) => Promise<void>,
): Promise<void> {
  const { options, reference, heldOut } = context;
  if (options.protocol === 'paper') return evaluateAsPaper(context, onRecord);
  if (options.passes.length > 0) {
    const real = await lookAtReference(context);
    for (const passes of options.passes) await onRecord(await evaluateSamples(context, real, passes));
  }
  if (options.reconstructions === 0 || reference.kind === 'dataset') return;
  await onRecord(await evaluateReconstructions(context, reference));
  if (heldOut !== null) await onRecord(await evaluateReconstructions(context, heldOut));
}

interface OpenImages extends Pick<EvaluationContext, 'reference' | 'heldOut'> {
  close(): void;
}

/** The images to compare with. Nobody changes their data set until they are closed. */
async function openImages(home: string, manifest: RunManifest, against: Against): Promise<OpenImages> {
  const { dataset, close } =
    against.kind === 'dataset'
      ? await openOther(home, manifest, against.name)
      : await openRunDataset(home, manifest, 'evaluation');
  try {
    const options = { blackAndWhite: manifest.config.training.binarise };
    const hasHeldOut = against.kind === 'train' && dataset.record.heldOut > 0;
    const reference = await realImages(dataset, against.kind, options);
    requireImages(reference);
    return { reference, heldOut: hasHeldOut ? await realImages(dataset, 'holdout', options) : null, close };
  } catch (error) {
    close();
    throw error;
  }
}

async function openOther(
  home: string,
  manifest: RunManifest,
  name: string,
): Promise<{ dataset: PackedDataset; close: () => void }> {
  const use = useDataset(home, name, `is in use for the evaluation of run ${manifest.id}`);
  try {
    const dataset = await openDataset(home, name);
    const close = (): void => {
      dataset.close();
      use.release();
    };
    return { dataset, close };
  } catch (error) {
    use.release();
    throw error;
  }
}

/** @throws UserError for fewer than two images */
function requireImages({ kind, name, indices }: RealImages): void {
  if (indices.length >= 2) return;
  throw new UserError(
    `The data set "${name}" has ${countAgainst(kind, indices.length)}; at least 2 are needed to compare with.`,
  );
}

import type { RunEntry } from '../library/database.ts';
import { BatchSource, type ImageSource } from '../images/source.ts';
import { isCancellation, sentenceOf } from '../bridge.ts';
import type { Studio } from '../studio.ts';
import type { EvaluationEntry } from './run-evaluations.svelte.ts';

/** Images of one kind: on their way, there, or why they are not. */
export class Pictures {
  source = $state.raw<ImageSource | null>(null);
  problem = $state<string | null>(null);

  /** Asks for them; the returned function ends that. */
  follow(ask: (signal: AbortSignal) => Promise<ImageSource>): () => void {
    const abort = new AbortController();
    this.source = null;
    this.problem = null;
    ask(abort.signal).then(
      (source) => {
        if (!abort.signal.aborted) this.source = source;
      },
      (error: unknown) => {
        if (!abort.signal.aborted && !isCancellation(error)) this.problem = sentenceOf(error);
      },
    );
    return () => abort.abort();
  }
}

/** Samples of an evaluation by their numbers, drawn again. */
export async function samplesOf(
  { pixels }: Pick<Studio, 'pixels'>,
  run: RunEntry,
  { file }: EvaluationEntry,
  samples: readonly number[],
  signal: AbortSignal,
): Promise<ImageSource> {
  return new BatchSource(
    await pixels.request('evaluation.samples', { runId: run.id, file, samples: [...samples] }, { signal }),
  );
}

/** Real images of a data set, which may have another name by now. */
export async function realOf(
  { pixels, library }: Pick<Studio, 'pixels' | 'library'>,
  { name, fingerprint }: { name: string; fingerprint: string },
  indices: readonly number[],
  signal: AbortSignal,
): Promise<ImageSource> {
  const usable = library.datasets.filter(
    ({ problem, lost, missing }) => problem === null && !lost && !missing,
  );
  const own = usable.find((entry) => entry.name === name);
  const found =
    own?.record?.fingerprint === fingerprint
      ? own
      : usable.find(({ record }) => record?.fingerprint === fingerprint);
  if (found === undefined) {
    throw new Error(
      `The data set “${name}” is not in the library, or its images are others by now, so its images cannot be shown.`,
    );
  }
  return new BatchSource(
    await pixels.request('dataset.imagesAt', { name: found.name, indices: [...indices] }, { signal }),
  );
}

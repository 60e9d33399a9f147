/** Made-up evaluations for the window in a plain browser. */
import type { EvaluationRecord } from '../../core/evaluate/record.ts';
import type {
  CallName,
  CallParams,
  CallResult,
  EvaluationJob,
  EventName,
  EventPayload,
} from '../../main/ipc/contract.ts';
import { chance } from './fake-images.ts';
import type { Run } from './fake-runs.ts';

type Names = Extract<CallName, `evaluations.${string}`>;
type Calls = { [C in Names]: (params: CallParams<C>) => CallResult<C> | Promise<CallResult<C>> };
type Entry = CallResult<'evaluations.list'>['evaluations'][number];

function record(run: Run, step: number, passes: number, seed: number): EvaluationRecord {
  const better = 1 - step / (run.steps + 1);
  const wobble = chance(seed, step) * 0.05;
  const share = (value: number): number => Math.min(1, Math.max(0, value + wobble));
  const precision = share(0.75 - better * 0.5);
  return {
    format: 'covae-evaluation',
    version: 1,
    kind: 'samples',
    run: { id: run.id, name: run.name },
    checkpoint: { step, sha256: 'c0ffee'.repeat(10) },
    weights: 'ema',
    passes,
    times: passes > 1 ? [1.2] : [],
    seed: 0,
    count: 5000,
    temperature: 1,
    label: null,
    against: { kind: 'train', name: run.dataset ?? 'sample', fingerprint: 'sha256:0', count: 5000 },
    extractor: {
      name: 'mobilenet',
      distanceName: 'FD-MobileNetV2',
      size: 1280,
      hash: 'mobilenet-v2-b03531047ffacf1e-224-bilinear',
      rule: 'The whole image at 224 × 224 pixels.',
    },
    protocolName: 'standard',
    protocol: [
      `5,000 samples in ${passes} pass${passes > 1 ? 'es' : ''}, seed 0, EMA weights of step ${step}.`,
      'Compared with 5,000 of the 9,000 training images of "sample", drawn by lot, the same ones each time.',
      'Looked at by mobilenet, 1,280 features an image.',
    ],
    measures: {
      fd: 8 + better * 90 - passes + wobble,
      fdInfinity: 7 + better * 88 - passes,
      kid: 0.004 + better * 0.08,
      kidStd: 0.0007,
      precision,
      recall: share(0.6 - better * 0.5),
      density: share(0.7 - better * 0.5),
      coverage: share(0.65 - better * 0.5),
      vendi: 18 - better * 9,
      vendiReference: 21,
      authenticity: share(0.72),
    },
    intervals: { precision: [precision - 0.02, precision + 0.02] },
    yardstick: {
      measures: {
        fd: 1.4,
        kid: 0.00002,
        kidStd: 0.0004,
        precision: 0.81,
        recall: 0.8,
        density: 0.99,
        coverage: 0.96,
      },
      intervals: { precision: [0.79, 0.83] },
      count: 2500,
    },
    byTime: [],
    copies: {
      nearest: Array.from({ length: 24 }, (_, index) => ({
        sample: index * 17,
        image: index * 31,
        distance: 1 + index * 0.1,
        neighbourDistance: 2,
      })),
      gap: { training: 2.51, heldOut: 2.63, count: 1000 },
    },
    places: {
      uncovered: Array.from({ length: 24 }, (_, index) => index * 13),
      uncoveredCount: 1210,
      stray: Array.from({ length: 24 }, (_, index) => index * 11),
      strayCount: 930,
    },
    seconds: 181,
    secondsByPhase: {},
    createdAt: new Date(Date.UTC(2026, 2, 3, 9, 0, 0) + step * 1000).toISOString(),
    application: '0.1.0',
    warnings:
      step < 1000 ? ['5,000 images are few for 1,280 features: the distance is too large by some.'] : [],
  };
}

function evaluationsOf(run: Run): Entry[] {
  if (!run.drawable || run.problem !== null) return [];
  const steps = run.name.startsWith('harbour')
    ? [run.step]
    : Array.from({ length: 15 }, (_, i) => 200 * (i + 1));
  return steps.flatMap((step) =>
    [1, 2].map((passes) => ({
      file: `step-${String(step).padStart(8, '0')}-${passes}.json`,
      record: record(run, step, passes, run.id.length),
    })),
  );
}

/** @param runsNow the runs that there are */
export function fakeEvaluationCalls(
  runsNow: () => readonly Run[],
  emit: <E extends EventName>(event: E, payload: EventPayload<E>) => void,
): { calls: Calls } {
  let jobs: EvaluationJob[] = [];
  const set = (next: EvaluationJob[]): void => {
    jobs = next;
    emit('evaluations.jobs', jobs);
  };
  setInterval(() => {
    const [job] = jobs;
    if (job === undefined) return;
    const done = Math.min(job.count, (job.progress?.done ?? 0) + 37);
    const progress = {
      phase: 'Drawing samples',
      done,
      total: job.count,
      perSecond: 246,
      secondsLeft: (job.count - done) / 246,
    };
    jobs = [{ ...job, state: 'running', progress }, ...jobs.slice(1)];
    emit('evaluations.progress', { jobId: job.jobId, progress });
  }, 150);
  return {
    calls: {
      'evaluations.list': ({ runId }) => {
        const run = runsNow().find(({ id }) => id === runId);
        return { evaluations: run ? evaluationsOf(run) : [], damaged: [] };
      },
      'evaluations.choices': ({ runId }) => {
        const run = runsNow().find(({ id }) => id === runId);
        return {
          steps: run?.drawable ? [run.step, run.step - 400, run.step - 800] : [],
          best: null,
          heldOut: 1000,
          extractors: [
            { name: 'mobilenet', problem: null },
            { name: 'pixels', problem: null },
          ],
        };
      },
      'evaluations.start': (order) => {
        set([
          ...jobs,
          { ...order, state: jobs.length > 0 ? 'waiting' : 'running', progress: null, problem: null },
        ]);
        return {};
      },
      'evaluations.jobs': () => jobs,
      'evaluations.stop': ({ jobId }) => {
        set(jobs.filter((job) => job.jobId !== jobId));
        return {};
      },
      'evaluations.remove': () => ({}),
      'evaluations.export': ({ as }) => ({ path: `/home/mira/evaluations.${as === 'csv' ? 'csv' : 'md'}` }),
    },
  };
}

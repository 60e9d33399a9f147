/** Answers the window's calls that are about runs as they lie in the library, in a plain browser. */
import type { CallName, CallParams, CallResult } from '../../main/ipc/contract.ts';
import { type Run, run } from './fake-runs.ts';

type RunCall = Extract<
  CallName,
  | 'runs.planContinuation'
  | 'runs.continue'
  | 'runs.fork'
  | 'runs.averages'
  | 'runs.average'
  | 'runs.rename'
  | 'runs.describe'
  | 'runs.planPrune'
  | 'runs.prune'
  | 'runs.remove'
  | 'runs.restore'
  | 'runs.removed'
  | 'runs.discard'
  | 'runs.reveal'
  | 'runs.command'
  | 'runs.settings'
  | 'runs.measures'
  | 'runs.saveView'
  | 'runs.openView'
  | 'runs.writeComparison'
  | `queue.${string}`
  | `sweep.${string}`
>;
type Calls = { [C in RunCall]: (params: CallParams<C>) => CallResult<C> | Promise<CallResult<C>> };

/** @param runs those of the scene, as they are by then */
export function fakeRunCalls(runs: () => Run[]): Calls {
  const named = (id: string): Run => runs().find((entry) => entry.id === id) ?? run(id);
  const plan = ({ runId, more, learningRate = 0.003 }: CallParams<'runs.planContinuation'>) => {
    const { step } = named(runId);
    const steps = step + more;
    const sentence = `It goes on for ${more} steps, to step ${steps}: the learning rate falls from ${learningRate} to 0 as a half cosine.`;
    return { from: step, steps, sentence };
  };
  const trash = new Map<string, Run>();
  const pruned = ({ runId }: CallParams<'runs.planPrune'>) => {
    const steps = named(runId).checkpoints.map((step) => ({ step, bytes: 21_000_000 }));
    const remove = steps.slice(0, -1);
    return { keep: steps.slice(-1), remove, before: 21e6 * steps.length, after: 21e6 };
  };
  return {
    'runs.rename': ({ runId, name }) => {
      named(runId).name = name;
      return {};
    },
    'runs.describe': ({ runIds, add = [], remove = [], note }) => {
      for (const entry of runIds.map(named)) {
        entry.tags = [...entry.tags.filter((tag) => !remove.includes(tag)), ...add];
        entry.note = note ?? entry.note;
      }
      return {};
    },
    'runs.planPrune': pruned,
    'runs.prune': pruned,
    'runs.remove': ({ runId }) => {
      const all = runs();
      const at = all.findIndex((entry) => entry.id === runId);
      for (const entry of all.splice(at, 1)) trash.set(runId, entry);
      return { token: runId };
    },
    'runs.restore': ({ token }) => {
      const found = trash.get(token);
      if (found) runs().push(found);
      trash.delete(token);
      return { runId: token };
    },
    'runs.removed': () =>
      [...trash.keys()].map((id) => ({ token: id, id, removedAt: '2026-03-03T10:00:00.000Z', bytes: 63e6 })),
    'runs.discard': ({ token }) => {
      if (token === null) trash.clear();
      else trash.delete(token);
      return {};
    },
    'runs.reveal': () => ({}),
    'runs.command': ({ runId }) => ({ command: `npx covae train --data sample --name ${named(runId).name}` }),
    'queue.get': () => ({
      paused: false,
      entries: runs()
        .slice(1, 3)
        .map(({ id }) => ({ runId: id, problem: null })),
    }),
    'queue.add': () => ({}),
    'queue.remove': () => ({}),
    'queue.move': () => ({}),
    'queue.pause': () => ({}),
    'queue.again': () => ({}),
    'queue.plan': () => ({ runId: runs()[0]?.id ?? '' }),
    'sweep.plan': ({ vary, seeds }) => ({
      runs: vary.flatMap(() => seeds.map((seed) => ({ settings: {}, seed, name: `sweep seed ${seed}` }))),
      seconds: 5400,
    }),
    'sweep.make': () => ({ runIds: runs().map(({ id }) => id) }),
    'runs.saveView': () => ({ path: '/home/mira/Documents/runs.json' }),
    'runs.openView': () => null,
    'runs.writeComparison': () => ({ path: '/home/mira/Documents/comparison.html' }),
    'runs.measures': ({ runIds }) => ({
      columns: ['FD-MobileNetV2, 1 pass', 'Precision, 1 pass'].map((title, index) => ({
        ...{ key: title, title, better: index === 0 ? ('lower' as const) : ('higher' as const) },
        about: '5,000 samples, against 5,000 training images of sample, features of mobilenet, EMA weights',
      })),
      runs: runIds.map((runId, index) => ({
        runId,
        measures: ['FD-MobileNetV2, 1 pass', 'Precision, 1 pass'].map((key) => {
          const best = { step: 1000, value: 0.4 + 0.01 * index };
          return { key, best, last: { step: 3000, value: best.value + 0.02 } };
        }),
      })),
    }),
    'runs.settings': ({ runIds }) =>
      runIds.map((runId) => ({ runId, settings: { 'training.steps': named(runId).steps } })),
    'runs.planContinuation': plan,
    'runs.continue': (params) => {
      const planned = plan(params);
      named(params.runId).steps = planned.steps;
      return planned;
    },
    'runs.averages': ({ runId }) => ({
      ...{ step: named(runId).step, snapshot: { step: named(runId).step, count: 24 }, best: 3 },
      tried: [null, 0.05, 0.1, 0.15, 0.2].map((length, index) => ({
        length,
        evaluation: {
          ...{ step: named(runId).step, extractor: 'mobilenet', distanceName: 'FD-MobileNetV2' },
          ...{ count: 500, reference: 2000, fd1: 31 + (index - 3) ** 2, fd2: 25 + (index - 3) ** 2 },
          ...{
            reconstruction: 0.0123 + index / 1e4,
            copies: null,
            measure: 'fd-1-pass' as const,
            seconds: 12,
          },
          reconstructed: { kind: 'holdout' as const, count: 256 },
        },
      })),
    }),
    'runs.average': ({ runId, name }) => {
      const id = `${name ?? `${named(runId).name}-average`}-a0a0`;
      runs().unshift({ ...named(runId), id, name: name ?? `${named(runId).name}-average` });
      return { runId: id };
    },
    'runs.fork': ({ runId, name }) => {
      const id = `${name ?? `${named(runId).name}-fork`}-f0f0`;
      runs().unshift({ ...named(runId), id, name: name ?? `${named(runId).name}-fork` });
      return { runId: id };
    },
  };
}

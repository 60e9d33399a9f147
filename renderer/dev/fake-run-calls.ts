/** Answers the window's calls that are about runs as they lie in the library, in a plain browser. */
import type { CallName, CallParams, CallResult } from '../../main/ipc/contract.ts';
import { type Run, run } from './fake-runs.ts';

type RunCall = Extract<CallName, 'runs.planContinuation' | 'runs.continue' | 'runs.fork'>;
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
  return {
    'runs.planContinuation': plan,
    'runs.continue': (params) => {
      const planned = plan(params);
      named(params.runId).steps = planned.steps;
      return planned;
    },
    'runs.fork': ({ runId, name }) => {
      const id = `${name ?? `${named(runId).name}-fork`}-f0f0`;
      runs().unshift({ ...named(runId), id, name: name ?? `${named(runId).name}-fork` });
      return { runId: id };
    },
  };
}

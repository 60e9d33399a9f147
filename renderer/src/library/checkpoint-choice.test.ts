// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import { standIns } from '../test-studio/render.ts';
import { finishedRun } from '../test-studio/run.ts';
import { testStudio } from '../test-studio/studio.ts';
import { CheckpointChoice } from './checkpoint-choice.svelte.ts';

standIns();

const best = { step: 4, measure: 'fd-1-pass' as const, value: 12.5 };
const judged = finishedRun('judged', { step: 10, checkpoints: [4, 8, 9, 10], best });

function setup() {
  const { studio } = testStudio();
  studio.library.runs = [judged, finishedRun('plain', { step: 10, checkpoints: [10] })];
  return { studio, choice: new CheckpointChoice(studio, () => studio.library.run('judged')) };
}

describe('the checkpoint that draws', () => {
  it('is the newest, the best or that of a step', () => {
    const { choice } = setup();
    expect(choice.options.map(({ label }) => label)).toEqual([
      'Newest (step 10)',
      'Best (step 4)',
      'Step 9',
      'Step 8',
      'Step 4',
    ]);
    expect([choice.value, choice.asked]).toEqual(['newest', {}]);
    choice.choose('best');
    expect([choice.value, choice.asked]).toEqual(['best', { checkpoint: 'best' }]);
    expect(choice.hint).toBe('Fréchet distance, 1 pass: 12.5');
    choice.choose(8);
    expect(choice.asked).toEqual({ checkpoint: 8 });
  });

  it('is the newest again when the chosen one is gone, and the model itself while it learns', () => {
    const { studio, choice } = setup();
    choice.choose(8);
    studio.library.runs = [{ ...judged, checkpoints: [4, 9, 10] }];
    expect(choice.asked).toEqual({});
    studio.training.state = { phase: 'running', runId: 'judged', detail: null };
    expect(choice.options.map(({ label }) => label)).toEqual([
      'In training now',
      'Best (step 4)',
      'Step 10',
      'Step 9',
      'Step 4',
    ]);
  });

  it('was chosen for one run, not for another', () => {
    const { studio } = setup();
    new CheckpointChoice(studio, () => studio.library.run('judged')).choose('best');
    const other = new CheckpointChoice(studio, () => studio.library.run('plain'));
    expect([other.value, other.options.length]).toEqual(['newest', 1]);
  });
});

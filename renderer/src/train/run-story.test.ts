// @vitest-environment jsdom
import { cleanup, fireEvent, screen } from '@testing-library/svelte';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { setLanguage } from '../../../text/language.ts';
import { say } from '../../../text/say.ts';
import { button, renderIn, standIns } from '../test-studio/render.ts';
import { finishedRun } from '../test-studio/run.ts';
import { testStudio } from '../test-studio/studio.ts';
import RunStory from './RunStory.svelte';

beforeAll(standIns);
afterEach(() => {
  cleanup();
  setLanguage('en');
});

const parent = { id: 'one', step: 1200 };
const one = finishedRun('one');
const fork = finishedRun('fork', { parent: { ...parent, changed: [] } });
const average = finishedRun('average', { parent: { ...parent, changed: [], average: 0.1 } });

function lines(run: typeof one): (string | undefined)[] {
  const { studio } = testStudio();
  studio.library.runs = [one, fork, average];
  renderIn(studio, RunStory, { run, history: [] });
  return screen.getAllByRole('listitem').map(({ textContent }) => textContent.replace(/\s+/g, ' ').trim());
}

it('tells forks of a run from averages of its weights', () => {
  expect(lines(one)).toEqual([
    'Fork: fork from step 1,200',
    'Average of its weights: average at step 1,200, over a length of 0.1',
  ]);
});

it('tells what an averaged run and a fork came from, and leads there', async () => {
  expect(lines(average)).toEqual(['Averaged from one at step 1,200, over a length of 0.1']);
  await fireEvent.click(button('one'));
  cleanup();
  expect(lines(fork)).toEqual(['Forked from one at step 1,200, with the same settings']);
});

it('is said in German, too', () => {
  setLanguage('de');
  expect(say('Averaged from')).toBe('Gemittelt aus');
  expect(say('Average of its weights:')).toBe('Mittelwert seiner Gewichte:');
  expect(say(', over a length of {0}', [0.1])).toBe(', über eine Länge von 0,1');
});

// @vitest-environment jsdom
import { cleanup, fireEvent, screen } from '@testing-library/svelte';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CallResult } from '../../../main/ipc/contract.ts';
import SamplesView from '../samples/SamplesView.svelte';
import { button, renderIn, standIns } from '../test-studio/render.ts';
import { finishedRun } from '../test-studio/run.ts';
import { testStudio } from '../test-studio/studio.ts';
import RunPage from '../train/RunPage.svelte';

// The charts ask for it when they are loaded.
vi.hoisted(() => {
  window.matchMedia = () =>
    ({ addEventListener() {}, removeEventListener() {} }) as unknown as MediaQueryList;
});

beforeAll(standIns);
afterEach(cleanup);

const DAMAGE = 'The checkpoint of step 10 is damaged (x); that of step 5 is used instead.';

function studioOf(health: CallResult<'runs.health'>) {
  const bringBack = vi.fn(() => {
    health.setAside = null;
    return {};
  });
  const setup = testStudio({
    'runs.list': () => [finishedRun('digits')],
    'runs.health': () => structuredClone(health),
    'runs.bringBack': bringBack,
    'runs.diagnostics': () => ({
      ...{ variant: 'covae', learningRate: 0.001, earlierStep: 0 },
      ...{ alarms: [], diagnostics: [], evaluations: [], history: [] },
    }),
    'runs.drawing': () => ({
      timeSteps: [0, 1, 2],
      middle: 1,
      classes: [],
      temperature: true,
      fittable: true,
      latent: [1],
    }),
  });
  setup.studio.library.runs = [finishedRun('digits')];
  return { ...setup, bringBack };
}

describe('a run whose newest checkpoint is damaged', () => {
  it('says so on its page, once, and can be resumed although it was finished', async () => {
    const { studio } = studioOf({ step: 5, remarks: [DAMAGE], setAside: null });
    renderIn(studio, RunPage, { run: finishedRun('digits') });
    expect(await screen.findAllByText(DAMAGE)).toHaveLength(1);
    expect(button('Resume')).toBeTruthy();
    expect(screen.getByText('Stopped at step 5')).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Bring back' })).toBeNull();
  });

  it('says so where it draws', async () => {
    const { studio } = studioOf({ step: 5, remarks: [DAMAGE], setAside: null });
    renderIn(studio, SamplesView, {});
    expect(await screen.findAllByText(DAMAGE)).toHaveLength(1);
  });
});

describe('a run that went back', () => {
  it('offers to bring back what came after, until it has', async () => {
    const { studio, bringBack, tell } = studioOf({
      ...{ step: 5, remarks: [] },
      setAside: { step: 5, checkpoints: [8, 10] },
    });
    renderIn(studio, RunPage, { run: finishedRun('digits', { step: 5 }) });
    expect(await screen.findByText(/went back to step 5.*later checkpoints \(step 8, 10\)/)).toBeTruthy();
    await fireEvent.click(button('Bring back'));
    expect(bringBack).toHaveBeenCalledWith({ runId: 'digits' });
    tell('library.changed', { what: 'runs' });
    await vi.waitFor(() => expect(screen.queryByRole('button', { name: 'Bring back' })).toBeNull());
  });

  it('says nothing where all is well', async () => {
    const { studio } = studioOf({ step: 10, remarks: [], setAside: null });
    renderIn(studio, RunPage, { run: finishedRun('digits') });
    await vi.waitFor(() => expect(studio.notices.list).toEqual([]));
    expect(screen.queryByRole('alert')).toBeNull();
  });
});

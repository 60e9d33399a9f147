// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { CallParams } from '../../../main/ipc/contract.ts';
import { finishedRun } from '../test-studio/run.ts';
import { testStudio } from '../test-studio/studio.ts';
import { ExportForm } from './export-form.svelte.ts';
import type { ExportSubject } from './subject.ts';

const started = vi.fn<(params: CallParams<'exports.start'>) => void>();
beforeEach(() => vi.clearAllMocks());

function setup(more: Partial<ExportSubject> = {}, chosen: string | null = '/out.png') {
  const test = testStudio({
    'exports.start': (params) => {
      started(params);
      return chosen === null ? null : { path: chosen };
    },
    'exports.stop': () => ({}),
  });
  const subject: ExportSubject = { run: finishedRun('one'), what: 'samples', checkpoint: 'newest', ...more };
  test.studio.exports.open(subject);
  return { ...test, form: new ExportForm(test.studio, subject) };
}

const done = {
  sentence: '64 samples written to /out.png.',
  files: ['/out.png', '/out.png.json'],
  remarks: [],
};

describe('the order of an export', () => {
  it('draws samples as the view that opened the dialog does', () => {
    const samples = { count: 9, seed: 3, passes: 2, weights: 'raw', at: [{ timeIndex: 4 }] } as const;
    const { form } = setup({ samples: { ...samples, at: [...samples.at] }, checkpoint: 'best' });
    const usual = { what: 'samples', as: 'grid', provenance: true };
    expect(form.order).toEqual({ ...usual, step: 'best', ...samples });
    expect(form.summary).toMatch(/^9 samples, /);
    // One place belongs to two passes.
    form.passes.text = '3';
    expect(form.order).not.toHaveProperty('at');
    form.passes.text = '17';
    expect(form.order).toBeNull();
  });

  it('has only what belongs to its format and to what is drawn', () => {
    const { form, studio } = setup({ path: { from: 4, to: 7, count: 12 } });
    form.columns.text = '5';
    expect(form.order).toMatchObject({ columns: 5 });
    studio.settings.set('export', { as: 'gif', scale: 4, resize: 'lanczos', pingPong: true });
    form.rate.text = '12.5';
    form.chooseWhat('path');
    expect(form.order).toEqual({
      ...{ what: 'path', as: 'gif', step: 'newest', provenance: true, from: 4, to: 7 },
      ...{ scale: 4, resize: 'lanczos', rate: 12.5, loop: 0, hold: 0, pingPong: true },
    });
    studio.settings.set('export', { as: 'npz', provenance: false });
    form.chooseWhat('film');
    expect(form.order).toEqual({
      ...{ what: 'film', as: 'npz', step: 'newest', provenance: false, scale: 4, resize: 'lanczos' },
    });
  });

  it('offers what the run has', () => {
    expect(setup().form.whats).toEqual(['samples', 'reconstructions', 'path', 'plane', 'film']);
    expect(setup({ run: finishedRun('bare', { dataset: null }) }).form.whats).toEqual(['samples', 'film']);
    expect(setup({ run: finishedRun('new', { drawable: false }) }).form.whats).toEqual(['film']);
  });
});

describe('an export', () => {
  it('is followed by its dialog until it is there', async () => {
    const { form, studio, tell } = setup();
    form.rate.text = '5';
    await form.begin();
    const { jobId, task } = started.mock.calls[0]![0];
    expect(task).toMatchObject({ kind: 'export', runId: 'one' });
    expect(studio.settings.get('export').rate).toBe(5);
    const job = { jobId, task, path: '/out.png', problem: null };
    tell('exports.jobs', [{ ...job, state: 'running', progress: null }]);
    const counted = { done: 32, total: 64, perSecond: 8, secondsLeft: 4 };
    const progress = { phase: 'Writing', unit: 'images' as const, ...counted };
    tell('exports.progress', { jobId, progress });
    expect(studio.exports.current?.progress).toEqual(progress);
    expect(studio.exports.elsewhere).toEqual([]);
    tell('exports.jobs', []);
    tell('exports.done', { jobId, ...done });
    expect(studio.exports.exported).toMatchObject({
      sentence: '64 samples written to /out.png.',
      path: '/out.png',
    });
    expect(studio.notices.list).toEqual([]);
  });

  it('goes on without its dialog, and is told of', async () => {
    const { form, studio, tell } = setup();
    await form.begin();
    const { jobId, task } = started.mock.calls[0]![0];
    tell('exports.jobs', [
      { jobId, task, path: '/out.png', state: 'running', progress: null, problem: null },
    ]);
    studio.exports.close();
    expect(studio.exports.elsewhere).toHaveLength(1);
    tell('exports.done', { jobId, ...done, remarks: ['An older checkpoint was used.'] });
    expect(studio.notices.list.map(({ text }) => text)).toEqual([
      '64 samples written to /out.png.',
      'An older checkpoint was used.',
    ]);
  });

  it('is none when the person takes the place back', async () => {
    const { form, studio } = setup({}, null);
    await form.begin();
    expect(studio.exports.shown).toBeNull();
  });
});

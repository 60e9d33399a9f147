// @vitest-environment jsdom
import { describe, expect, it, vi } from 'vitest';
import type { Preset } from '../../../core/config/model.ts';
import type { CallParams } from '../../../main/ipc/contract.ts';
import { preset } from '../test-studio/preset.ts';
import { datasetEntry, testStudio } from '../test-studio/studio.ts';
import { NewTrainingManager } from './new-training-manager.svelte.ts';

async function setup({ dead = false } = {}) {
  const started = vi.fn();
  const other = { ...preset, name: 'other' };
  const smoke = { ...preset, name: 'smoke' };
  const own: Preset[] = [];
  const test = testStudio({
    'presets.list': () => [smoke, preset, other],
    'training.check': ({ settings = {} }) => ({
      config: preset.config,
      problem:
        settings['training.accumulate'] === 0
          ? { code: 'settings', key: 'training.accumulate', text: 'Must be at least 1.' }
          : null,
      curves: null,
      differs: [],
      paper: null,
    }),
    'training.plan': () => null,
    'training.advice': ({ dataset }) => ({
      ...{ text: 'Enough.', fineTune: false, settings: {}, passesOverData: 6 },
      ...{ preset: dataset === 'pets' ? 'other' : 'tiny', reason: 'Recommended for these.' },
    }),
    'presets.own': () => ({ presets: own, damaged: [] }),
    'presets.ofRun': ({ runId }) => ({ ...preset, title: `As in run ${runId}` }),
    'presets.save': ({ title, description, config }) => {
      const kept = { ...preset, name: 'kept', title, description, config };
      own.push(kept);
      return kept;
    },
    'presets.remove': () => {
      own.pop();
      return {};
    },
    'starters.list': () => [
      { name: 'shapes', title: 'Shapes', description: 'Drawn.', imageSize: 32, channels: 3 },
    ],
    'training.startConfig': ({ from }) =>
      from.kind === 'file' ? null : { ...preset.config, training: { ...preset.config.training, steps: 77 } },
    'training.chooseStart': () => ({ file: '/home/me/flowers.safetensors' }),
    'training.start': (params: CallParams<'training.start'>) => {
      started(params);
      return { runId: 'digits-tiny-1' };
    },
    'runs.list': () => [],
  });
  const { studio } = test;
  studio.library.datasets = [
    { ...datasetEntry('broken'), problem: 'Damaged.' },
    datasetEntry('digits'),
    datasetEntry('pets', { classes: ['cat', 'dog'] }),
  ];
  if (dead) studio.training.trainer = { state: 'dead', reason: 'It died.', device: null };
  const manager = new NewTrainingManager(studio);
  await vi.waitFor(() => expect(manager.presets).toHaveLength(3));
  return { ...test, manager, started };
}

describe('a new training', () => {
  it('is planned with the first sound data set and preset', async () => {
    const { manager, calls } = await setup();
    expect(manager.usable.map(({ name }) => name)).toEqual(['digits', 'pets']);
    expect(manager.planned).toEqual({ dataset: 'digits', preset: 'tiny', settings: {} });
    manager.check();
    await vi.waitFor(() => expect(manager.plan.config).not.toBeNull());
    expect(calls).toHaveBeenCalledWith('training.check', manager.planned);
    expect(manager.startable).toBe(true);
  });

  it('carries what is typed and changed, by dotted keys', async () => {
    const { manager, studio } = await setup();
    manager.numbers['training.steps'].text = '50';
    manager.numbers['training.learningRate'].text = '0.01';
    manager.change({ 'training.optimizer': 'adamw' });
    expect(manager.planned?.settings).toEqual({
      'training.steps': 50,
      'training.learningRate': 0.01,
      'training.optimizer': 'adamw',
    });
    expect(manager.changeCount).toBe(1);
    expect(studio.settings.get('newTraining').changes).toEqual({ 'training.optimizer': 'adamw' });
    manager.choosePreset('other');
    expect(manager.planned).toMatchObject({ preset: 'other' });
    expect(manager.changeCount).toBe(0);
  });

  it('starts from other weights, with what they were trained with or another preset', async () => {
    const { manager, calls, started } = await setup();
    await vi.waitFor(() => expect(manager.from.starters).toHaveLength(1));
    await manager.chooseStart('starter:shapes');
    expect(manager.offered.map(({ title }) => title)).toEqual([
      'As the start',
      preset.title,
      preset.title,
      preset.title,
    ]);
    expect(manager.ofPreset('training.steps')).toBe('77');
    const from = { kind: 'starter', name: 'shapes' };
    expect(manager.planned).toEqual({ dataset: 'digits', preset: null, from, settings: {} });
    manager.choosePreset('other');
    expect(manager.planned).toMatchObject({ preset: 'other', from });
    await manager.chooseStart('best:digits-tiny-1');
    expect(manager.planned).toMatchObject({
      preset: null,
      from: { kind: 'run', id: 'digits-tiny-1', checkpoint: 'best' },
    });
    await manager.chooseStart('file');
    expect(manager.from.value).toBe('file:/home/me/flowers.safetensors');
    // It does not say what it was trained with: a preset has to.
    expect(manager.planned).toMatchObject({ preset: 'tiny', from: { kind: 'file' } });
    manager.check();
    await vi.waitFor(() => expect(calls).toHaveBeenCalledWith('training.check', manager.planned));
    await manager.start();
    expect(started).toHaveBeenCalledWith(
      expect.objectContaining({ from: { kind: 'file', file: '/home/me/flowers.safetensors' } }),
    );
    await manager.chooseStart('');
    expect(manager.planned).toEqual({ dataset: 'digits', preset: 'tiny', settings: {} });
  });

  it('has as many classes as the data set', async () => {
    const { manager } = await setup();
    manager.chooseDataset('pets');
    manager.change({ 'network.classes': 2 });
    expect(manager.changes).toEqual({ 'network.classes': 2 });
    manager.chooseDataset('digits');
    expect(manager.changes).toEqual({});
  });

  it('cannot begin with a number outside the limits of the setting', async () => {
    const { manager } = await setup();
    manager.numbers['training.batchSize'].text = '70000';
    expect(manager.numbers['training.batchSize'].problem).toBe('A whole number from 1 to 65,536.');
    expect(manager.startable).toBe(false);
    manager.numbers['training.batchSize'].text = '';
    manager.numbers['training.learningRate'].text = '0';
    expect(manager.numbers['training.learningRate'].problem).toBe('A number above 0, at most 1.');
    manager.numbers['training.learningRate'].text = '';
    manager.name = 'a/b';
    expect(manager.nameProblem).toMatch(/^A name has/);
    expect(manager.startable).toBe(false);
  });

  it('shows a problem at its control when that is to be seen, else below', async () => {
    const { manager } = await setup();
    manager.change({ 'training.accumulate': 0 });
    manager.check();
    await vi.waitFor(() => expect(manager.plan.problem).not.toBeNull());
    expect(manager.loose).toBe('training.accumulate: Must be at least 1.');
    expect(manager.startable).toBe(false);
    manager.advanced = true;
    expect(manager.loose).toBeNull();
    manager.reset();
    expect(manager.changeCount).toBe(0);
  });

  it('starts with the plan, a name and a seed, and opens the run', async () => {
    const { manager, started, studio } = await setup();
    manager.name = ' mine ';
    manager.seed.text = '7';
    await manager.start();
    expect(started).toHaveBeenCalledWith({
      dataset: 'digits',
      preset: 'tiny',
      settings: {},
      name: 'mine',
      seed: 7,
    });
    expect(studio.settings.get('run').id).toBe('digits-tiny-1');
    expect(manager.starting).toBe(false);
  });

  it('begins with the preset that is recommended for the data set, never with the smoke test', async () => {
    const { manager, studio } = await setup();
    expect(manager.preset?.name).toBe('tiny');
    manager.advise();
    await vi.waitFor(() => expect(manager.advice?.preset).toBe('tiny'));
    manager.choosePreset('smoke');
    expect(manager.preset?.name).toBe('smoke');
    manager.chooseDataset('pets');
    expect(studio.settings.get('newTraining').preset).toBe('');
    manager.advise();
    await vi.waitFor(() => expect(manager.preset?.name).toBe('other'));
  });

  it('takes the settings of a run, and begins the next with the preset again', async () => {
    const { manager, started, studio } = await setup();
    await manager.chooseRun('digits-tiny-1');
    expect(manager.preset?.title).toBe('As in run digits-tiny-1');
    expect(manager.planned).toMatchObject({ preset: 'run:digits-tiny-1' });
    manager.change({ 'training.optimizer': 'adamw' });
    await manager.start();
    expect(started).toHaveBeenCalledWith(expect.objectContaining({ preset: 'run:digits-tiny-1' }));
    expect(studio.settings.get('newTraining').changes).toEqual({});
    await manager.chooseRun('');
    expect(manager.preset?.name).toBe('tiny');
  });

  it('keeps presets of one’s own, and takes what fits into memory', async () => {
    const { manager } = await setup();
    manager.check();
    await vi.waitFor(() => expect(manager.plan.config).not.toBeNull());
    await manager.savePreset('Ziffern');
    expect(manager.preset).toMatchObject({ name: 'kept', title: 'Ziffern' });
    expect(manager.groups.map(({ title }) => title)).toEqual(['For this machine', 'Your own']);
    await manager.removePreset(manager.preset!);
    expect(manager.preset?.name).toBe('tiny');
    manager.fit({ accumulate: 4 });
    expect(manager.changes).toEqual({ 'training.accumulate': 4 });
    manager.fit({ batchSize: 8 });
    expect(manager.numbers['training.batchSize'].text).toBe('8');
    manager.fit({ steps: 2700 });
    expect(manager.numbers['training.steps'].value).toBe(2700);
  });

  it('waits for a trainer that has stopped', async () => {
    const { manager, started } = await setup({ dead: true });
    expect(manager.blocked).toBe('The trainer has stopped: restart it first.');
    await manager.start();
    expect(started).not.toHaveBeenCalled();
  });
});

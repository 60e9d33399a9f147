// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import type { ModelConfig } from '../../../core/config/model.ts';
import { SETTINGS } from '../../../main/ipc/contract.ts';
import { fakeCheck } from '../../dev/fake-plan.ts';
import { box } from '../test-studio/box.svelte.ts';
import { preset } from '../test-studio/preset.ts';
import { type Changes, changed } from './changes.ts';
import type { Plan } from './plan.svelte.ts';
import { type SettingControl, SettingsForm } from './settings-form.svelte.ts';

/** A form whose changes the fake application checks; a wrong setting is left out. */
function setup({ classes = [] }: { classes?: string[] } = {}) {
  const config = box<ModelConfig>(preset.config);
  const changes = box<Changes>({});
  const problem = box<Plan['problem']>(null);
  const plan = {
    curves: { t: [1], rec: [2], kl: [3] },
    problemOf: (key: string) => (problem.value?.key === key ? problem.value.text : null),
  } as unknown as Plan;
  const form = new SettingsForm(
    plan,
    () => ({ config: config.value, changes: changes.value, classes }),
    (patch) => {
      changes.value = changed(changes.value, patch, preset);
      const check = fakeCheck({ dataset: '', preset: '', settings: changes.value }, preset);
      problem.value = check.problem;
      config.value = check.config ?? config.value;
    },
  );
  const all = () => [...form.controls('model'), ...form.controls('loss'), ...form.controls('training')];
  function find<K extends SettingControl['kind']>(
    label: string,
    kind: K,
  ): Extract<SettingControl, { kind: K }> {
    const found = all().find((control) => control.label === label);
    if (found?.kind !== kind) throw new Error(`no ${kind} called ${label}`);
    return found as Extract<SettingControl, { kind: K }>;
  }
  return { form, find, labels: () => all().map(({ label }) => label), changes: () => changes.value };
}

describe('the form of settings', () => {
  it('offers what the table says, and only what the variant has', () => {
    const { labels, find, form } = setup();
    expect(labels()).toEqual([
      'Variant',
      'Latent',
      'Channels of the map',
      'Levels of latents',
      'Values of the latent',
      'Tell the model the class of each image',
      'Reconstruction',
      'Boundary condition',
      'Loss of the average decoder',
      'Target weights',
      'λ(t), weight of the reconstruction',
      'β(t), weight of the KL divergence',
      'Adversarial term',
      'Optimizer',
      'Precision',
      'Weight decay',
      'Gradient accumulation',
      'Mirror half of the images',
      'Black and white',
      'What is trained',
    ]);
    expect(form.shows('objective.denoiserLoss')).toBe(true);
    expect(form.shows('objective.beta')).toBe(false);
    expect(form.shows('training.steps')).toBe(false);
    find('Variant', 'buttons').choose('beta-vae');
    expect(labels()).toContain('β');
    expect(labels()).not.toContain('Boundary condition');
    find('Variant', 'buttons').choose('s-covae');
    expect(labels()).toContain('Noise');
    expect(labels()).not.toContain('Values of the latent');
    expect(labels()).not.toContain('Levels of latents');
  });

  it('offers a second level of latents, and says what does not go with it', () => {
    const { find, changes } = setup();
    find('Levels of latents', 'buttons').choose(2);
    expect(changes()).toEqual({ 'network.latentLevels': 2 });
    expect(find('Levels of latents', 'buttons').hint).toContain('ladder VAE');
    find('Levels of latents', 'buttons').choose(1);
    expect(changes()).toEqual({});
  });

  it('switches parts on and off, and shows what belongs to them', () => {
    const { labels, find, changes } = setup();
    find('Latent', 'buttons').choose(true);
    expect(labels()).toContain('Length of the list');
    expect(labels()).not.toContain('Channels of the map');
    expect(changes()).toEqual({ 'network.finalDim': 64, 'network.zChannels': 64 });
    find('Length of the list', 'number').number.text = '32';
    expect(changes()).toEqual({ 'network.finalDim': 32, 'network.zChannels': 32 });
    find('Latent', 'buttons').choose(false);
    expect(changes()).toEqual({});

    find('Adversarial term', 'switch').set(true);
    expect(labels()).toContain('Begins after step');
    expect(find('Begins after step', 'number').placeholder).toBe('1200');
    find('Begins after step', 'number').number.text = '7';
    find('Adversarial term', 'switch').set(false);
    expect(changes()).toEqual({});
  });

  it('lets binary cross-entropy take the average decoder along, and no discriminator', () => {
    const { labels, find, changes } = setup();
    find('Adversarial term', 'switch').set(true);
    find('Reconstruction', 'list').choose('bce');
    expect(changes()).toEqual({ 'objective.loss': 'bce', 'objective.denoiserLoss': 'bce' });
    expect(labels()).not.toContain('Loss of the average decoder');
    expect(find('Adversarial term', 'switch')).toMatchObject({ disabled: true, checked: false });
    expect(find('Adversarial term', 'switch').hint).toContain('cannot judge the logits');
    find('Boundary condition', 'buttons').choose(false);
    expect(changes()).toEqual({ 'objective.loss': 'bce', 'objective.denoiserLoss': null });
    find('Boundary condition', 'buttons').choose(true);
    find('Reconstruction', 'list').choose('huber');
    expect(changes()).toEqual({});
    expect(find('Loss of the average decoder', 'list').options).toEqual([
      { value: 'huber', label: 'Pseudo-Huber' },
      { value: 'l2', label: 'Squared error' },
    ]);
  });

  it('keeps the field of a number while it is typed, however wrong it is meanwhile', () => {
    const { find, changes } = setup();
    find('Values of the latent', 'buttons').choose(true);
    const categories = () => find('Categories', 'number');
    for (const typed of ['', '1', '16']) {
      categories().number.text = typed;
      expect(categories().number.text).toBe(typed);
      expect(categories().problem === null).toBe(typed === '16');
    }
    expect(changes()).toMatchObject({ 'objective.categories': 16 });

    const decay = () => find('Weight decay', 'number').number;
    for (const typed of ['0.', '0.0', '0.01', 'much', '']) {
      decay().text = typed;
      // What is no change is the placeholder.
      expect(decay().text).toBe(Number(typed) === 0 ? '' : typed);
    }
    expect(changes()).not.toHaveProperty('training.weightDecay');
  });

  it('tells the model classes only where there are some', () => {
    const without = setup().find('Tell the model the class of each image', 'switch');
    expect(without).toMatchObject({ disabled: true, hint: 'This data set has no classes.' });
    const { find, changes } = setup({ classes: ['cat', 'dog'] });
    const classes = find('Tell the model the class of each image', 'switch');
    expect(classes.hint).toBe('Samples of one of the 2 classes can then be asked for.');
    classes.set(true);
    expect(changes()).toEqual({ 'network.classes': 2 });
    find('Tell the model the class of each image', 'switch').set(false);
    expect(changes()).toEqual({});
  });

  it('takes a weighting by name or as it is typed', () => {
    const { find, changes } = setup();
    const beta = () => find('β(t), weight of the KL divergence', 'weighting');
    expect(beta()).toMatchObject({ value: 'square', curve: { t: [1], values: [3] } });
    expect(beta().named).toContainEqual({ value: 'square', text: 't²', expression: 't^2' });
    beta().choose('t^');
    expect(beta().value).toBe('t^');
    expect(beta().problem).toContain('ends too early');
    expect(changes()).toEqual({ 'objective.klWeight': 't^' });
  });

  it('has a control for each setting that the table offers', () => {
    const { find, form } = setup();
    const seen = new Set<string>();
    const note = () => {
      for (const { key } of SETTINGS) if (form.shows(key)) seen.add(key);
    };
    note();
    find('Latent', 'buttons').choose(true);
    find('Values of the latent', 'buttons').choose(true);
    find('Adversarial term', 'switch').set(true);
    const [interval] = form.controls('records');
    if (interval?.kind === 'number') interval.number.text = '10';
    note();
    for (const variant of ['s-covae', 'beta-vae']) {
      find('Variant', 'buttons').choose(variant);
      note();
    }
    const offered = SETTINGS.filter(({ control, optional }) => control ?? optional).map(({ key }) => key);
    expect([...seen].sort()).toEqual(offered.sort());
  });
});

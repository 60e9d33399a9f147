// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import type { ModelConfig } from '../../../core/config/model.ts';
import type { SettingGroup } from '../../../core/config/settings-table.ts';
import { isEffective, SETTING_GROUPS, SETTINGS } from '../../../main/ipc/contract.ts';
import { fakeCheck } from '../../dev/fake-plan.ts';
import { box } from '../test-studio/box.svelte.ts';
import { preset } from '../test-studio/preset.ts';
import { type Changes, changed } from './changes.ts';
import type { Plan } from './plan.svelte.ts';
import { type SettingControl, type SettingsFilter, SettingsForm } from './settings-form.svelte.ts';

/** A form whose changes the fake application checks; a wrong setting is left out. */
function setup({ classes = [] }: { classes?: string[] } = {}) {
  const config = box<ModelConfig>(preset.config);
  const changes = box<Changes>({});
  const problem = box<Plan['problem']>(null);
  const check = box<ReturnType<typeof fakeCheck> | null>(null);
  const plan = {
    get differs() {
      return check.value?.differs ?? [];
    },
    get paper() {
      return check.value?.paper ?? null;
    },
    curves: { t: [1], rec: [2], kl: [3] },
    problemOf: (key: string) => (problem.value?.key === key ? problem.value.text : null),
  } as unknown as Plan;
  const form = new SettingsForm(
    plan,
    () => ({ config: config.value, changes: changes.value, classes }),
    (patch) => {
      changes.value = changed(changes.value, patch, preset);
      take();
    },
  );
  function take() {
    const found = fakeCheck({ dataset: '', preset: '', settings: changes.value }, preset);
    check.value = found;
    problem.value = found.problem;
    config.value = found.config ?? config.value;
  }
  take();
  const all = () => (['model', 'loss', 'training'] as const).flatMap((group) => form.controls(group));
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
  it('offers every setting of the table that has an effect, but for those above it and those of the images', () => {
    const { form, find, labels } = setup();
    const groups = Object.keys(SETTING_GROUPS) as SettingGroup[];
    const offered = new Set(groups.flatMap((group) => form.controls(group)).map(({ key }) => key));
    const above = ['training.steps', 'training.batchSize', 'training.learningRate'];
    const given = ['network.imageSize', 'network.channels'];
    const missing = SETTINGS.map(({ key }) => key).filter(
      (key) => !offered.has(key) && !above.includes(key) && !given.includes(key),
    );
    // Those of other variants, and of parts that are not there.
    expect(missing.filter((key) => isEffective(key, preset.config))).toEqual([]);
    expect(labels().slice(0, 3)).toEqual(['Variant', 'Model channels', 'Channel multipliers']);
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

  it('is searched by name, key and help, and shows only what differs from preset or paper', () => {
    const { form, find } = setup();
    const found = (search: string, only: SettingsFilter['only'] = 'all') =>
      (Object.keys(SETTING_GROUPS) as SettingGroup[])
        .flatMap((group) => form.controls(group, { search, only }))
        .map(({ label }) => label);
    expect(found('weight decay')).toEqual(['Weight decay']);
    expect(found('training.emaRate')).toEqual(['EMA rate']);
    expect(found('checkpoint steps')).toContain('Checkpoint interval');
    expect(found('no such thing')).toEqual([]);
    expect(found('', 'changed')).toEqual([]);
    expect(found('', 'paper')).toEqual(['EMA rate']);
    find('EMA rate', 'number').number.text = '0.9';
    expect(found('', 'changed')).toEqual(['EMA rate']);
    expect(find('EMA rate', 'number')).toMatchObject({ preset: '0.995', paper: '0.9999' });
    expect(find('EMA rate', 'number').facts).toMatch(/^A number from 0 and below 1/);
  });

  it('takes several numbers as they are typed, and none of them', () => {
    const { find, changes } = setup();
    const { number } = find('Channel multipliers', 'number');
    expect(number.text).toBe('');
    number.text = '1, 2,';
    expect(number.text).toBe('1, 2,');
    number.text = '1 2 4';
    expect(changes()).toEqual({ 'network.multipliers': [1, 2, 4] });
    expect(number.text).toBe('1 2 4');
    number.text = 'wide';
    expect(find('Channel multipliers', 'number').problem).toMatch(/./);
    number.text = '';
    expect(changes()).toEqual({});
    find('Attention resolutions', 'number').number.text = '14';
    expect(changes()).toEqual({ 'network.attentionResolutions': [14] });
    find('Attention resolutions', 'number').number.text = 'none';
    expect(changes()).toEqual({});
    find('Blocks per level of the decoder', 'number').number.text = '2';
    expect(changes()).toEqual({ 'network.decoderBlocks': 2 });
    find('Blocks per level of the decoder', 'number').number.text = 'none';
    expect(changes()).toEqual({});
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
      // Also where it is no change.
      expect(decay().text).toBe(typed);
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
    const { find, form } = setup({ classes: ['a', 'b'] });
    const seen = new Set<string>();
    const note = () => {
      for (const group of Object.keys(SETTING_GROUPS) as SettingGroup[])
        for (const { key } of form.controls(group)) seen.add(key);
    };
    note();
    find('Latent', 'buttons').choose(true);
    find('Values of the latent', 'buttons').choose(true);
    find('Adversarial term', 'switch').set(true);
    find('Tell the model the class of each image', 'switch').set(true);
    const interval = form.controls('records').find(({ key }) => key === 'training.evaluateEvery');
    if (interval?.kind === 'number') interval.number.text = '10';
    note();
    for (const variant of ['s-covae', 'beta-vae']) {
      find('Variant', 'buttons').choose(variant);
      note();
    }
    const above = ['training.steps', 'training.batchSize', 'training.learningRate'];
    const offered = SETTINGS.filter(({ control, optional }) => control ?? optional)
      .map(({ key }) => key)
      .filter((key) => !above.includes(key));
    expect([...seen].sort()).toEqual(offered.sort());
  });
});

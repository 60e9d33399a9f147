import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeIssue } from '../json-file.ts';
import { planRuns } from './plan.ts';
import { listRecipes, loadRecipe, RecipeSchema, recipesFolder, SIZES } from './recipe.ts';
import { importImages, smallRecipe, temporaryHome } from './test-fakes.ts';

let home: string;
beforeEach(() => {
  home = temporaryHome();
});
afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

describe('the recipes of the program', () => {
  it('are called like their files', async () => {
    const recipes = await listRecipes();
    expect(recipes.map(({ name }) => name)).toEqual([
      'baselines',
      'boundary-condition',
      'hierarchical',
      'latent-trajectories',
      'mnist-baseline',
      'outside',
      'precision',
      's-covae-scaling',
      'weighting',
    ]);
    expect(fs.readdirSync(recipesFolder()).sort()).toEqual(recipes.map(({ name }) => `${name}.json`));
  });

  it('have presets and settings that exist, in both sizes', async () => {
    const record = { ...(await importImages(home)), height: 28, width: 28 };
    for (const recipe of await listRecipes()) {
      for (const size of SIZES) {
        const plan = await planRuns(recipe, size, record, 0);
        expect(plan).toHaveLength(recipe.arms.length * recipe.sizes[size].seeds);
        for (const { runName } of plan) expect(runName.length).toBeLessThanOrEqual(64);
      }
    }
  });

  it('compare the learned average decoder with the identity boundary and nothing else', async () => {
    const record = { ...(await importImages(home)), height: 28, width: 28 };
    const [a, b] = await planRuns(await loadRecipe('boundary-condition'), 'full', record, 0);
    expect(a?.preset.config.objective).toMatchObject({ denoiserLoss: 'l2' });
    expect(b?.preset.config).toEqual({
      ...a?.preset.config,
      objective: { ...a?.preset.config.objective, denoiserLoss: null },
    });
    expect([a?.seed, b?.seed]).toEqual([0, 0]);
  });

  it('compare CoVAE and β-VAE on equal terms: the same network, training and adversarial term', async () => {
    const record = { ...(await importImages(home)), height: 28, width: 28 };
    const plan = await planRuns(await loadRecipe('baselines'), 'quick', record, 0);
    const [covae, betaVae, covaeGan, betaVaeGan] = [0, 1, 2, 3].map((i) => plan[i]!.preset.config);
    expect([covae, betaVae].map((config) => config!.objective.variant)).toEqual(['covae', 'beta-vae']);
    for (const config of [betaVae, covaeGan, betaVaeGan]) {
      expect(config!.network).toEqual(covae!.network);
      expect(config!.training).toEqual(covae!.training);
      expect(config!.objective.loss).toBe(covae!.objective.loss);
    }
    expect(covaeGan!.objective.adversarial).toEqual(betaVaeGan!.objective.adversarial);
    expect(covae!.objective.adversarial ?? null).toBeNull();
  });
});

describe('a recipe', () => {
  it('of an unknown name gives the names there are', async () => {
    await expect(loadRecipe('baseline')).rejects.toThrow(
      'There is no experiment "baseline"; choose one of baselines, boundary-condition, hierarchical, latent-trajectories, mnist-baseline, outside, precision, s-covae-scaling, weighting, or',
    );
  });

  it('from a file with a wrong key is refused with key and file', async () => {
    const file = path.join(home, 'mine.json');
    const text = fs.readFileSync(path.join(recipesFolder(), 'mnist-baseline.json'), 'utf8');
    fs.writeFileSync(file, text);
    expect((await loadRecipe(file)).name).toBe('mnist-baseline');
    fs.writeFileSync(file, text.replace('"question"', '"questions"'));
    await expect(loadRecipe(file)).rejects.toThrow(`${file}: key "questions" is not known`);
  });

  it.each<[string, object, RegExp]>([
    [
      'a plot of nothing',
      { plots: [{ kind: 'curve', metric: 'loss' }], measurements: [] },
      /length of at least 1/,
    ],
    [
      'a plot without its measurement',
      { plots: [{ kind: 'spread' }], measurements: [{ kind: 'training' }] },
      /the plot "spread" needs the measurement "spread"/,
    ],
    [
      'two arms of one name',
      {
        arms: [
          { name: 'a', label: 'A' },
          { name: 'a', label: 'B' },
        ],
      },
      /two arms have the same name/,
    ],
    [
      'the same measurement twice',
      { measurements: [{ kind: 'training' }, { kind: 'training' }], plots: [] },
      /stands there twice/,
    ],
    [
      'more latents than t-SNE takes',
      {
        measurements: [
          {
            kind: 'latents',
            images: { full: 500, quick: 10 },
            times: { full: 5, quick: 5 },
            trajectories: { full: 5, quick: 5 },
            perplexity: 5,
          },
        ],
        plots: [],
      },
      /images times times must be at most 2000/,
    ],
    ['a name for no folder', { name: '../up' }, /key "name" must match/],
    ['a newer version', { version: 2 }, /version 2 is newer than this program can read/],
  ])('with %s is refused', (_, changes, message) => {
    const result = v.safeParse(RecipeSchema, { ...smallRecipe(), ...changes });
    expect(result.success).toBe(false);
    expect(result.issues?.map(describeIssue).join('; ')).toMatch(message);
  });

  it('with a setting that does not exist names experiment, arm and key', async () => {
    const record = await importImages(home);
    const recipe = smallRecipe({ arms: [{ name: 'a', label: 'A', set: { 'training.stepps': 3 } }] });
    await expect(planRuns(recipe, 'quick', record, 0)).rejects.toThrow(
      /^Experiment "small", arm "a": there is no key "training.stepps"/,
    );
  });
});

import { describe, expect, it } from 'vitest';
import { type AdvisedData, adviceFor as adviceWith } from './advice.ts';

const data = (count: number, heldOut = 0, width = 32, channels: 1 | 3 = 3) => ({
  count,
  heldOut,
  width,
  height: width,
  channels,
});

const adviceFor = (data: AdvisedData) =>
  adviceWith(data, { name: 'small', batchSize: 16, adversarial: false });

describe('advice by count', () => {
  it('asks for less augmentation and fewer passes the more images there are', () => {
    const all = [5, 50, 200, 1000, 5000, 60_000].map((count) => adviceFor(data(count)));
    const strengths = all.map(({ settings }) => Number(settings['augment.strength'] ?? 0));
    expect(strengths).toEqual([...strengths].sort((a, b) => b - a));
    expect(strengths.at(-1)).toBe(0);
    expect(all.map(({ fineTune }) => fineTune)).toEqual([true, true, true, true, false, false]);
    for (const { settings } of all) expect(settings['training.steps']).toBeGreaterThanOrEqual(800);
  });

  it('counts what is trained on, and lets held-out images choose the strength', () => {
    const { text, settings } = adviceFor(data(250, 50, 28, 1));
    expect(text).toMatch(/^200 images to train on, 28 × 28\. /);
    expect(text).toContain('50 images are held out and will tell of overfitting.');
    expect(text).toContain(
      'Turn “Strength by overfitting” (augment.adaptive) on: it augments once the model overfits.',
    );
    expect(settings).toEqual({ 'training.steps': 2000, 'augment.adaptive': true });
    const few = adviceFor(data(80, 10));
    expect(few.text).toContain(
      'Augment, with 0.5 as “Augmentation strength” (augment.strength) and “Strength by overfitting” (augment.adaptive) on.',
    );
    expect(few.settings).toMatchObject({ 'augment.strength': 0.5, 'augment.adaptive': true });
    expect(adviceFor(data(250)).text).toContain('Augmentation brings little.');
    expect(adviceFor(data(250)).text).toContain('Hold some out when importing');
    expect(adviceFor(data(1)).text).toMatch(/^1 image to train on.*each image seen 12,800 times/);
    expect(text).not.toMatch(/--|covae /);
    expect(adviceFor(data(300, 0, 128)).text).toContain('take long without a GPU');
  });

  it('leaves the adversarial term out for colour alone, where the preset has one', () => {
    const tiny = { name: 'tiny', batchSize: 64, adversarial: true };
    const colour = adviceWith(data(300), tiny);
    expect(colour.text).toContain('Leave out the “Adversarial term” (objective.adversarial): ');
    expect(colour.settings).toHaveProperty(['objective.adversarial'], null);
    for (const advice of [adviceWith(data(300, 0, 32, 1), tiny), adviceFor(data(300))]) {
      expect(advice.text).not.toContain('adversarial');
      expect(advice.settings).not.toHaveProperty(['objective.adversarial']);
    }
  });
});

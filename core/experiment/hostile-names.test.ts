import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { importDataset } from '../data/import/import-dataset.ts';
import { openDataset } from '../data/packed.ts';
import { printable } from '../printable.ts';
import { runExperiment } from './experiment.ts';
import { fakeTrainer, importImages, smallRecipe, temporaryHome } from './test-fakes.ts';

let home: string;
beforeEach(() => {
  home = temporaryHome();
});
afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

it('a report shows names from outside, and none of them steers it', async () => {
  const classes = ['\u001b[31mred', 'neves\u202eeven', '👩\u200d👩\u200d👧 שלום'];
  await importImages(home, 'plain');
  const [from, to] = [path.join(home, 'images of plain'), path.join(home, 'odd images')];
  classes.forEach((name, i) =>
    fs.cpSync(path.join(from, i === 0 ? 'even' : 'odd'), path.join(to, name), { recursive: true }),
  );
  await importDataset({ home, name: 'mnist', request: { kind: 'folder', paths: [to] } });
  const dataset = await openDataset(home, 'mnist');
  const recipe = smallRecipe({
    title: 'A [link](https://example.org) <script>alert(1)</script>\u0007',
    question: '# Why?\n\n- one\u2028two',
    arms: [
      { name: 'a', label: 'left | right\u202e' },
      { name: 'b', label: '**loud** `code` \\' },
    ],
    measurements: [
      { kind: 'training' },
      {
        kind: 'latents',
        images: { full: 16, quick: 16 },
        times: { full: 3, quick: 3 },
        trajectories: { full: 4, quick: 4 },
        perplexity: 8,
      },
    ],
    plots: [
      { kind: 'curve', metric: 'loss' },
      { kind: 'latent-map', method: 'pca', colour: 'class' },
    ],
  });
  try {
    const { signal } = new AbortController();
    const trainer = fakeTrainer();
    const made = await runExperiment({ home, recipe, size: 'quick', dataset, firstSeed: 0, trainer, signal });
    const folder = made?.folder ?? '';
    const page = fs.readFileSync(path.join(folder, 'report.md'), 'utf8');
    for (const line of page.split('\n')) expect(printable(line)).toBe(line);
    expect(page).toContain(String.raw`# A \[link\](https://example.org) \<script\>alert(1)\</script\>\\x07`);
    expect(page).toContain(String.raw`\# Why?\\n\\n- one\\u2028two`);
    expect(page).toContain(String.raw`| left \| right\\u202e (2 runs) | \*\*loud\*\* \`code\` \\ (2 runs) |`);
    const svgs = fs.readdirSync(folder).filter((name) => name.endsWith('.svg'));
    const texts = svgs.map((name) => fs.readFileSync(path.join(folder, name), 'utf8'));
    for (const line of texts.join('').split('\n')) expect(printable(line)).toBe(line);
    const all = texts.join('');
    for (const shown of [String.raw`\x1b[31mred`, String.raw`neves\u202eeven`, classes[2]]) {
      expect(all).toContain(shown);
    }
    // Control characters would be no XML.
    for (const svg of texts) await sharp(Buffer.from(svg)).metadata();
    // Programs get the names as they are.
    expect(fs.readFileSync(path.join(folder, 'latents.csv'), 'utf8')).toContain('neves\u202eeven');
  } finally {
    dataset.close();
  }
});

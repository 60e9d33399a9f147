import fs from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dinov2Tensors, DINOV2_SMALL } from '../../core/evaluate/extractors/dinov2-network.ts';
import { weightsByRule } from '../../core/evaluate/extractors/test-weights.ts';
import { sha256OfFile } from '../../core/files.ts';
import { writeSafetensors } from '../../core/run/safetensors.ts';
import { covae, makeImages, root } from './test-cli.ts';

const cache = path.join(root, 'cache');
const before = process.env['COVAE_CACHE'];

beforeAll(() => {
  process.env['COVAE_CACHE'] = cache;
});

afterAll(() => {
  if (before === undefined) delete process.env['COVAE_CACHE'];
  else process.env['COVAE_CACHE'] = before;
});

describe('covae extractors', () => {
  it('says how to get the weights that are not there', async () => {
    const { code, stdout } = await covae('extractors', 'list');
    expect(code).toBe(0);
    expect(stdout).toContain(
      'inception: not there; get pt_inception-2015-12-05-6726825d.pth of pytorch-fid and add it by covae extractors add FILE',
    );
    const folder = path.join(root, 'images');
    await makeImages(folder);
    const compared = await covae('compare-images', folder, folder, '--extractor', 'inception');
    expect(compared.code).toBe(1);
    expect(compared.stderr).toContain("The weights of FID's Inception v3 are not there; get pt_inception");
  });

  it('keeps the weights of a known network, whatever stands before their names, and looks with them under a name of their own', async () => {
    const file = path.join(root, 'own.safetensors');
    const tensors = weightsByRule(dinov2Tensors(DINOV2_SMALL));
    const renamed = Object.entries(tensors).map(
      ([name, tensor]) => [`teacher.backbone.${name}`, tensor] as const,
    );
    await writeSafetensors(file, Object.fromEntries(renamed));
    const added = await covae('extractors', 'add', file, '--json');
    const sha256 = await sha256OfFile(file);
    expect(added.events.at(-1)).toMatchObject({
      network: 'dinov2-small',
      sha256,
      known: false,
      source: 'own.safetensors',
    });
    const { events } = await covae('extractors', 'list', '--json');
    expect(events.at(-1)).toMatchObject({
      extractors: expect.arrayContaining([
        expect.objectContaining({ name: 'dinov2-small', ready: true }),
        expect.objectContaining({ name: 'dinov2', ready: false }),
      ]) as unknown,
    });
    const folder = path.join(root, 'images');
    const { stdout } = await covae(
      'compare-images',
      folder,
      folder,
      '--extractor',
      'dinov2-small',
      '--count',
      '8',
    );
    expect(stdout).toContain(`FD-DINOv2-S-${sha256.slice(0, 8)}`);
  });

  it.each([
    ['of another network', 'zip.pth', 'holds none of the networks that images can be looked at with'],
    ['of a whole module', 'module.pth', 'holds more than tensors (torch.nn.modules.container.Sequential)'],
    ['that is no weights', 'make_files.py', 'is no file of PyTorch.'],
    ['that is missing', 'missing.pth', 'does not exist; check the path.'],
  ])('refuses a file %s in one sentence', async (_, name, sentence) => {
    const file = new URL(`../../core/weights/pytorch/testdata/${name}`, import.meta.url).pathname;
    const { code, stderr } = await covae('extractors', 'add', file);
    expect(code).toBe(1);
    expect(stderr).toContain(sentence);
  });

  it('refuses weights that are not finite, and leaves nothing behind', async () => {
    const file = path.join(root, 'broken.safetensors');
    const tensors = weightsByRule(dinov2Tensors(DINOV2_SMALL));
    tensors['norm.bias']!.data[3] = NaN;
    await writeSafetensors(file, tensors);
    const kept = await fs.readdir(path.join(cache, 'extractors'));
    const { stderr } = await covae('extractors', 'add', file);
    expect(stderr).toContain('tensor norm.bias holds a value that is not finite');
    expect(await fs.readdir(path.join(cache, 'extractors'))).toEqual(kept);
  });
});

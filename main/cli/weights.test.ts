/** The commands weights and describe, and what a run made from weights can do. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readSafetensors } from '../../core/run/safetensors.ts';
import { readRunManifest } from '../../core/run/run-folder.ts';
import { runCli } from './program.ts';
import { withoutAlarms } from './test-cli.ts';

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

async function covae(...args: string[]): Promise<Outcome> {
  let stdout = '';
  let stderr = '';
  const code = await runCli(args, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  });
  return { code, stdout, stderr };
}

/** The `result` of a command that was called with `--json`. */
async function resultOf(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await covae(...args, '--json');
  expect({ code, stderr: withoutAlarms(stderr) }).toEqual({ code: 0, stderr: '' });
  const value: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  if (typeof value !== 'object' || value === null) throw new Error(`no object: ${stdout}`);
  return { ...value };
}

// Most of these compile networks; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const golden = (name: string): string => path.join(__dirname, '../../core/train/testdata/golden', name);

let root: string;
let home: string;

beforeAll(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-weights-cli-'));
  home = path.join(root, 'home');
  fs.mkdirSync(path.join(root, 'images'));
  for (let i = 0; i < 12; i++) {
    const pixels = Uint8Array.from({ length: 256 }, (_, p) => (p * (i + 3) * 7) % 256);
    await sharp(pixels, { raw: { width: 16, height: 16, channels: 1 } })
      .png()
      .toFile(path.join(root, 'images', `${String(i)}.png`));
  }
  for (const size of ['16', '28']) {
    const images = ['data', 'import', path.join(root, 'images'), '--name', `noise${size}`, '--size', size];
    expect(await covae(...images, '--channels', '1', '--home', home)).toMatchObject({ code: 0, stderr: '' });
  }
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

describe('covae weights', () => {
  it('explains itself', async () => {
    expect((await covae('weights', '--help')).stdout).toMatch(/export[^]*import/);
    const { stdout } = await covae('weights', 'import', '--help');
    for (const word of ['<file>', '--config', '--name', '--data', '--step', '--ignore-unknown', '--home']) {
      expect(stdout).toContain(word);
    }
    expect((await covae('weights', 'export', '--help')).stdout).toMatch(/--out[^]*--weights[^]*--module/);
  });

  it('makes a run that draws at once, and trains when it is given data', async () => {
    const config = path.join(root, 'grey.json');
    const reference = v.parse(
      v.object({ config: v.record(v.string(), v.unknown()) }),
      JSON.parse(fs.readFileSync(golden('grey.json'), 'utf8')),
    );
    // Two steps to go.
    const short = { config: { ...reference.config, total_training_steps: 2, batch: 4 } };
    fs.writeFileSync(config, JSON.stringify(short));
    const from = ['weights', 'import', golden('grey.safetensors'), '--config', config, '--home', home];
    const { run } = await resultOf(...from, '--name', 'imported');
    const id = String(run);
    const folder = path.join(home, 'runs', id);
    expect(await readRunManifest(folder)).toMatchObject({ name: 'imported', dataset: null });

    const grid = path.join(root, 'grid.png');
    await resultOf('sample', id, '--count', '4', '--passes', '2', '--out', grid, '--home', home);
    expect(fs.existsSync(grid)).toBe(true);
    const between = await covae('interpolate', id, '--home', home);
    expect(between).toMatchObject({ code: 1, stdout: '' });
    expect(between.stderr).toBe(
      `covae: The run ${id} was made from weights and has no data set; give it one with covae resume ${id} --data NAME.\n`,
    );
    expect((await covae('resume', id, '--home', home)).stderr).toContain('has no data set');
    expect((await covae('resume', id, '--data', 'noise16', '--home', home)).stderr).toMatch(
      /images of "noise16" are 16×16×1, but the network takes 28×28×1/,
    );
    expect(await resultOf('resume', id, '--data', 'noise28', '--home', home)).toMatchObject({
      end: 'finished',
      step: 2,
    });
    expect(await readRunManifest(folder)).toMatchObject({ dataset: { name: 'noise28' } });
    await resultOf('interpolate', id, '--frames', '3', '--out', path.join(root, 'way.png'), '--home', home);
  });

  it('refuses to change the data set of a run', async () => {
    const args = ['weights', 'import', golden('grey.safetensors'), '--config', golden('grey.json')];
    const { run } = await resultOf(...args, '--data', 'noise28', '--name', 'with-data', '--home', home);
    const refused = await covae('resume', String(run), '--data', 'noise16', '--home', home);
    expect(refused.stderr).toMatch(/is trained on the data set "noise28" and cannot change to "noise16"/);
    const wrong = await covae(...args, '--data', 'noise16', '--home', home);
    expect(wrong).toMatchObject({ code: 1, stdout: '' });
    expect(wrong.stderr).toMatch(/^covae: The images of "noise16" are 16×16×1/);
  });

  it('writes the averages of the newest run to a file of its own name', async () => {
    const out = path.join(root, 'out.safetensors');
    const args = ['weights', 'import', golden('rgb-adversarial.safetensors')];
    const { run } = await resultOf(...args, '--config', golden('rgb-adversarial.json'), '--home', home);
    expect(String(run)).toMatch(/^rgb-adversarial-[a-z0-9]{6}$/);
    const written = await resultOf('weights', 'export', String(run), '--out', out, '--home', home);
    expect(written).toMatchObject({ run, weights: 'ema', module: 'autoencoder', step: 0, file: out });
    expect(Object.keys((await readSafetensors(out)).tensors)).toHaveLength(Number(written['tensors']));
    const again = ['weights', 'export', '--module', 'covae', '--out', out, '--home', home];
    expect(await covae(...again)).toMatchObject({
      code: 1,
      stderr: `covae: ${out} exists already; choose another name, or replace it with --force.\n`,
    });
    const text = await covae(...again, '--force');
    expect(text.stdout).toMatch(
      /^Wrote the averages of step 0, 198 tensors \(\d+ kB\), as .*out\.safetensors\.\nIts model card is .*out\.card\.md\.\n/,
    );
    expect(fs.readFileSync(path.join(root, 'out.card.md'), 'utf8')).toContain(`\`${String(run)}\``);
    const bare = path.join(root, 'bare.safetensors');
    await resultOf('weights', 'export', '--out', bare, '--no-card', '--home', home);
    expect(fs.readdirSync(root).filter((name) => name.startsWith('bare'))).toEqual(['bare.safetensors']);
    expect((await readSafetensors(out)).metadata).toMatchObject({ module: 'covae', run });
  });

  it('makes a run of what the reference’s trainer wrote, and takes it elsewhere as networks', async () => {
    const files = path.join(__dirname, '../../core/train/testdata/torch');
    const config = ['--config', path.join(files, 'config.json'), '--home', home];
    const imported = await covae('weights', 'import', path.join(files, 'reference.ckpt'), ...config);
    expect(imported).toMatchObject({ code: 0, stderr: '' });
    expect(imported.stdout).toMatch(/The file has weights and EMA weights\.\n\d+ other tensors/);
    expect(imported.stdout).toMatch(
      /\nNothing of the file was run: \S+ and \d+ other things stayed unmade\.\n/,
    );
    const out = path.join(root, 'networks');
    const text = await covae(
      'weights',
      'export',
      '--as',
      'onnx-int8',
      '--licence',
      'MIT',
      '--out',
      out,
      '--home',
      home,
    );
    expect(text.code).toBe(0);
    expect(text.stdout).toMatch(
      /\nWrote the averages of step 0 in 4 files \(\d+ kB\) into .*networks; its README\.md says/,
    );
    expect(text.stdout).toMatch(
      /\nWith weights of 8 bits, 64 samples in 1 pass differ by \S+ of 255 on average and \d+ at most/,
    );
    expect(fs.readdirSync(out).sort()).toEqual([
      'README.md',
      'decoder.onnx',
      'encoder.onnx',
      'model-card.json',
    ]);
    const again = await covae('weights', 'export', '--as', 'onnx', '--out', out, '--home', home);
    expect(again.stderr).toBe(
      `covae: ${out} is not an empty folder; choose a new one, so that nothing is overwritten.\n`,
    );
    const force = ['weights', 'export', '--as', 'savedmodel', '--force', '--home', home];
    expect((await covae(...force)).stderr).toMatch(
      /--force replaces files, and savedmodel is written as a new folder/,
    );
    const dtype = ['weights', 'export', '--as', 'onnx', '--dtype', 'float16', '--home', home];
    expect((await covae(...dtype)).stderr).toMatch(/--dtype belongs to --as safetensors/);
    const licence = ['weights', 'export', '--licence', 'all mine', '--home', home];
    expect((await covae(...licence)).stderr).toMatch(/SPDX identifier/);
  });

  it('ends with one sentence when something is wrong', async () => {
    const none = path.join(root, 'none');
    expect(await covae('weights', 'import', none, '--home', home)).toEqual({
      code: 1,
      stdout: '',
      stderr: `covae: ${none} does not exist; check the path.\n`,
    });
    const other = await covae('weights', 'import', golden('grey.json'), '--home', home);
    expect(other.stderr).toMatch(/^covae: .*grey\.json is not a valid safetensors file: [^\n]*\.\n$/);
    expect((await covae('weights', 'export', 'nobody', '--home', home)).stderr).toMatch(/no run "nobody"/);
    expect((await covae('weights', 'export', '--weights', 'best', '--home', home)).stderr).toMatch(
      /Allowed choices are ema, raw/,
    );
  });
});

describe('covae describe', () => {
  it('prints layers, parameters, memory and work', async () => {
    const { code, stdout, stderr } = await covae('describe', 'mnist');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.split('\n');
    expect(lines[0]).toBe('mnist: images of 28 × 28 × 1, latent 7 × 7 × 1, variant covae');
    expect(stdout).toMatch(
      /^encoder\.enc\.14x14_block0 {2,}block, attention {2,}14 × 14 × 128 {2,}427,776 {2,}80\.5 M$/m,
    );
    expect(stdout).toMatch(
      /^Parameters: 8,735,372 \(embedding 82,432, encoder 3,784,328, decoder 4,868,612\)\.$/m,
    );
    expect(stdout).toMatch(/^Memory of a step, estimated: 5\.\d+ GB for 128 images at once \(weights/m);
    expect(stdout).toMatch(/^Work of a step: 2\.02 TFLOP at most for 128 images \(forward /m);
    // Numbers end under each other.
    const ends = lines.slice(2, 20).map((line) => line.length);
    expect(new Set(ends).size).toBe(1);
  });

  it('gives the same as JSON, and reads files in each form', async () => {
    expect(await resultOf('describe', 'mnist-small')).toMatchObject({
      preset: 'mnist-small',
      latent: [7, 7, 1],
      parameters: { total: 1_520_764 },
      memory: { weights: 16 * 1_520_764 },
    });
    const described = await resultOf('describe', golden('rgb-adversarial.json'));
    expect(described).toMatchObject({ parameters: { total: 61_418, discriminator: 44_649 } });
  });

  it('says which presets there are', async () => {
    const { code, stderr } = await covae('describe', 'huge');
    expect(code).toBe(1);
    expect(stderr).toMatch(/no preset "huge"; choose one of .*mnist-small/);
  });
});

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCli } from './program.ts';

vi.setConfig({ testTimeout: 300_000 });

const GOLDEN = path.join(import.meta.dirname, '..', '..', 'core', 'train', 'testdata', 'golden');
const SMALL = 'vector-categorical-linear';

let root: string;
beforeAll(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-parity-cli-'));
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

async function covae(...args: string[]) {
  let stdout = '';
  let stderr = '';
  const code = await runCli(args, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  });
  return { code, stdout, stderr, lines: stdout.trimEnd().split('\n') };
}

/** A folder with the smallest golden case under the names given; `broken` ones have cut tensors. */
function folderOf(...names: string[]): string {
  const folder = fs.mkdtempSync(path.join(root, 'cases-'));
  for (const name of names) {
    for (const extension of ['json', 'safetensors']) {
      fs.copyFileSync(path.join(GOLDEN, `${SMALL}.${extension}`), path.join(folder, `${name}.${extension}`));
    }
    if (name.startsWith('broken')) fs.truncateSync(path.join(folder, `${name}.safetensors`), 1000);
  }
  return folder;
}

const NUMBER = String.raw`\d(\.\d)?e-\d+`;

describe('covae parity', () => {
  it('explains itself', async () => {
    const { code, stdout } = await covae('parity', '--help');
    expect(code).toBe(0);
    for (const word of ['<dir>', '--compiled', '--json', 'NAME.safetensors']) expect(stdout).toContain(word);
  });

  it('prints a line a case and ends with 0 when all agree', async () => {
    const { code, stderr, lines } = await covae('parity', folderOf('small'));
    expect(stderr).toBe('');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^case +run +result +forward +loss +gradients +sampling +training +weights$/);
    expect(lines[1]).toMatch(/^ +allowed +1e-4 +1e-4 +1e-3 +1e-4 +1e-4 +1e-3$/);
    expect(lines[2]).toMatch(new RegExp(`^small +eager +pass( +${NUMBER}){6}$`));
    expect(lines[3]).toBe('The one case agrees with the reference.');
    expect(code).toBe(0);
  });

  it('goes on after a damaged case, names the worst tensor of one that differs, and ends with 1', async () => {
    const folder = folderOf('broken', 'changed', 'small');
    const file = path.join(folder, 'changed.json');
    const text = fs.readFileSync(file, 'utf8').replace(/"kl_loss": [\d.]+/, '"kl_loss": 1000');
    fs.writeFileSync(file, text);
    const { code, lines } = await covae('parity', folder);
    expect(code).toBe(1);
    expect(lines[2]).toMatch(
      /^broken +eager +FAIL( +–){6} .*broken\.safetensors is not a valid safetensors file/,
    );
    expect(lines[3]).toMatch(
      /^changed +eager +FAIL .* worst: losses\[0\]\.kl_loss is off by \d.*, 1e-4 is allowed$/,
    );
    expect(lines[4]).toMatch(/^small +eager +pass/);
    expect(lines[5]).toBe('2 of 3 cases do not agree with the reference: broken, changed.');
  });

  it('prints objects with --json, and runs what trainings run with --compiled', async () => {
    const { code, lines, stderr } = await covae(
      'parity',
      folderOf('broken', 'small'),
      '--compiled',
      '--json',
    );
    expect(code).toBe(1);
    expect(stderr).toBe('covae: 1 of 2 cases does not agree with the reference: broken.\n');
    const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events).toMatchObject([
      {
        event: 'cases',
        names: ['broken', 'small'],
        tolerances: { forward: 1e-4, trainingLoss: 1e-4, training: 1e-3 },
      },
      { event: 'case', name: 'broken', passed: false, checks: 0 },
      {
        event: 'case',
        name: 'small',
        execution: 'compiled',
        passed: true,
        problem: null,
        failures: [],
        worst: { forward: { group: 'forward' } },
      },
      { event: 'result', ok: false, cases: 2, failed: ['broken'] },
    ]);
  });

  it('refuses a folder that is missing or has no cases', async () => {
    const gone = path.join(root, 'gone');
    expect(await covae('parity', gone)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `covae: ${gone} does not exist; check the path.\n`,
    });
    const empty = folderOf();
    expect((await covae('parity', empty)).stderr).toBe(
      `covae: ${empty} has no golden cases; give a folder with pairs of NAME.json and NAME.safetensors.\n`,
    );
    expect((await covae('parity')).stderr).toContain("missing required argument 'dir'");
  });
});

import { describe, expect, it } from 'vitest';
import { listPresets } from '../../core/config/presets.ts';
import { SETTINGS } from '../../core/config/settings-table.ts';
import { settingsPage } from '../../core/config/settings-text.ts';
import { covae } from './test-cli.ts';

describe('covae settings', () => {
  it('lists every setting, or those whose key begins so', async () => {
    const all = await covae('settings');
    expect(all).toMatchObject({ code: 0, stderr: '' });
    for (const { key, term } of SETTINGS) expect(all.stdout).toContain(`  ${key}: ${term}.`);
    expect((await covae('settings', 'training.clip')).stdout).toBe(
      'Training\n' +
        '  training.clipNorm: Gradient clipping. Gradients are scaled down to this L2 norm over all weights; ' +
        '0 leaves them as they are.\n' +
        '      a number from 0 to 1,000,000.\n',
    );
    const { stdout } = await covae('settings', 'network.finalDim');
    expect(stdout).toContain('Latent: Spatial (null), otherwise Vector.');
  });

  it('gives machines the whole table', async () => {
    const { stdout } = await covae('settings', 'objective.adversarial', '--json');
    const { settings } = JSON.parse(stdout) as { settings: { key: string; limits: object }[] };
    expect(settings.map(({ key }) => key)).toEqual([
      'objective.adversarial',
      'objective.adversarial.warmupSteps',
      'objective.adversarial.weight',
      'objective.adversarial.rampShare',
      'objective.adversarial.filters',
      'objective.adversarial.samples',
      'objective.adversarial.rateRatio',
    ]);
    expect(settings[4]?.limits).toMatchObject({ kind: 'number', whole: true, min: 1, max: 1024 });
  });

  it('writes the page of the documentation', async () => {
    expect((await covae('settings', '--markdown')).stdout).toBe(settingsPage(await listPresets()));
  });

  it('refuses a key that there is not', async () => {
    const { code, stderr } = await covae('settings', 'training.stps');
    expect(code).toBe(1);
    expect(stderr).toBe(
      'covae: There is no setting whose key begins with "training.stps"; covae settings lists all of them.\n',
    );
  });

  it('is where the help of --set gets its keys from', async () => {
    const { stdout } = await covae('train', '--help');
    for (const { key } of SETTINGS) expect(stdout).toContain(`    ${key} `);
  });
});

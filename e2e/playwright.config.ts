import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from '@playwright/test';

/** Tests start Electron from `process.env.COVAE_ELECTRON_PATH`; set-up has noted where it is. */
function electronPath(): string {
  const notes: unknown = JSON.parse(
    readFileSync(join(import.meta.dirname, '..', 'node_modules', '.covae', 'setup.json'), 'utf8'),
  );
  if (notes && typeof notes === 'object' && 'electron' in notes) {
    const { electron } = notes;
    if (electron && typeof electron === 'object' && 'executable' in electron)
      return String(electron.executable);
  }
  throw new Error('Electron is not set up; run `npm run setup` first.');
}

process.env['COVAE_ELECTRON_PATH'] ??= electronPath();

export default defineConfig({
  testDir: '.',
  // Not a test: takes pictures for docs/guide.
  ...(process.env['COVAE_GUIDE_PICTURES'] === '1' && { testMatch: 'guide-pictures.ts' }),
  outputDir: '../test-results',
  // One application at a time: each test trains, and training takes all cores.
  workers: 1,
  fullyParallel: false,
  retries: 0,
  forbidOnly: true,
  timeout: 400_000,
  expect: { timeout: 20_000 },
  reporter: [['list']],
  use: { trace: 'retain-on-failure', screenshot: 'only-on-failure' },
});

import path from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';
import { guidePlugin } from './renderer/build/guide-plugin.ts';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take longest, longest first: begun last, one of them would run on alone after all others. */
const LONG = [
  'core/train/golden.test.ts',
  'torture/torture.test.ts',
  'core/train/parity/parity.test.ts',
  'core/train/enduring.test.ts',
  'core/train/program.test.ts',
  'main/cli/stopping.test.ts',
  'core/bench/measure.test.ts',
  'core/experiment/experiment.test.ts',
];

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const found = LONG.indexOf(path.relative(import.meta.dirname, moduleId).replaceAll('\\', '/'));
      return found < 0 ? LONG.length : found;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  test: {
    // More would only slow each other: the native library takes all cores where a computation is large enough.
    maxWorkers: 2,
    sequence: { sequencer: LongFirst },
    projects: [
      {
        // As in a built application, recorded graphs are kept: scripts/test-cache.mjs says where and how long.
        define: { __COVAE_BUILD__: JSON.stringify('tests') },
        test: {
          name: 'program',
          globalSetup: 'scripts/test-cache.mjs',
          include: ['{core,fuzz,main,text,torture}/**/*.test.ts', 'scripts/**/*.test.mjs'],
          pool: 'forks',
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        plugins: [guidePlugin(), svelte(), svelteTesting({ autoCleanup: false })],
        test: { name: 'renderer', include: ['renderer/{build,src}/**/*.test.ts'], pool: 'forks' },
      },
    ],
  },
});

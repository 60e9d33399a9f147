import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // The native library takes both cores by itself; files side by side only slow each other.
    fileParallelism: false,
    projects: [
      {
        test: {
          name: 'program',
          include: ['{core,fuzz,main,torture}/**/*.test.ts', 'scripts/**/*.test.mjs'],
          pool: 'forks',
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        plugins: [svelte(), svelteTesting({ autoCleanup: false })],
        test: { name: 'renderer', include: ['renderer/src/**/*.test.ts'], pool: 'forks' },
      },
    ],
  },
});

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // The repository's root, so that node_modules lies within it.
  root: `${import.meta.dirname}/..`,
  plugins: [svelte(), svelteTesting({ autoCleanup: false })],
  test: {
    name: 'renderer',
    include: ['renderer/src/**/*.test.ts'],
    pool: 'forks',
  },
});

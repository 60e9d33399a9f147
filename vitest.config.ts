import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['core/**/*.test.ts', 'main/**/*.test.ts', 'scripts/**/*.test.mjs'],
    // The native library takes both cores by itself; files side by side only slow each other.
    fileParallelism: false,
    pool: 'forks',
    testTimeout: 60_000,
  },
});

import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { guidePlugin } from './build/guide-plugin.ts';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  // The window is served from a custom scheme: addresses stay relative.
  base: './',
  plugins: [guidePlugin(), svelte()],
  // The guide's pictures lie beside this folder.
  server: { fs: { allow: ['..'] } },
  build: {
    target: 'chrome114',
    outDir: '../dist/renderer',
    emptyOutDir: true,
    // The content security policy allows neither inline scripts nor data: style sheets.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
});

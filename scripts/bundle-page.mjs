/** Bundles the program of the page that is exported with a model (`renderer/page/`): one script, with all it needs. */
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { root } from './setup/paths.mjs';

/**
 * @param {string} [outfile] where to; default: nowhere
 * @returns {Promise<{ script: string, inputs: string[] }>} the program, and the files it is made of
 */
export async function bundlePage(outfile) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['renderer/page/page.ts'],
    outfile: outfile ?? 'page.js',
    write: outfile !== undefined,
    bundle: true,
    platform: 'browser',
    // What browsers of 2022 can.
    target: ['chrome100', 'firefox100', 'safari15'],
    format: 'iife',
    minify: true,
    charset: 'ascii',
    // Pages are passed on: what licences ask to be kept goes along, each text once.
    legalComments: 'eof',
    loader: { '.css': 'text' },
    metafile: true,
    logLevel: 'silent',
  });
  return { script: outputFiles?.[0]?.text ?? '', inputs: Object.keys(metafile.inputs) };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  await bundlePage(process.argv[2]);

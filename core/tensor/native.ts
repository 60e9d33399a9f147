/**
 * Prepares and loads TensorFlow's native addon. Imported for its side effects, before anything that
 * imports the package itself: the settings below are read once, while it loads.
 */
import { createRequire } from 'node:module';
import util from 'node:util';
import { UserError } from '../errors.ts';
import { threadSettings } from './threads.ts';

// One message a start about instruction sets helps nobody; errors still come as exceptions.
process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
// Its own default leaves oneDNN's convolutions off on processors without AVX-512, where they help as well.
process.env['TF_ENABLE_ONEDNN_OPTS'] ??= '1';
// Without it TensorFlow takes the whole GPU, also from the program that shows the window.
process.env['TF_FORCE_GPU_ALLOW_GROWTH'] ??= 'true';
for (const [name, value] of Object.entries(threadSettings())) process.env[name] ??= value;

/** The package calls these two; Node 23 removed them. */
function restoreRemovedUtilFunctions(): void {
  const removed: [string, (value: unknown) => boolean][] = [
    ['isNullOrUndefined', (value) => value === null || value === undefined],
    ['isArray', (value) => Array.isArray(value)],
  ];
  for (const [name, implementation] of removed) {
    if (!(name in util)) Object.defineProperty(util, name, { value: implementation });
  }
}

restoreRemovedUtilFunctions();

try {
  // Bundled to CommonJS there is a `__filename` and no `import.meta.url`.
  createRequire(typeof __filename === 'string' ? __filename : import.meta.url)('@tensorflow/tfjs-node-gpu');
} catch (error) {
  const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '').trim() : String(error);
  throw new UserError(
    `TensorFlow's native library could not be loaded (${reason.replace(/[.\s]+$/, '')}); run \`npm run setup\` to build it again.`,
    { cause: error },
  );
}

/** Sets up, then does the main job without a window: `npm run demo [-- options of covae demo]`. */
import { setUp } from './setup.mjs';

if (await setUp({ electron: 'wished' })) {
  // In this very process, so that Ctrl-C and the exit code need no passing on.
  process.argv.splice(2, 0, 'demo');
  await import('../bin/covae.mjs');
} else {
  process.exitCode = 1;
}

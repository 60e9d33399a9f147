/** `npm run package:test`: tries on the packaged application what it must refuse. `npm run package` makes it. */
import { existsSync } from 'node:fs';
import { applicationOf } from './package/application.mjs';
import { TRIES } from './package/tries.mjs';
import { root } from './setup/paths.mjs';
import { failureText, step } from './setup/report.mjs';

async function main() {
  const application = applicationOf(root);
  if (!existsSync(application)) {
    process.stderr.write('There is no packaged application; `npm run package` makes it.\n');
    return 1;
  }
  let failed = 0;
  for (const [title, work] of TRIES) {
    try {
      await step(title, (progress) => work(application, progress));
    } catch (error) {
      failed++;
      process.stderr.write(`${failureText(title, error)}\n`);
    }
  }
  process.stdout.write(`${TRIES.length - failed} passed, ${failed} failed\n`);
  return failed > 0 ? 1 : 0;
}

process.exitCode = await main();

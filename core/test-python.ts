/** For tests: the Python whose libraries read our files, where it is installed. */
import { execFileSync } from 'node:child_process';

/**
 * A Python that has these modules, `COVAE_PYTHON` before the system's; null where there is none, which is said: what they
 * would read is not compared then.
 */
export function pythonWith(...modules: string[]): string | null {
  for (const name of [process.env['COVAE_PYTHON'], 'python3']) {
    if (name === undefined) continue;
    try {
      const find = modules.map((module) => `assert importlib.util.find_spec('${module}')`).join('; ');
      execFileSync(name, ['-c', `import importlib.util; ${find}`], { stdio: 'ignore' });
      return name;
    } catch {
      // Not this one.
    }
  }
  process.stderr.write(
    `No Python with ${modules.join(', ')} (COVAE_PYTHON): what it would read is not compared.\n`,
  );
  return null;
}

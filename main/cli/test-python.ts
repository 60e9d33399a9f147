/** For tests: what other programs read of our files, where they are installed. */
import { execFileSync } from 'node:child_process';

/** A Python with NumPy and Pillow, and pyarrow where it is wanted; null where there is none. */
export function python(...modules: string[]): string | null {
  for (const name of [process.env['COVAE_PYTHON'], 'python3']) {
    if (name === undefined) continue;
    try {
      execFileSync(name, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' });
      return name;
    } catch {
      // Not this one.
    }
  }
  console.warn(`No Python with ${modules.join(', ')} (COVAE_PYTHON): what it would read is not compared.`);
  return null;
}

/** For tests: the Python that has TensorBoard; said where there is none. */
import { execFileSync } from 'node:child_process';

/** @returns null where there is none: what TensorBoard would read is not compared then */
export function pythonWithTensorboard(): string | null {
  for (const name of [process.env['COVAE_TENSORBOARD'], process.env['COVAE_PYTHON'], 'python3']) {
    if (name === undefined) continue;
    try {
      execFileSync(name, ['-c', 'import tensorboard'], { stdio: 'ignore' });
      return name;
    } catch {
      // Not this one.
    }
  }
  process.stderr.write('No Python with tensorboard (COVAE_TENSORBOARD): what it reads is not compared.\n');
  return null;
}

/** Programs that tests need and a machine may lack. */
import { spawnSync } from 'node:child_process';

/** Whether it can be run here. */
export function hasProgram(name: 'ffmpeg' | 'ffprobe'): boolean {
  return spawnSync(name, ['-version']).status === 0;
}

/** Why a process ended, in a sentence for the person. */
import { isOutOfMemory } from '../../core/errors.ts';

/** What Electron's `child-process-gone` says; null when it did not say anything. */
export interface GoneDetails {
  reason: string;
  exitCode: number;
}

/**
 * @param name what the process is called, `trainer` for instance
 * @param details from `child-process-gone`: its exit event alone reports code 0 also for crashes
 * @param lastWords the end of what it wrote to stderr
 */
export function endReason(name: string, details: GoneDetails | null, lastWords: string): string {
  if (details?.reason === 'oom' || isOutOfMemory(lastWords)) {
    return `The ${name} ran out of memory; use a smaller batch or a smaller network.`;
  }
  switch (details?.reason) {
    case 'killed':
      return `The ${name} was ended from outside, by a person or by the system for lack of memory.`;
    case 'crashed':
    case 'abnormal-exit':
      return `The ${name} crashed (code ${details.exitCode}).`;
    case 'launch-failed':
    case 'integrity-failure':
      return `The ${name} could not be started (code ${details.exitCode}); install the application again.`;
    default:
      return `The ${name} ended unexpectedly.`;
  }
}

/** Who is served first where processor cores are short. */
import os from 'node:os';

/**
 * Niceness of the processes that main forks; main and the window have 0. The window answers a hand while a training takes all
 * cores, and a training, with whoever draws or moves a slider meanwhile, goes before what takes long beside it, which has a quarter
 * of a core's time where a training wants all of it.
 */
const NICENESS = { training: 5, beside: 10 } as const;

/** To be called at the beginning of a process: threads that it has already keep the priority that they began with. */
export function giveWay(role: keyof typeof NICENESS): void {
  try {
    os.setPriority(NICENESS[role]);
  } catch {
    // Then it is as fast as they are.
  }
}

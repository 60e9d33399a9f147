/** What of a library can be locked, see lock.ts. */
import path from 'node:path';
import { datasetFolder, runFolder } from './library.ts';
import { acquireLock, acquireUse, type Lock, refuseOthers } from './lock.ts';

/** Beside the data sets and runs; hidden, so that it is taken for neither. */
export function locksFolder(home: string): string {
  return path.join(home, '.locks');
}

/**
 * Takes a run for oneself: nobody else trains it, goes back in it, renames or removes it meanwhile.
 *
 * @param doing after the run's id: `is being trained`
 * @throws UserError (`busy`) that names who has it; when `id` cannot be the id of a run
 */
export function lockRun(home: string, id: string, doing: string): Lock {
  const name = `run-${path.basename(runFolder(home, id))}`;
  return acquireLock(locksFolder(home), name, { subject: `Run ${id}`, doing });
}

/** Takes what `run.json` says for oneself, also of a run that someone trains. @throws UserError (`busy`) */
export function lockRunRecord(home: string, id: string): Lock {
  const name = `record-${path.basename(runFolder(home, id))}`;
  return acquireLock(locksFolder(home), name, { subject: `Run ${id}`, doing: 'is being written down anew' });
}

/**
 * As {@link lockRun}, for the name of a data set, whether there is one of that name or is about to be.
 *
 * @param options.freesRoom see {@link acquireLock}
 */
export function lockDataset(
  home: string,
  name: string,
  doing: string,
  options: { freesRoom?: boolean } = {},
): Lock {
  return acquireLock(locksFolder(home), datasetLock(home, name), {
    subject: `Data set "${name}"`,
    doing,
    ...options,
  });
}

/**
 * Says that a data set is in use: nobody changes or removes it meanwhile.
 *
 * @param doing after its name: `is in use for the training of run digits-abc123`
 * @throws UserError (`busy`) when someone changes it now
 */
export function useDataset(home: string, name: string, doing: string): Lock {
  return acquireUse(locksFolder(home), datasetLock(home, name), { subject: `Data set "${name}"`, doing });
}

function datasetLock(home: string, name: string): string {
  return `dataset-${path.basename(datasetFolder(home, name))}`;
}

/** Takes the list of runs that wait for oneself. @throws UserError (`busy`) */
export function lockQueue(home: string, doing: string): Lock {
  return acquireLock(locksFolder(home), 'queue', { subject: `The queue of ${home}`, doing });
}

/** Trains what waits, nobody else meanwhile. @throws UserError (`busy`) that names who does */
export function lockQueueRun(home: string): Lock {
  const subject = `The queue of ${home}`;
  return acquireLock(locksFolder(home), 'queue-run', { subject, doing: 'is being trained' });
}

/** Takes the library's trash for oneself. @throws UserError (`busy`) */
export function lockTrash(home: string, doing: string): Lock {
  const subject = `The trash of ${home}`;
  return acquireLock(locksFolder(home), 'trash', { subject, doing, freesRoom: true });
}

/**
 * Refuses while another process trains, changes or uses anything of a library, also a data set or a run that is about to be.
 *
 * @throws UserError (`busy`) that names who does
 */
export function refuseWhileOthersWork(home: string): void {
  refuseOthers(locksFolder(home), (name) => {
    if (name.startsWith('run-')) return `Run ${name.slice('run-'.length)}`;
    return name.startsWith('dataset-')
      ? `Data set "${name.slice('dataset-'.length)}"`
      : `The library ${home}`;
  });
}

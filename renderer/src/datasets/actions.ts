/** What can be done with a data set as a whole, from its card and from its page. */
import { formatPlural } from '../format.ts';
import type { Studio } from '../studio.ts';
import type { TrashEntry } from './trash.svelte.ts';

/** Puts a data set aside, and offers to take that back. */
export async function removeDataset(studio: Studio, name: string): Promise<void> {
  const { bridge, library, notices, settings, trash, fail } = studio;
  const runs = library.runs.filter((run) => run.dataset === name).length;
  try {
    const { token } = await library.letGo(name, () => bridge.call('datasets.remove', { name }));
    if (settings.get('navigation').dataset === name) settings.set('navigation', { dataset: null });
    const text =
      runs === 0
        ? `“${name}” is deleted.`
        : `“${name}” is deleted; ${formatPlural(runs, 'run')} cannot go on without it.`;
    const undo = { label: 'Undo', run: () => void restoreDataset(studio, token) };
    trash.offer(token, notices.undoable(text, undo));
  } catch (error) {
    fail(error);
  }
}

/** Takes back a data set that was put aside. */
export async function restoreDataset(
  { bridge, library, notices, fail }: Studio,
  token: string,
): Promise<void> {
  try {
    const { name } = await bridge.call('datasets.restore', { token });
    await library.refresh('datasets');
    notices.done(`“${name}” is back.`);
  } catch (error) {
    fail(error);
  }
}

/** Removes a data set that was put aside for good. */
export async function discardDataset(
  { bridge, notices, fail }: Studio,
  { token, name }: TrashEntry,
): Promise<void> {
  try {
    await bridge.call('datasets.discard', { token });
    notices.done(`“${name}” is deleted for good.`);
  } catch (error) {
    fail(error);
  }
}

/** Removes all data sets that were put aside for good. */
export async function emptyTrash({ bridge, notices, fail }: Studio): Promise<void> {
  try {
    await bridge.call('datasets.emptyTrash', {});
    notices.done('The recently deleted data sets are gone for good.');
  } catch (error) {
    fail(error);
  }
}

/** Opens the dialog for the source of a data set, with the options of its import. */
export async function duplicateDataset({ bridge, imports, fail }: Studio, name: string): Promise<void> {
  try {
    imports.setUp({ ...(await bridge.call('datasets.again', { name })), name });
  } catch (error) {
    fail(error);
  }
}

/** Throws the sentence of a refusal. */
export async function renameDataset(studio: Studio, name: string, to: string): Promise<void> {
  const { bridge, library, settings } = studio;
  const { dataset } = settings.get('navigation');
  await library.letGo(name, () => bridge.call('datasets.rename', { name, to }));
  await library.refresh('runs');
  if (dataset === name) settings.set('navigation', { dataset: to });
  if (settings.get('newTraining').dataset === name) settings.set('newTraining', { dataset: to });
}

/** Asks where the folder of a missing data set is now. */
export async function relocateDataset(
  { bridge, library, notices, fail }: Studio,
  name: string,
  fingerprint: string | null,
): Promise<void> {
  try {
    if (!(await bridge.call('datasets.relocate', { name, fingerprint }))) return;
    await library.refresh('datasets');
    notices.done(`“${name}” is found again.`);
  } catch (error) {
    fail(error);
  }
}

/** A data set that is gone for good is not shown as missing any more. */
export async function forgetDataset({ bridge, library, fail }: Studio, name: string): Promise<void> {
  try {
    await library.letGo(name, () => bridge.call('datasets.forget', { name }));
  } catch (error) {
    fail(error);
  }
}

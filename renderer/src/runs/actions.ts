/** What is done with runs from the window, from a list of them or from the page of one. */
import { formatPlural, plural } from '../format.ts';
import type { Studio } from '../studio.ts';

/** Moves runs to the library's trash; a notice takes it back for a while. What cannot be moved is said and stays. */
export async function removeRuns(studio: Studio, runIds: readonly string[]): Promise<void> {
  const { bridge, library, notices, settings, fail } = studio;
  const tokens: string[] = [];
  const names: string[] = [];
  for (const runId of runIds) {
    try {
      const name = library.run(runId)?.name ?? runId;
      tokens.push((await bridge.call('runs.remove', { runId })).token);
      names.push(name);
      if (settings.get('run').id === runId) settings.set('run', { id: '' });
    } catch (error) {
      fail(error);
    }
  }
  await library.refresh('runs');
  if (tokens.length === 0) return;
  const what = tokens.length === 1 ? `“${names[0]}”` : formatPlural(tokens.length, 'run');
  notices.undoable(`${what} ${plural(tokens.length, 'was', 'were')} removed.`, {
    label: 'Undo',
    run: () => void restoreRuns(studio, tokens),
  });
}

/** Brings removed runs back. */
export async function restoreRuns(
  { bridge, library, fail }: Studio,
  tokens: readonly string[],
): Promise<void> {
  for (const token of tokens) await bridge.call('runs.restore', { token }).catch(fail);
  await library.refresh('runs');
}

/** Puts the command into the clipboard that starts a training like that of a run once more. */
export async function copyCommand({ bridge, notices, fail }: Studio, runId: string): Promise<void> {
  try {
    const { command } = await bridge.call('runs.command', { runId });
    if (command === null) {
      notices.error(
        'No command makes this run: its weights were imported, or its preset is not one of the program’s.',
      );
      return;
    }
    await navigator.clipboard.writeText(command);
    notices.done(`The command is in the clipboard: ${command}`);
  } catch (error) {
    fail(error);
  }
}

/** Shows the folder of a run in the file manager. */
export function openFolder({ bridge, fail }: Studio, runId: string): void {
  bridge.call('runs.reveal', { runId }).catch(fail);
}

/** Tags as they are typed, between commas. */
export function tagsOf(text: string): string[] {
  return [...new Set(text.split(',').map((tag) => tag.trim()))].filter((tag) => tag !== '');
}

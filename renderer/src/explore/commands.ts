/** The commands that draw what is seen on a board, one for each part of it. */
import type { KeyPoint, Look, View } from '../../../core/explore/view.ts';
import { commandOfView, formatPoint, shellWord } from '../../../main/ipc/contract.ts';

export interface SeenCommand {
  /** Which part of the board. */
  label: string;
  command: string;
}

/** What commands are made from. */
export interface Seen {
  run: string;
  step: 'best' | number | undefined;
  look: Look;
}

/** A part of a board that a view draws. */
export interface SeenView {
  label: string;
  view: View;
  columns?: number;
}

export function viewCommand({ run, step, look }: Seen, { label, view, columns }: SeenView): SeenCommand {
  const width = columns === undefined ? {} : { columns };
  return { label, command: commandOfView(view, look, { run, step, ...width }) };
}

/** Options of how latents are made, as the views' commands have them. */
function lookWords(seen: Seen): string {
  const view: View = { kind: 'points', points: [{ kind: 'image', index: 0 }] };
  const whole = commandOfView(view, seen.look, { run: 'RUN', step: seen.step });
  return whole.replace(/^covae decode RUN --point 0/, '');
}

export function neighboursCommand(seen: Seen, of: KeyPoint, count: number): SeenCommand {
  const point = of.kind === 'image' ? `--index ${of.index}` : `--of ${shellWord(formatPoint(of))}`;
  return {
    label: 'Nearest images',
    command: `covae neighbours ${shellWord(seen.run)} ${point} --count ${count}${lookWords(seen)} --out neighbours.png`,
  };
}

export function mapCommand(
  { run, step, look }: Seen,
  { method, count, places }: { method: string; count: number; places: readonly number[] },
): SeenCommand {
  const words = [
    'covae',
    'map',
    run,
    '--method',
    method,
    '--count',
    String(count),
    '--times',
    places.join(','),
  ];
  if (step !== undefined) words.push('--step', String(step));
  if (look.weights === 'raw') words.push('--weights', 'raw');
  words.push('--out', 'map.svg');
  return { label: 'Map', command: words.map(shellWord).join(' ') };
}

export function sidesCommand(
  seen: Seen,
  sides: readonly { runId: string; step: number }[],
  view: View,
  columns?: number,
): SeenCommand {
  const { command } = viewCommand(
    { ...seen, run: 'RUN', step: undefined },
    { label: '', view, ...(columns !== undefined && { columns }) },
  );
  const words = sides.map(({ runId, step }) => shellWord(`${runId}@${step}`)).join(' ');
  return { label: 'Side by side', command: command.replace(/^covae \w+ RUN/, `covae side-by-side ${words}`) };
}

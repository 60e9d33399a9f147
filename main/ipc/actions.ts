/**
 * What can be done from anywhere in the window: one table that the menu, the keys and the list of shortcuts are made from.
 * The page does each of them, by the function that its button has.
 */

/** A key as `KeyboardEvent.key` has it, in lower case, with what is held. */
export interface Key {
  key: string;
  /** Ctrl, on macOS Cmd. */
  ctrl?: true;
  shift?: true;
}

export interface Action {
  label: string;
  /** Which menu has it. */
  menu: 'file' | 'view' | 'training' | 'help';
  key?: Key;
  /** For the list of shortcuts, where it says more than the label. */
  keyLabel?: string;
}

const ctrl = (key: string): Key => ({ key, ctrl: true });

export const ACTIONS = {
  'new-training': { label: 'New training', menu: 'file', key: ctrl('n') },
  'import-files': { label: 'Import files…', menu: 'file', key: ctrl('o') },
  'import-folder': { label: 'Import a folder…', menu: 'file', key: { key: 'o', ctrl: true, shift: true } },
  export: { label: 'Export…', menu: 'file', key: ctrl('e') },
  'open-library': { label: 'Open the library folder', menu: 'file' },
  settings: { label: 'Settings…', menu: 'file', key: ctrl(',') },

  'view-datasets': { label: 'Data sets', menu: 'view', key: ctrl('1') },
  'view-train': { label: 'Train', menu: 'view', key: ctrl('2') },
  'view-samples': { label: 'Samples', menu: 'view', key: ctrl('3') },
  'view-explore': { label: 'Explore', menu: 'view', key: ctrl('4') },
  'view-runs': { label: 'All runs', menu: 'view', key: ctrl('5') },
  'view-queue': { label: 'Queue…', menu: 'view' },

  pause: { label: 'Pause', menu: 'training', key: ctrl('p'), keyLabel: 'Pause or resume the training' },
  resume: { label: 'Resume', menu: 'training', key: ctrl('p') },
  stop: { label: 'Stop', menu: 'training' },
  'samples-now': { label: 'Draw samples now', menu: 'training', key: { key: 'd', ctrl: true, shift: true } },
  'checkpoint-now': { label: 'Write a checkpoint now', menu: 'training', key: ctrl('s') },
  'evaluate-now': { label: 'Evaluate now', menu: 'training' },

  guide: { label: 'Guide', menu: 'help', key: { key: 'f1' } },
  shortcuts: { label: 'Keyboard shortcuts', menu: 'help', key: { key: '?' } },
} as const satisfies Record<string, Action>;

export type ActionId = keyof typeof ACTIONS;

export const ACTION_IDS = Object.keys(ACTIONS) as [ActionId, ...ActionId[]];

/** An action with all that it may have. */
export function actionOf(id: ActionId): Action {
  return ACTIONS[id];
}

/** As a person reads it: `Ctrl+Shift+O`. */
export function keyWords({ key, ctrl, shift }: Key): string {
  const name = key.length > 1 || key === '?' ? capital(key) : key.toUpperCase();
  // The build would translate “Shift”, which is a setting, too; the window says keys itself.
  return [...(ctrl ? [capital('ctrl')] : []), ...(shift ? [capital('shift')] : []), name].join('+');
}

/** As Electron's menus are told it. */
export function acceleratorOf(key: Key): string {
  return keyWords(key).replace('Ctrl', 'CommandOrControl');
}

/** Whether a key that was pressed is this one. A sign that takes Shift to type, as `?` does, says so by itself. */
export function isKey(
  wanted: Key,
  pressed: { key: string; ctrlKey: boolean; metaKey: boolean; shiftKey: boolean; altKey: boolean },
): boolean {
  if (pressed.altKey || (pressed.ctrlKey || pressed.metaKey) !== (wanted.ctrl === true)) return false;
  if (pressed.key.toLowerCase() !== wanted.key) return false;
  return wanted.key === '?' || pressed.shiftKey === (wanted.shift === true);
}

/** Keys that one view or one part of it has to itself, which handles them; told beside the others. */
export const KEYS_OF_PARTS: readonly { part: string; keys: readonly (readonly [string, string])[] }[] = [
  {
    part: 'Images in a grid',
    keys: [
      ['Arrow keys, Home, End', 'Go from image to image'],
      ['Page Up, Page Down', 'Go a screen further'],
      ['Enter', 'Enlarge the image'],
    ],
  },
  {
    part: 'Curves',
    keys: [
      ['Left, Right, Page Up, Page Down', 'Go from point to point'],
      ['Enter, Space', 'Choose the step, for samples and the rest'],
      ['Esc', 'Leave the point'],
    ],
  },
  {
    part: 'Enlarged image',
    keys: [
      ['Left, Right', 'The image before or after'],
      ['Home, End', 'The first or the last image'],
    ],
  },
  {
    part: 'Samples',
    keys: [
      ['S', 'Star the sample'],
      ['Space, X', 'Select the sample'],
      ['Ctrl+A', 'Select all samples'],
      ['Del', 'Delete what is selected'],
      ['Esc', 'Select nothing'],
    ],
  },
  {
    part: 'Explore',
    keys: [
      ['Ctrl+Z', 'Undo'],
      ['Ctrl+Y, Ctrl+Shift+Z', 'Redo'],
    ],
  },
  {
    part: 'Map of Explore',
    keys: [
      ['Arrow keys', 'Go from image to image'],
      ['Enter, Space', 'Select the image'],
      ['Esc', 'Select nothing'],
      ['+, -, 0', 'Zoom in, zoom out, show all'],
    ],
  },
  {
    part: 'Guide',
    keys: [['Alt+Left, Alt+Right', 'Back and forward']],
  },
  {
    part: 'Window',
    keys: [
      ['Ctrl++, Ctrl+-, Ctrl+0', 'Larger, smaller, actual size'],
      ['F11', 'Full screen'],
      ['Ctrl+W', 'Close the window'],
      ['Ctrl+Q', 'Quit'],
      ['Ctrl+V', 'Import the pictures or files in the clipboard'],
      ['Esc', 'Close a dialog'],
    ],
  },
];

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

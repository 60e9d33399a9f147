/** Items that every program has, which Electron does by their roles. Its labels of them are English, whatever is spoken. */
import type { MenuItemConstructorOptions as Item } from 'electron';

const SEPARATOR: Item = { type: 'separator' };

/** Of the menu Edit. @param mac whether it is for macOS, which has some more */
export function editItems(mac: boolean): Item[] {
  return [
    { role: 'undo', label: 'Undo' },
    { role: 'redo', label: 'Redo' },
    SEPARATOR,
    { role: 'cut', label: 'Cut' },
    { role: 'copy', label: 'Copy' },
    { role: 'paste', label: 'Paste' },
    ...(mac ? [{ role: 'pasteAndMatchStyle', label: 'Paste and match style' } as const] : []),
    { role: 'delete', label: 'Delete' },
    ...(mac ? [] : [SEPARATOR]),
    { role: 'selectAll', label: 'Select all' },
  ];
}

/** Of the menu Window. @param mac whether it is for macOS */
export function windowItems(mac: boolean): Item[] {
  return [
    { role: 'minimize', label: 'Minimise' },
    { role: 'zoom', label: 'Zoom' },
    ...(mac
      ? [SEPARATOR, { role: 'front', label: 'Bring all to front' } as const]
      : [{ role: 'close', label: 'Close the window' } as const]),
  ];
}

/** Of the menu that has the program's name, on macOS. */
export function applicationItems(): Item[] {
  return [
    { role: 'about', label: 'About CoVAE Studio' },
    SEPARATOR,
    { role: 'services', label: 'Services' },
    SEPARATOR,
    { role: 'hide', label: 'Hide CoVAE Studio' },
    { role: 'hideOthers', label: 'Hide others' },
    { role: 'unhide', label: 'Show all' },
    SEPARATOR,
    { role: 'quit', label: 'Quit CoVAE Studio' },
  ];
}

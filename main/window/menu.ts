/**
 * The native menu. What the page can do it does, told by one event; the rest are roles that every program has, with labels of ours:
 * Electron's own are English.
 */
import { app, Menu, type MenuItemConstructorOptions, shell } from 'electron';
import { type Preferences, THEMES } from '../../core/preferences.ts';
import { translated } from '../../text/translated.ts';
import { acceleratorOf, ACTION_IDS, type ActionId, actionOf } from '../ipc/actions.ts';
import { showAbout, showLicences } from './about.ts';
import { applicationItems, editItems, windowItems } from './role-items.ts';

type Item = MenuItemConstructorOptions;

const SEPARATOR: Item = { type: 'separator' };
const THEME_LABELS = { system: 'As the system', light: 'Light', dark: 'Dark' } as const;

export interface MenuOptions {
  logFile: string;
  theme: Preferences['theme'];
  /** Something that the page does was chosen. */
  onAction: (action: ActionId) => void;
  onTheme: (theme: Preferences['theme']) => void;
}

/** @returns the menu; its items of actions have the actions' ids, and are disabled until {@link offerActions} */
export function applicationMenu({ logFile, theme, onAction, onTheme }: MenuOptions): Menu {
  const mac = process.platform === 'darwin';
  const action = (id: ActionId): Item => {
    const { label, key } = actionOf(id);
    return {
      // The table was made before the language was known.
      ...{ id, label: translated(label), enabled: false, click: () => onAction(id) },
      // Shown here; the page hears it, since only there one knows whether somebody types.
      ...(key && { accelerator: acceleratorOf(key), registerAccelerator: false }),
    };
  };
  const template: Item[] = [
    ...(mac ? [{ label: app.name, submenu: applicationItems() }] : []),
    {
      label: '&File',
      submenu: [
        action('new-training'),
        SEPARATOR,
        action('import-files'),
        action('import-folder'),
        action('export'),
        SEPARATOR,
        action('open-library'),
        action('settings'),
        SEPARATOR,
        { role: 'close', label: 'Close the window' },
        { role: 'quit', label: 'Quit', accelerator: 'CommandOrControl+Q' },
      ],
    },
    { label: '&Edit', submenu: editItems(mac) },
    {
      label: '&View',
      submenu: [
        ...(['view-datasets', 'view-train', 'view-samples', 'view-explore'] as const).map(action),
        SEPARATOR,
        action('view-runs'),
        action('view-queue'),
        SEPARATOR,
        {
          label: 'Theme',
          submenu: THEMES.map((name) => ({
            id: `theme-${name}`,
            label: translated(THEME_LABELS[name]),
            type: 'radio' as const,
            checked: name === theme,
            click: () => onTheme(name),
          })),
        },
        { role: 'resetZoom', label: 'Actual size' },
        { role: 'zoomIn', label: 'Zoom in' },
        { role: 'zoomOut', label: 'Zoom out' },
        { role: 'togglefullscreen', label: 'Full screen' },
        ...(app.isPackaged
          ? []
          : [
              SEPARATOR,
              // Without a key: Ctrl+R is too near to what one types, and loses what was typed.
              { role: 'reload', accelerator: '', label: 'Load the page anew' } as const,
              { role: 'toggleDevTools', label: 'Developer tools' } as const,
            ]),
      ],
    },
    {
      label: '&Training',
      submenu: [
        action('pause'),
        action('resume'),
        action('stop'),
        SEPARATOR,
        action('samples-now'),
        action('checkpoint-now'),
        action('evaluate-now'),
      ],
    },
    { role: 'window', label: '&Window', submenu: windowItems(mac) },
    {
      role: 'help',
      label: '&Help',
      submenu: [
        action('guide'),
        action('shortcuts'),
        SEPARATOR,
        { label: 'Show the logs', click: () => shell.showItemInFolder(logFile) },
        { label: 'Licences', click: showLicences },
        { label: 'About CoVAE Studio', click: () => void showAbout() },
      ],
    },
  ];
  return Menu.buildFromTemplate(template);
}

/** Lets these actions be chosen, and no others. */
export function offerActions(menu: Menu, actions: readonly ActionId[]): void {
  for (const id of ACTION_IDS) {
    const item = menu.getMenuItemById(id);
    if (item) item.enabled = actions.includes(id);
  }
}

export function markTheme(theme: Preferences['theme']): void {
  const item = Menu.getApplicationMenu()?.getMenuItemById(`theme-${theme}`);
  if (item) item.checked = true;
}

/** The icon in the system's tray while the window is hidden: what runs and how far it is, and the way back. */
import { Menu, type MenuItemConstructorOptions, Tray } from 'electron';
import { printable } from '../../core/printable.ts';
import type { Activity } from './activity.ts';
import { phaseWords } from './activity.ts';
import { appIcon } from './icon.ts';

const SIZE = 32;

export interface TrayActions {
  show: () => void;
  pause: () => void;
  resume: () => void;
  stop: () => void;
  quit: () => void;
}

/** The items of its menu. */
export function trayItems(
  { phase, name, share }: Activity['now'],
  { show, pause, resume, stop, quit }: TrayActions,
): MenuItemConstructorOptions[] {
  const words = phaseWords(phase, share);
  const status = words === null ? 'Nothing is trained.' : `${printable(name ?? '')}: ${words}`;
  return [
    { label: 'Show the window', click: show },
    { type: 'separator' },
    { id: 'status', label: status, enabled: false },
    { id: 'pause', label: 'Pause', enabled: phase === 'running', visible: phase !== 'paused', click: pause },
    { id: 'resume', label: 'Resume', visible: phase === 'paused', click: resume },
    { id: 'stop', label: 'Stop', enabled: words !== null && phase !== 'stopping', click: stop },
    { type: 'separator' },
    { label: 'Quit', click: quit },
  ];
}

export class TrayIcon {
  readonly #actions: TrayActions;
  readonly #log: (message: string, error?: unknown) => void;
  #tray: Tray | null = null;

  constructor(actions: TrayActions, log: (message: string, error?: unknown) => void) {
    this.#actions = actions;
    this.#log = log;
  }

  /** Puts the icon there. @returns false when the system refuses; a desktop that shows none says nothing */
  show(now: Activity['now']): boolean {
    // Without a session's bus there is no tray on Linux, and nobody to ask for one.
    const bus = process.env['DBUS_SESSION_BUS_ADDRESS'] ?? '';
    if (process.platform === 'linux' && !/^(unix|tcp):/.test(bus)) return false;
    try {
      if (this.#tray === null) {
        this.#tray = new Tray(appIcon(SIZE));
        this.#tray.on('click', this.#actions.show);
      }
      this.update(now);
      return true;
    } catch (error) {
      this.#log('There is no icon in the tray', error);
      return false;
    }
  }

  update(now: Activity['now']): void {
    if (this.#tray === null) return;
    const words = phaseWords(now.phase, now.share);
    this.#tray.setToolTip(words === null ? 'CoVAE Studio' : `${words} – ${printable(now.name ?? '')}`);
    // Linux takes changes only of the whole menu.
    this.#tray.setContextMenu(Menu.buildFromTemplate(trayItems(now, this.#actions)));
  }

  hide(): void {
    this.#tray?.destroy();
    this.#tray = null;
  }
}

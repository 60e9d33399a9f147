import { app, Menu, type MenuItemConstructorOptions, shell } from 'electron';
import { showAbout, showLicences } from './about.ts';

/** The native menu: little more than the keys that every program has. */
export function applicationMenu(logFile: string): Menu {
  const mac = process.platform === 'darwin';
  const template: MenuItemConstructorOptions[] = [
    ...(mac ? [{ role: 'appMenu' } as const] : []),
    { role: 'fileMenu' },
    { role: 'editMenu' },
    {
      label: '&View',
      submenu: [
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
        ...(app.isPackaged
          ? []
          : [
              { type: 'separator' } as const,
              { role: 'reload' } as const,
              { role: 'toggleDevTools' } as const,
            ]),
      ],
    },
    { role: 'windowMenu' },
    {
      role: 'help',
      submenu: [
        { label: 'Show Log', click: () => shell.showItemInFolder(logFile) },
        { label: 'Licences', click: showLicences },
        { label: 'About CoVAE Studio', click: () => void showAbout() },
      ],
    },
  ];
  return Menu.buildFromTemplate(template);
}

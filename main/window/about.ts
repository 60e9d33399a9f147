/** What Help tells: the versions that run, and the licences of everything that ships. */
import { BrowserWindow, dialog } from 'electron';
import { APP_VERSION } from '../../core/version.ts';
import { aboutLines } from './about-text.ts';
import { ORIGIN } from './app-scheme.ts';

const NOTICES = `${ORIGIN}/notices.txt`;

/** Shows the versions; the licences are one button away. */
export async function showAbout(): Promise<void> {
  const { electron, chrome, node } = process.versions;
  const options = {
    type: 'info' as const,
    title: 'About CoVAE Studio',
    message: 'CoVAE Studio',
    detail: aboutLines(APP_VERSION, { electron, chrome, node }, Date.now()).join('\n'),
    buttons: ['Close', 'Licences'],
    noLink: true,
  };
  const owner = BrowserWindow.getFocusedWindow();
  const { response } = await (owner ? dialog.showMessageBox(owner, options) : dialog.showMessageBox(options));
  if (response === 1) showLicences();
}

/** Shows the notices in a window of their own, which goes with the main one. */
export function showLicences(): void {
  const windows = BrowserWindow.getAllWindows();
  const open = windows.find(({ webContents }) => webContents.getURL() === NOTICES);
  if (open !== undefined) {
    open.focus();
    return;
  }
  const parent = windows[0];
  const window = new BrowserWindow({
    ...(parent !== undefined && { parent }),
    width: 860,
    height: 720,
    title: 'Licences',
    // Only text is shown: nothing in it runs.
    webPreferences: {
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      javascript: false,
      spellcheck: false,
    },
  });
  window.removeMenu();
  void window.loadURL(NOTICES);
}

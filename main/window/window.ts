import path from 'node:path';
import { BrowserWindow, nativeTheme, screen } from 'electron';
import { language } from '../../text/language.ts';
import { ORIGIN } from './app-scheme.ts';
import { appIcon } from './icon.ts';
import { MIN_HEIGHT, MIN_WIDTH, readBounds, saveBounds } from './bounds.ts';

/** The page's own background in each theme (renderer/src/styles/tokens.css), so that nothing flashes. */
const BACKGROUND = { light: '#f8f7f5', dark: '#151412' };

function background(): string {
  return nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light;
}

/** Makes the window, hidden until its page can be seen, at the place it had last. */
export function createWindow(preload: string, boundsFile: string): BrowserWindow {
  const saved = readBounds(
    boundsFile,
    screen.getAllDisplays().map(({ workArea }) => workArea),
  );
  const { maximized = false, ...bounds } = saved ?? { width: 1280, height: 800 };
  const window = new BrowserWindow({
    ...bounds,
    minWidth: MIN_WIDTH,
    minHeight: MIN_HEIGHT,
    show: false,
    title: 'CoVAE Studio',
    icon: appIcon(128),
    backgroundColor: background(),
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      // It would fetch dictionaries.
      spellcheck: false,
    },
  });
  const follow = (): void => window.setBackgroundColor(background());
  nativeTheme.on('updated', follow);
  window.once('ready-to-show', () => {
    if (maximized) window.maximize();
    window.show();
  });
  window.on('close', () => {
    saveBounds(boundsFile, { ...window.getNormalBounds(), maximized: window.isMaximized() });
  });
  window.on('closed', () => nativeTheme.off('updated', follow));
  showPage(window);
  return window;
}

/** Loads the page in the language in use; what it shows is kept, and found again. */
export function showPage(window: BrowserWindow): void {
  void window.loadURL(`${ORIGIN}/index.html?language=${language()}`);
}

export function preloadFile(): string {
  return path.join(__dirname, 'preload.cjs');
}

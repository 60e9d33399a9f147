import path from 'node:path';
import {
  app,
  type BrowserWindow,
  clipboard,
  ClipboardItem,
  dialog,
  Menu,
  nativeImage,
  Notification,
  shell,
} from 'electron';
import { say } from '../../text/say.ts';
import { translated } from '../../text/translated.ts';
import type { ExportKind } from '../export-kind.ts';
import type { Platform } from '../platform.ts';
import { offerActions } from './menu.ts';
import type { CloseAnswer } from './orderly-end.ts';
import type { QuitQuestion } from './quit-question.ts';

/** Title of the dialog, and what files of the kind are called. */
// Made before the language is known, so each is said where it is used.
const EXPORTS: Record<ExportKind, { title: string; files?: string }> = {
  png: { title: 'Export an image', files: 'PNG' },
  svg: { title: 'Export a picture', files: 'SVG' },
  csv: { title: 'Export a table', files: 'Comma-separated values' },
  md: { title: 'Export a table', files: 'Markdown' },
  zip: { title: 'Export into an archive', files: 'Zip archive' },
  npz: { title: 'Export images', files: 'NumPy arrays' },
  npy: { title: 'Export images', files: 'NumPy array' },
  parquet: { title: 'Export images', files: 'Parquet' },
  gif: { title: 'Export an animation', files: 'GIF' },
  webp: { title: 'Export an animation', files: 'WebP' },
  mp4: { title: 'Export a film', files: 'MP4' },
  webm: { title: 'Export a film', files: 'WebM' },
  html: { title: 'Export a report', files: 'HTML' },
  safetensors: { title: 'Export the weights', files: 'Safetensors' },
  json: { title: 'Save as a file', files: 'JSON' },
  folder: { title: 'Export images into a new folder' },
  model: { title: 'Export the model into a new folder' },
  library: { title: 'Move the library to a new folder' },
};

/** What is proposed to lie with the user's pictures. */
const PICTURES: readonly ExportKind[] = [
  'png',
  'svg',
  'zip',
  'npz',
  'npy',
  'parquet',
  'gif',
  'webp',
  'mp4',
  'webm',
  'folder',
];

/** Native dialogs and the file manager. The folder chosen last is proposed the next time. */
export function nativePlatform(window: () => BrowserWindow | null): Platform {
  let lastFolder: string | null = null;
  return {
    async choose(what, title) {
      const owner = window();
      const options = {
        title: translated(title),
        properties:
          what === 'folder' ? ['openDirectory' as const] : ['openFile' as const, 'multiSelections' as const],
      };
      const { canceled, filePaths } = await (owner
        ? dialog.showOpenDialog(owner, options)
        : dialog.showOpenDialog(options));
      return canceled ? [] : filePaths;
    },
    async choosePath({ name, kind }) {
      const owner = window();
      const { title, files } = EXPORTS[kind];
      const named = files === undefined ? undefined : say(files);
      const usual = app.getPath(
        PICTURES.includes(kind) ? 'pictures' : kind === 'library' ? 'home' : 'documents',
      );
      const options = {
        title: say(title),
        defaultPath: path.join(lastFolder ?? usual, files === undefined ? name : `${name}.${kind}`),
        filters: named === undefined ? [] : [{ name: named, extensions: [kind] }],
        properties: ['createDirectory' as const, 'showOverwriteConfirmation' as const],
      };
      const { canceled, filePath } = await (owner
        ? dialog.showSaveDialog(owner, options)
        : dialog.showSaveDialog(options));
      if (canceled || !filePath) return null;
      lastFolder = path.dirname(filePath);
      return filePath;
    },
    copyImage,
    showInFolder: (target) => shell.showItemInFolder(target),
    offerActions(actions) {
      const menu = Menu.getApplicationMenu();
      if (menu !== null) offerActions(menu, actions);
    },
    abilities: () => ({
      notifications: Notification.isSupported(),
      tray: process.platform === 'linux' ? 'unknown' : 'yes',
    }),
  };
}

/** Puts a PNG into the clipboard, whose interface changed from one Electron to the next. */
async function copyImage(png: Uint8Array): Promise<void> {
  const older = clipboard as unknown as { writeImage?: (image: Electron.NativeImage) => void };
  const image = nativeImage.createFromBuffer(Buffer.from(png));
  if (older.writeImage !== undefined) older.writeImage(image);
  else
    await clipboard.write([
      new ClipboardItem({ 'image/png': new Blob([new Uint8Array(png)], { type: 'image/png' }) }),
    ]);
}

/** What the person answered, and whether it holds for the next time, too. */
export interface ConfirmedClose {
  answer: CloseAnswer;
  remember: boolean;
}

/**
 * Asks before what is under way is ended with the window. The signal takes the question back.
 *
 * @param quitting whether the whole application is to end, so that nothing can go on behind it
 */
export async function confirmStop(
  window: BrowserWindow,
  question: QuitQuestion,
  signal: AbortSignal,
  quitting: boolean,
): Promise<ConfirmedClose> {
  if (process.env['COVAE_QUIT_WITHOUT_ASKING'] === '1') return { answer: 'stop', remember: false };
  // Its question would hang on a window that nobody sees.
  if (!window.isVisible()) window.show();
  const { response, checkboxChecked } = await dialog.showMessageBox(window, {
    signal,
    type: 'question',
    message: question.message,
    detail: quitting ? question.detail : `${question.detail} Or all of it goes on without the window.`,
    buttons: ['Stop and Quit', 'Cancel', ...(quitting ? [] : ['Go On in the Background'])],
    defaultId: 0,
    cancelId: 1,
    noLink: true,
    ...(!quitting && { checkboxLabel: 'The same the next time (see Settings)' }),
  });
  const answer = (['stop', 'cancel', 'background'] as const)[response] ?? 'cancel';
  return { answer, remember: checkboxChecked && answer !== 'cancel' };
}

/** The page dies again and again; true to load it once more, false to close the window. */
export async function confirmRetry(window: BrowserWindow): Promise<boolean> {
  const { response } = await dialog.showMessageBox(window, {
    type: 'error',
    message: 'The window keeps failing.',
    detail: 'What is under way goes on without it. The log in Help says more.',
    buttons: ['Try Again', 'Close'],
    defaultId: 0,
    cancelId: 1,
    noLink: true,
  });
  return response === 0;
}

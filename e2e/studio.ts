/** Starts the real application with a library and user data of its own, and knows its way around the window. */
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { _electron, type ElectronApplication, expect, type Page } from '@playwright/test';
import sharp from 'sharp';

const ROOT = path.join(import.meta.dirname, '..');

/** Starting Electron, loading TensorFlow and compiling a network take a while on a busy machine. */
export const SLOW = 150_000;

export interface Folders {
  /** All of it; remove it in the end. */
  root: string;
  home: string;
  userData: string;
  exports: string;
}

export async function temporaryFolders(): Promise<Folders> {
  const root = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-e2e-'));
  const folders = {
    root,
    home: path.join(root, 'library'),
    userData: path.join(root, 'user-data'),
    exports: path.join(root, 'exports'),
  };
  await Promise.all(Object.values(folders).map((folder) => fs.mkdir(folder, { recursive: true })));
  return folders;
}

export class StudioApp {
  /** What the page complained about: errors, and refusals of the content security policy. */
  readonly complaints: string[] = [];

  private constructor(
    readonly electron: ElectronApplication,
    readonly page: Page,
  ) {
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
  }

  /** @param env beside that of the test, in which the window quits without asking */
  static async launch(
    { home, userData }: Pick<Folders, 'home' | 'userData'>,
    env: Record<string, string> = { COVAE_QUIT_WITHOUT_ASKING: '1' },
  ): Promise<StudioApp> {
    const executablePath = process.env['COVAE_ELECTRON_PATH'];
    if (executablePath === undefined) throw new Error('COVAE_ELECTRON_PATH is not set.');
    // Chromium refuses its sandbox to root.
    const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    const electron = await _electron.launch({
      executablePath,
      args: [...asRoot, ROOT, '--home', home, '--user-data-dir', userData],
      // Playwright would hold the page in the light theme, whatever the system says.
      colorScheme: null,
      // Whatever the system speaks, tests read English unless they ask for another language.
      env: { ...definedEnvironment(), COVAE_LANGUAGE: 'en', ...env },
    });
    const page = await electron.firstWindow();
    const app = new StudioApp(electron, page);
    await expect(page.getByRole('navigation', { name: /^(Views|Ansichten)$/ })).toBeVisible({
      timeout: SLOW,
    });
    return app;
  }

  /** Quits as a person does; a training under way is stopped with a checkpoint first. */
  async quit(): Promise<void> {
    const closed = this.electron.waitForEvent('close');
    // The answer to this call may get lost with the application.
    await this.electron.evaluate(({ app }) => app.quit()).catch(() => undefined);
    await closed;
  }

  async open(view: 'Data sets' | 'Train' | 'Samples' | 'Explore'): Promise<void> {
    const link = this.page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: view });
    await link.click();
    // A data set that was looked at is shown again; from there the link leads back to all of them.
    if (view === 'Data sets') await link.click();
    await expect(this.page.getByRole('heading', { level: 1, name: view })).toBeVisible();
  }

  async trainerReady(): Promise<void> {
    const trainer = this.page.getByLabel('Trainer');
    // Once it is ready, the device is named.
    await expect(trainer).not.toContainText(/is starting|has stopped/, { timeout: SLOW });
  }

  /** The one of our processes of this name, as the system lists it. */
  async processId(name: 'CoVAE trainer' | 'CoVAE images'): Promise<number> {
    const pid = await this.electron.evaluate(
      ({ app }, wanted) => app.getAppMetrics().find((metric) => metric.name === wanted)?.pid,
      name,
    );
    if (pid === undefined) throw new Error(`${name} is not running.`);
    return pid;
  }

  /** Has the window look at the runs in the library once more, as after one was made by a command. */
  async lookAgain(): Promise<void> {
    await this.electron.evaluate(({ BrowserWindow }) => {
      BrowserWindow.getAllWindows()[0]?.webContents.send('covae:event', 'library.changed', { what: 'runs' });
    });
  }

  /** The next save dialogs answer with this path. */
  async answerSaveDialog(filePath: string): Promise<void> {
    await this.electron.evaluate(({ dialog }, chosen) => {
      dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath: chosen });
    }, filePath);
  }

  /** The next open dialogs answer with this folder. */
  async answerOpenDialog(folder: string): Promise<void> {
    await this.electron.evaluate(({ dialog }, chosen) => {
      dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [chosen] });
    }, folder);
  }

  /** Puts a picture into the clipboard, as a screenshot is. */
  async copyPicture(file: string): Promise<void> {
    await this.electron.evaluate(({ clipboard, nativeImage }, source) => {
      const image = nativeImage.createFromPath(source);
      // The types of a later Electron have another clipboard.
      (clipboard as unknown as { writeImage(picture: typeof image): void }).writeImage(image);
    }, file);
  }

  async importSample(): Promise<void> {
    await this.open('Data sets');
    await this.page.getByRole('button', { name: 'Add the sample digits' }).click();
    await expect(this.page.getByText('“sample” is imported: 10,000 images.')).toBeVisible({ timeout: SLOW });
  }

  /** Starts a training on the only data set. */
  async startTraining({
    preset,
    ...numbers
  }: {
    preset: RegExp;
    Steps?: string;
    'Batch size'?: string;
  }): Promise<void> {
    await this.open('Train');
    await this.page.getByRole('radio', { name: preset }).check();
    for (const [label, value] of Object.entries(numbers))
      await this.page.getByRole('textbox', { name: label }).fill(value);
    await this.page.getByRole('button', { name: 'Start training' }).click();
  }

  /** The step that the page of the run shows. */
  async step(): Promise<number> {
    const text = await this.page
      .getByRole('region', { name: 'Progress' })
      .getByText(/^Step/)
      .textContent({ timeout: SLOW });
    return Number(/Step\s+([\d,]+)/.exec(text ?? '')?.[1]?.replaceAll(',', ''));
  }

  /**
   * What a canvas on the page shows, inside the element with this role and name: the standard deviation of its grey
   * levels, 0 for a picture of one colour, and a number that changes with the picture.
   */
  async look(name: string | RegExp, role: 'img' | 'listbox' = 'img'): Promise<Look> {
    return this.page
      .getByRole(role, { name })
      .locator('canvas')
      .first()
      .evaluate((canvas: HTMLCanvasElement) => {
        const { width, height } = canvas;
        const context = canvas.getContext('2d');
        if (!context || width === 0) return { deviation: 0, checksum: 0 };
        const { data } = context.getImageData(0, 0, width, height);
        const count = data.length / 4;
        let sum = 0;
        let squares = 0;
        let checksum = 0;
        for (let at = 0; at < data.length; at += 4) {
          const grey = ((data[at] ?? 0) + (data[at + 1] ?? 0) + (data[at + 2] ?? 0)) / 3;
          sum += grey;
          squares += grey * grey;
          checksum = (Math.imul(checksum, 31) + Math.round(grey * 3)) | 0;
        }
        return { deviation: Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2)), checksum };
      });
  }
}

/** The application with folders of its own, for all tests of a file. */
export async function launched(): Promise<{ folders: Folders; app: StudioApp }> {
  const folders = await temporaryFolders();
  return { folders, app: await StudioApp.launch(folders) };
}

/** Quits, however it is, and removes the folders. */
export async function putAway(app: StudioApp, { root }: Folders): Promise<void> {
  await app.quit().catch(() => undefined);
  await fs.rm(root, { recursive: true, force: true });
}

export interface Look {
  deviation: number;
  checksum: number;
}

function definedEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}

/** Size, number of channels and greatest standard deviation over the channels of a picture on disk. */
export async function describePicture(
  file: string,
): Promise<{ width: number; height: number; channels: number; deviation: number }> {
  const [{ width, height, channels }, stats] = await Promise.all([
    sharp(file).metadata(),
    sharp(file).stats(),
  ]);
  return { width, height, channels, deviation: Math.max(...stats.channels.map(({ stdev }) => stdev)) };
}

/** A folder of `count` colour PNGs, each with a square of its own colour and place. */
export async function makeImageFolder(folder: string, count: number): Promise<void> {
  await fs.mkdir(folder, { recursive: true });
  for (let index = 0; index < count; index++) {
    const side = 40;
    const pixels = new Uint8Array(side * side * 3).fill(30);
    const start = (index * 7) % 20;
    for (let y = start; y < start + 20; y++) {
      for (let x = start; x < start + 20; x++) {
        pixels.set([(index * 53) % 256, (index * 97) % 256, 200], (y * side + x) * 3);
      }
    }
    const name = `image-${String(index).padStart(3, '0')}.png`;
    await sharp(pixels, { raw: { width: side, height: side, channels: 3 } }).toFile(path.join(folder, name));
  }
}

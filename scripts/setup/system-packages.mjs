/** Programs and libraries that come with the operating system: what is missing, and how it gets here. */
import { findCommand, run } from './run.mjs';
import { StepError } from './report.mjs';

const command = (...names) => ({ commands: names });
const library = (soname) => ({ library: soname });

/**
 * What is looked for, and the Debian or Ubuntu packages that bring it (newest name first; names ending in `t64`
 * are those of Ubuntu 24.04 and Debian 13).
 *
 * Groups: `download` pip for TensorFlow, `compile` the addon, `window` Electron's libraries, `screen` a virtual
 * screen for tests without a display, `films` what the command line's films are made and tested with.
 */
export const requirements = [
  { group: 'download', name: 'Python 3', ...command('python3'), packages: ['python3'] },
  { group: 'download', name: 'pip', pip: true, packages: ['python3-pip'] },
  { group: 'compile', name: 'Python 3', ...command('python3'), packages: ['python3'] },
  { group: 'compile', name: 'a C++ compiler', ...command('g++', 'c++'), packages: ['g++'] },
  { group: 'compile', name: 'make', ...command('make'), packages: ['make'] },
  { group: 'window', name: 'GTK 3', ...library('libgtk-3.so.0'), packages: ['libgtk-3-0t64', 'libgtk-3-0'] },
  { group: 'window', name: 'NSS', ...library('libnss3.so'), packages: ['libnss3'] },
  { group: 'window', name: 'ALSA', ...library('libasound.so.2'), packages: ['libasound2t64', 'libasound2'] },
  { group: 'window', name: 'GBM', ...library('libgbm.so.1'), packages: ['libgbm1'] },
  { group: 'window', name: 'DRM', ...library('libdrm.so.2'), packages: ['libdrm2'] },
  { group: 'window', name: 'CUPS', ...library('libcups.so.2'), packages: ['libcups2t64', 'libcups2'] },
  {
    group: 'window',
    name: 'AT-SPI',
    ...library('libatspi.so.0'),
    packages: ['libatspi2.0-0t64', 'libatspi2.0-0'],
  },
  { group: 'window', name: 'XScreenSaver', ...library('libXss.so.1'), packages: ['libxss1'] },
  { group: 'screen', name: 'Xvfb', ...command('Xvfb'), packages: ['xvfb'] },
  { group: 'screen', name: 'xvfb-run', ...command('xvfb-run'), packages: ['xvfb'] },
  { group: 'screen', name: 'xauth', ...command('xauth'), packages: ['xauth'] },
  { group: 'films', name: 'ffmpeg', ...command('ffmpeg'), packages: ['ffmpeg'] },
  { group: 'films', name: 'ffprobe', ...command('ffprobe'), packages: ['ffmpeg'] },
];

/** Looks at this machine. Each member can be replaced in tests. */
export function machineProbe() {
  let libraries;
  return {
    hasCommand: (name) => findCommand(name) !== undefined,
    hasPip: async () => (await run('python3', ['-m', 'pip', '--version'])).code === 0,
    async hasLibrary(soname) {
      if (libraries === undefined) {
        const ldconfig = findCommand('ldconfig');
        libraries = ldconfig ? (await run(ldconfig, ['-p'])).stdout : '';
      }
      // Without a list nothing can be said; the program itself will tell what it lacks.
      return libraries === '' || libraries.includes(`${soname} `);
    },
    /** After an installation, look again. */
    forget: () => (libraries = undefined),
    isRoot: process.getuid?.() === 0,
    hasApt: findCommand('apt-get') !== undefined,
    /** Names for which apt has something to install. */
    async aptKnows(names) {
      const { stdout } = await run('apt-cache', ['policy', ...names], { env: { LC_ALL: 'C' } });
      return new Set(
        [...stdout.matchAll(/^(\S+):\n {2}Installed: .*\n {2}Candidate: (.*)$/gm)]
          .filter(([, , candidate]) => candidate !== '(none)')
          .map(([, name]) => name),
      );
    },
    apt: (args, onLine) =>
      run('apt-get', args, { env: { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' }, onLine }),
  };
}

/** The requirements of the given groups that the machine does not meet. */
export async function findMissing(groups, probe) {
  const missing = [];
  for (const item of requirements) {
    if (!groups.includes(item.group)) continue;
    let present;
    if (item.commands) present = item.commands.some((name) => probe.hasCommand(name));
    else if (item.library) present = await probe.hasLibrary(item.library);
    else present = probe.hasCommand('python3') && (await probe.hasPip());
    if (!present) missing.push(item);
  }
  return missing;
}

/** Package names to install: of each item's names the first that apt knows, else the last, the plain one. */
export async function choosePackages(missing, aptKnows) {
  if (missing.length === 0) return [];
  const known = await aptKnows(missing.flatMap((item) => item.packages));
  return [
    ...new Set(missing.map((item) => item.packages.find((name) => known.has(name)) ?? item.packages.at(-1))),
  ];
}

const sentence = (missing) => [...new Set(missing.map((item) => item.name))].join(', ');

/**
 * Makes sure that everything of the groups is there, installing it where this may be done.
 *
 * @param required groups without which the rest makes no sense
 * @param wished groups whose absence is only worth a warning
 * @returns text for the step's line, or `{ note, warn }`
 */
export async function ensureSystemPackages(required, wished, progress, probe = machineProbe()) {
  if (process.platform !== 'linux') return 'not looked at on this system';
  const groups = [...required, ...wished];
  const missing = await findMissing(groups, probe);
  if (missing.length === 0) return 'all there';

  if (probe.hasApt && probe.isRoot) {
    const known = await probe.aptKnows(missing.flatMap((item) => item.packages));
    if (missing.some((item) => !item.packages.some((name) => known.has(name)))) {
      progress('refreshing the package lists');
      await probe.apt(['update', '-q']);
    }
    const install = async () => {
      const packages = await choosePackages(missing, probe.aptKnows);
      progress(`installing ${packages.join(' ')}`);
      return {
        packages,
        ...(await probe.apt(['install', '-y', '-q', '--no-install-recommends', ...packages], progress)),
      };
    };
    let result = await install();
    if (result.code !== 0) {
      // Lists that are too old name files that are gone.
      await probe.apt(['update', '-q']);
      result = await install();
    }
    probe.forget();
    const left = await findMissing(groups, probe);
    if (left.length === 0) return `installed ${result.packages.join(', ')}`;
    if (left.some((item) => required.includes(item.group))) {
      throw new StepError(`apt-get could not install what is missing: ${sentence(left)}.`, {
        output: result.output,
        remedy: `run \`apt-get update && apt-get install -y ${result.packages.join(' ')}\` and see what it says.`,
      });
    }
    return { note: `missing, and apt-get could not install it: ${sentence(left)}`, warn: true };
  }

  const packages = await choosePackages(missing, probe.hasApt ? probe.aptKnows : async () => new Set());
  const line = probe.hasApt
    ? `sudo apt-get install -y --no-install-recommends ${packages.join(' ')}`
    : `install with your package manager what Debian calls: ${packages.join(' ')}`;
  if (missing.some((item) => required.includes(item.group))) {
    throw new StepError(`missing: ${sentence(missing)}.`, { remedy: line });
  }
  return {
    note: `missing for the window and its tests: ${sentence(missing)}. To get it: ${line}`,
    warn: true,
  };
}

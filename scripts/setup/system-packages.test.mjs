import { describe, expect, it } from 'vitest';
import { choosePackages, ensureSystemPackages, findMissing, requirements } from './system-packages.mjs';

/** A machine that has nothing but what is named; apt installs what it knows. */
function machine({ has = [], apt = [], aptAfterUpdate = apt, isRoot = false, hasApt = true } = {}) {
  const present = new Set(has);
  let known = apt;
  const calls = [];
  const provides = (item) => item.commands?.[0] ?? item.library ?? 'pip';
  return {
    calls,
    isRoot,
    hasApt,
    hasCommand: (name) => present.has(name),
    hasLibrary: async (soname) => present.has(soname),
    hasPip: async () => present.has('pip'),
    forget: () => undefined,
    aptKnows: async (names) => new Set(names.filter((name) => known.includes(name))),
    async apt(args) {
      calls.push(args.filter((arg) => !arg.startsWith('-')).join(' '));
      if (args[0] === 'update') {
        known = aptAfterUpdate;
        return { code: 0, output: '' };
      }
      const names = args.slice(1).filter((arg) => !arg.startsWith('-'));
      const unknown = names.filter((name) => !known.includes(name));
      if (unknown.length) return { code: 100, output: `E: Unable to locate package ${unknown[0]}` };
      for (const item of requirements)
        if (item.packages.some((name) => names.includes(name))) present.add(provides(item));
      return { code: 0, output: '' };
    },
  };
}

const everything = requirements.flatMap((item) => item.commands ?? item.library ?? 'pip');
const debian12 = requirements.flatMap((item) => item.packages).filter((name) => !name.includes('t64'));
const ubuntu24 = requirements.map((item) => item.packages[0]);
const quiet = () => undefined;

describe('system packages', () => {
  it('finds nothing missing on a machine that has all', async () => {
    const probe = machine({ has: everything });
    expect(await findMissing(['download', 'compile', 'window', 'screen'], probe)).toEqual([]);
    expect(await ensureSystemPackages(['compile', 'window'], ['screen'], quiet, probe)).toBe('all there');
    expect(probe.calls).toEqual([]);
  });

  it('looks only for what is asked for', async () => {
    const missing = await findMissing(['compile'], machine({ has: ['python3', 'make'] }));
    expect(missing.map((item) => item.name)).toEqual(['a C++ compiler']);
  });

  it('misses pip where Python has none', async () => {
    const missing = await findMissing(['download'], machine({ has: ['python3'] }));
    expect(missing.map((item) => item.packages)).toEqual([['python3-pip']]);
  });

  it('takes the package names of the system it is on', async () => {
    const missing = await findMissing(['window'], machine());
    const names = async (known) => choosePackages(missing, async () => new Set(known));
    expect(await names(debian12)).toContain('libgtk-3-0');
    expect(await names(debian12)).toContain('libasound2');
    expect(await names(ubuntu24)).toContain('libgtk-3-0t64');
    expect(await names(ubuntu24)).toContain('libasound2t64');
    expect(await names(ubuntu24)).not.toContain('libasound2');
  });

  it('names each package once', async () => {
    const missing = await findMissing(['download', 'compile', 'screen'], machine());
    const names = await choosePackages(missing, async () => new Set(debian12));
    expect(names).toEqual([...new Set(names)]);
    expect(names).toContain('xvfb');
  });

  it('installs as root, refreshing the lists when they are empty', async () => {
    const probe = machine({ isRoot: true, aptAfterUpdate: debian12, has: ['python3', 'pip', 'g++'] });
    expect(await ensureSystemPackages(['compile'], ['screen'], quiet, probe)).toBe(
      'installed make, xvfb, xauth',
    );
    expect(probe.calls).toEqual(['update', 'install make xvfb xauth']);
  });

  it('does not refresh lists that know everything', async () => {
    const probe = machine({ isRoot: true, apt: debian12, has: ['python3', 'g++'] });
    await ensureSystemPackages(['compile'], [], quiet, probe);
    expect(probe.calls).toEqual(['install make']);
  });

  it('says what apt-get said when it fails', async () => {
    const probe = machine({ isRoot: true, has: ['python3', 'g++'] });
    await expect(ensureSystemPackages(['compile'], [], quiet, probe)).rejects.toMatchObject({
      message: expect.stringContaining('make'),
      output: expect.stringContaining('Unable to locate package make'),
      remedy: expect.stringContaining('apt-get install'),
    });
  });

  it('prints the one line to run where it may not install', async () => {
    const probe = machine({ apt: debian12, has: ['python3', 'pip'] });
    await expect(ensureSystemPackages(['download', 'compile'], [], quiet, probe)).rejects.toMatchObject({
      remedy: 'sudo apt-get install -y --no-install-recommends g++ make',
    });
    expect(probe.calls).toEqual([]);
  });

  it('names packages where there is no apt-get', async () => {
    const probe = machine({ hasApt: false, has: ['python3', 'g++'] });
    await expect(ensureSystemPackages(['compile'], [], quiet, probe)).rejects.toMatchObject({
      remedy: expect.stringMatching(/package manager.*make/),
    });
  });

  it('brings both programs for films with one package', async () => {
    const probe = machine({ isRoot: true, apt: debian12 });
    expect(await ensureSystemPackages([], ['films'], quiet, probe)).toBe('installed ffmpeg');
    expect(probe.calls).toEqual(['install ffmpeg']);
  });

  it('only warns about what is merely wished for', async () => {
    const probe = machine({ apt: debian12, has: everything.filter((name) => name !== 'Xvfb') });
    expect(await ensureSystemPackages(['compile', 'window'], ['screen'], quiet, probe)).toEqual({
      warn: true,
      note: expect.stringContaining('sudo apt-get install -y --no-install-recommends xvfb'),
    });
  });
});

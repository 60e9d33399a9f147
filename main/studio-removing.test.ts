import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { datasetFolder, datasetsFolder, runFolder } from '../core/library.ts';
import { bundled, killed, linesOf } from '../core/test-processes.ts';
import { makeRun, RUN, testStudio } from './test-studio.ts';

let home: string;
beforeEach(async () => {
  home = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-studio-'));
});
afterEach(() => fs.rm(home, { recursive: true, force: true }));

const setup = () => testStudio(home);

describe('removing', () => {
  it('does not take a run or its data set away from under a training', async () => {
    await makeRun(home);
    const { studio, state } = setup();
    await studio.calls['training.resumeRun']({ runId: RUN });
    state({ phase: 'running' });
    await expect(studio.calls['runs.remove']({ runId: RUN })).rejects.toThrow('being trained');
    await expect(studio.calls['datasets.remove']({ name: 'digits' })).rejects.toThrow('being trained on');
    const rename = { name: 'digits', to: 'numbers' };
    await expect(studio.calls['datasets.rename'](rename)).rejects.toThrow('being trained on');
    state({ phase: 'stopped' });
    await fs.mkdir(datasetFolder(home, 'digits'), { recursive: true });
    const { token } = await studio.calls['datasets.remove']({ name: 'digits' });
    await expect(fs.stat(datasetFolder(home, 'digits'))).rejects.toThrow();
    expect(await studio.calls['datasets.restore']({ token })).toEqual({ name: 'digits' });
    await fs.stat(datasetFolder(home, 'digits'));
  });

  it('does not take them away from under another window or a command', async () => {
    await makeRun(home);
    await fs.mkdir(datasetFolder(home, 'digits'), { recursive: true });
    const source = `
      import { lockRun, useDataset } from '${path.resolve('core/library-locks.ts')}';
      const [home, run] = process.argv.slice(2);
      lockRun(home, run, 'is being trained');
      useDataset(home, 'digits', 'is in use for the training of run ' + run);
      console.log('held');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, [bundled(source), home, RUN]);
    try {
      expect(await linesOf(child, 1)).toEqual(['held']);
      const { studio } = setup();
      const busy = (text: string) => ({ code: 'busy', message: expect.stringContaining(text) as string });
      const who = `by another program (process ${child.pid}, since `;
      await expect(studio.calls['runs.remove']({ runId: RUN })).rejects.toMatchObject(
        busy(`Run ${RUN} is being trained ${who}`),
      );
      await expect(studio.calls['datasets.remove']({ name: 'digits' })).rejects.toMatchObject(
        busy(`Data set "digits" is in use for the training of run ${RUN} ${who}`),
      );
      await fs.stat(runFolder(home, RUN));
      await killed(child);
      const other = setup();
      const { token } = await other.studio.calls['runs.remove']({ runId: RUN });
      await expect(fs.stat(runFolder(home, RUN))).rejects.toThrow();
      expect(await other.studio.calls['runs.removed']({})).toMatchObject([{ token, id: RUN }]);
      expect(await other.studio.calls['runs.restore']({ token })).toEqual({ runId: RUN });
      await fs.stat(path.join(runFolder(home, RUN), 'run.json'));
      await other.studio.calls['datasets.remove']({ name: 'digits' });
    } finally {
      await killed(child);
    }
  });

  it('says that a run is not there, which is no failure of the trash', async () => {
    const { studio, log } = setup();
    await expect(studio.calls['runs.remove']({ runId: RUN })).rejects.toMatchObject({ code: 'not-found' });
    expect(log).not.toHaveBeenCalled();
  });

  it('leaves nothing of an import whose process died, when the window goes', async () => {
    const { studio } = setup();
    const left = path.join(datasetsFolder(home), '.many-1.tmp');
    await fs.mkdir(left, { recursive: true });
    const gone = { pid: spawnSync(process.execPath, ['-e', '']).pid, host: os.hostname() };
    await fs.writeFile(path.join(left, 'owner.json'), JSON.stringify(gone));
    await studio.datasets.close();
    expect(await fs.readdir(datasetsFolder(home))).toEqual([]);
  });

  it('keeps removed data sets until they are removed for good', async () => {
    const { studio, emit } = setup();
    for (const name of ['a', 'b']) await fs.mkdir(datasetFolder(home, name), { recursive: true });
    const { token } = await studio.calls['datasets.remove']({ name: 'a' });
    await studio.calls['datasets.remove']({ name: 'b' });
    const listed = await studio.calls['datasets.trash']({});
    expect(listed.map(({ name }) => name).sort()).toEqual(['a', 'b']);
    emit.mockClear();
    await studio.calls['datasets.discard']({ token });
    expect(emit).toHaveBeenCalledWith('library.changed', { what: 'datasets' });
    await expect(studio.calls['datasets.restore']({ token })).rejects.toThrow('removed for good');
    expect(await studio.calls['datasets.trash']({})).toMatchObject([{ name: 'b', count: null, bytes: 0 }]);
    await studio.calls['datasets.emptyTrash']({});
    expect(await studio.calls['datasets.trash']({})).toEqual([]);
  });
});

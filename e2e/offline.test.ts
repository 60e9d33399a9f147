/** Nothing of ours looks up a name, opens a connection or sends a datagram, and no page can make it. */
import { once } from 'node:events';
import fs from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { HOSTILE } from './hostile-page.ts';
import { type NetworkProof, networkProof } from './network-proof.ts';
import { PIPED_STDIO, PIPED_SWITCH, PipedStudio } from './piped-studio.ts';
import { type Folders, temporaryFolders } from './studio.ts';

const ROOT = path.join(import.meta.dirname, '..');
const NOTHING = { connections: 0, datagrams: 0, details: [] };

let folders: Folders;
let proof: NetworkProof;

test.beforeAll(async () => {
  folders = await temporaryFolders();
  proof = await networkProof(folders.root);
  process.stdout.write(`The network is measured by ${proof.name}.\n`);
});

test.afterAll(() => fs.rm(folders.root, { recursive: true, force: true }));

test.describe.configure({ mode: 'serial' });

test('the window trains, draws and is attacked without a packet', async () => {
  const electron = process.env['COVAE_ELECTRON_PATH'] ?? '';
  const netLog = path.join(folders.root, 'net-log.json');
  const { child, traffic } = proof.start(
    [
      electron,
      ...(proof.asRoot ? ['--no-sandbox'] : []),
      ...[PIPED_SWITCH, `--log-net-log=${netLog}`],
      ...[ROOT, '--home', folders.home, '--user-data-dir', folders.userData],
    ],
    path.join(folders.root, 'window'),
    [...PIPED_STDIO],
  );
  const closed = once(child, 'close');
  child.stdout?.resume();
  child.stderr?.resume();
  const studio = await PipedStudio.attach(child);
  await studio.press('Add the sample digits');
  await studio.see('is imported: 10,000 images.');
  await studio.press('Train');
  await studio.press('Smoke test');
  await studio.press('Start training');
  await studio.see('Finished');
  await studio.press('Samples');
  await studio.press('Draw');
  await studio.see('64 samples, seed 0');

  await studio.evaluate(HOSTILE);
  expect(await studio.evaluate('location.href')).toContain('app://studio/');
  process.kill(await studio.mainProcess(), 'SIGTERM');
  await closed;

  expect(await traffic()).toEqual(NOTHING);
  const { asked, looked } = await readNetLog(netLog);
  expect(asked).toEqual([]);
  expect(looked).toEqual([]);
});

test('the command line trains and draws without a packet', async () => {
  const commands = [
    ['train', '--data', 'sample', '--preset', 'smoke', '--set', 'training.steps=2'],
    ['sample', '--out', path.join(folders.exports, 'grid.png')],
  ];
  for (const command of commands) {
    const { child, traffic } = proof.start(
      [process.execPath, path.join(ROOT, 'bin', 'covae.mjs'), ...command, '--home', folders.home],
      path.join(folders.root, 'command'),
      'ignore',
    );
    const [code] = (await once(child, 'close')) as [number | null];
    expect(code).toBe(0);
    expect(await traffic()).toEqual(NOTHING);
  }
});

interface NetLog {
  constants: { logEventTypes: Record<string, number> };
  events: { type: number; params?: { url?: string; host?: string; address?: string } }[];
}

/** What Chromium's own log of its network says: addresses it asked for, and what it looked up or connected to. */
async function readNetLog(file: string): Promise<{ asked: string[]; looked: string[] }> {
  const text = await fs.readFile(file, 'utf8');
  const { constants, events } = JSON.parse(text) as NetLog;
  const names = new Map(Object.entries(constants.logEventTypes).map(([name, type]) => [type, name]));
  // The log knows its words, or nothing would be proved by it.
  for (const name of [
    'URL_REQUEST_START_JOB',
    'HOST_RESOLVER_MANAGER_REQUEST',
    'TCP_CONNECT',
    'UDP_BYTES_SENT',
  ])
    expect(constants.logEventTypes).toHaveProperty(name);
  const told = events.map(({ type, params }) => ({ name: names.get(type) ?? '', params }));
  const asked = told.flatMap(({ name, params }) =>
    name === 'URL_REQUEST_START_JOB' && params?.url ? [params.url] : [],
  );
  const looked = told
    .filter(({ name }) =>
      /^(HOST_RESOLVER_|DNS_TRANSACTION|TCP_CONNECT|UDP_BYTES_SENT|QUIC_SESSION)/.test(name),
    )
    .map(({ name, params }) => `${name} ${JSON.stringify(params)}`);
  return { asked, looked };
}

/** What the page must not be able to do. */
import { expect, test } from '@playwright/test';
import { type Folders, launched, putAway, type StudioApp } from './studio.ts';

let folders: Folders;
let app: StudioApp;

test.beforeAll(async () => {
  ({ folders, app } = await launched());
});

test.afterAll(() => putAway(app, folders));

test('has no Node.js and no Electron, only the bridge', async () => {
  const seen = await app.page.evaluate(() => ({
    require: typeof Reflect.get(globalThis, 'require'),
    process: typeof Reflect.get(globalThis, 'process'),
    bridge: Object.keys(Reflect.get(globalThis, 'covae') as object).sort(),
  }));
  expect(seen).toEqual({
    require: 'undefined',
    process: 'undefined',
    bridge: ['cancel', 'invoke', 'on', 'pathForFile'],
  });
});

test('reaches neither the network nor files of the system', async () => {
  for (const address of ['https://example.org/', 'http://127.0.0.1:1/', 'file:///etc/hostname']) {
    const answer = await app.page.evaluate(
      (url) =>
        fetch(url).then(
          () => 'answered',
          () => 'refused',
        ),
      address,
    );
    expect(answer).toBe('refused');
  }
  // The page's policy is one wall, the session's filter another.
  const direct = await app.electron.evaluate(async ({ net, session }) => {
    const request = net.request({ url: 'http://127.0.0.1:1/', session: session.defaultSession });
    return new Promise<string>((resolve) => {
      request.on('error', (error) => resolve(error.message));
      request.on('response', () => resolve('answered'));
      request.end();
    });
  });
  expect(direct).toContain('ERR_BLOCKED_BY_CLIENT');
});

test('cannot leave its page, open another, or run inline scripts', async () => {
  const before = app.page.url();
  await app.page.evaluate(() => {
    location.href = 'https://example.org/';
  });
  const opened = await app.page.evaluate(() => window.open('https://example.org/') === null);
  expect(opened).toBe(true);
  expect(app.page.url()).toBe(before);
  const ran = await app.page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.inlineRan = true';
    document.body.append(script);
    return Reflect.has(window, 'inlineRan');
  });
  expect(ran).toBe(false);
});

test('is refused what does not fit the contract', async () => {
  const answers = await app.page.evaluate(async () => {
    const { invoke } = Reflect.get(globalThis, 'covae') as {
      invoke: (channel: string, params: unknown) => Promise<unknown>;
    };
    return Promise.all([
      invoke('app.reveal', { path: '/etc/passwd' }),
      invoke('runs.metrics', { runId: '../../etc' }),
      invoke('datasets.list', { extra: 1 }),
      invoke('no.such.call', {}),
    ]);
  });
  for (const answer of answers) expect(answer).toMatchObject({ ok: false });
});

import { describe, expect, it, vi } from 'vitest';
import { UserError } from '../../core/errors.ts';
import {
  CallGate,
  type CallHandlers,
  GENERIC_FAILURE,
  isTrusted,
  PixelGate,
  type PixelHandlers,
  type Sender,
} from './gate.ts';

const ORIGIN = 'app://studio';
const page: Sender = { processId: 3, routingId: 7, origin: ORIGIN };

/** Handlers that are not expected to be called, but for those given. */
function handlersWith<T extends object>(given: Partial<T>): T {
  return new Proxy(given, {
    get: (target, name) =>
      Reflect.get(target, name) ?? (() => Promise.reject(new Error(`${String(name)} was called`))),
  }) as T;
}

function gate(given: Partial<CallHandlers>) {
  const log = vi.fn();
  const calls = new CallGate({
    handlers: handlersWith<CallHandlers>(given),
    trusted: (sender: Sender | null) => isTrusted(sender, page, ORIGIN),
    log,
  });
  return {
    log,
    calls,
    call: (channel: unknown, params: unknown, sender: Sender | null = page) =>
      calls.answer(sender, channel, params),
  };
}

describe('isTrusted', () => {
  it('knows our page in its main frame', () => {
    expect(isTrusted({ ...page }, page, ORIGIN)).toBe(true);
  });

  it.each<[string, Sender | null]>([
    ['no frame', null],
    ['another frame', { ...page, routingId: 8 }],
    ['another process', { ...page, processId: 4 }],
    ['another origin', { ...page, origin: 'https://example.org' }],
    ['a look-alike origin', { ...page, origin: 'app://studio.example.org' }],
  ])('refuses %s', (_what, sender) => {
    expect(isTrusted(sender, page, ORIGIN)).toBe(false);
  });
});

/** Answers when its signal is aborted only. */
const untilAborted = (_: unknown, signal?: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error));
  });

describe('CallGate', () => {
  it('answers with the value', async () => {
    const { call } = gate({ 'datasets.choose': async () => ['/pictures'] });
    expect(await call('datasets.choose', { what: 'folder' })).toEqual({ ok: true, value: ['/pictures'] });
  });

  it('refuses strangers before anything else is looked at', async () => {
    const choose = vi.fn();
    const { call, log } = gate({ 'datasets.choose': choose });
    const params = { what: 'folder' };
    expect(await call('datasets.choose', params, { ...page, routingId: 8 })).toMatchObject({ ok: false });
    expect(await call('datasets.choose', params, null)).toMatchObject({ ok: false });
    expect(choose).not.toHaveBeenCalled();
    expect(log).toHaveBeenCalledTimes(2);
  });

  it('does not call a handler with parameters that do not fit, and names the key', async () => {
    const remove = vi.fn();
    const { call } = gate({ 'datasets.remove': remove });
    for (const params of [{ name: '../etc' }, { name: 3 }, {}, undefined, { name: 'a', more: 1 }]) {
      expect(await call('datasets.remove', params)).toMatchObject({ ok: false });
    }
    expect(remove).not.toHaveBeenCalled();
    expect(await call('datasets.remove', undefined)).toMatchObject({
      message: 'datasets.remove: the content is missing.',
    });
    expect(await call('datasets.remove', { name: 3 })).toMatchObject({
      code: 'invalid',
      key: 'name',
      message: expect.stringContaining('"name"') as string,
    });
  });

  it('answers a screenful of nonsense with a sentence', async () => {
    const answer = await gate({}).call('datasets.restore', { token: 'x'.repeat(100_000) });
    expect(answer).toMatchObject({ code: 'invalid', key: 'token' });
    expect(JSON.stringify(answer).length).toBeLessThan(500);
  });

  it.each(['no.such', 'toString', '__proto__', 7, undefined])('does not know %s', async (channel) => {
    expect(await gate({}).call(channel, {})).toEqual({
      ok: false,
      code: 'internal',
      message: GENERIC_FAILURE,
    });
  });

  it('passes the sentence for the person on, and logs everything else', async () => {
    const { call, log } = gate({
      'training.pause': () =>
        Promise.reject(new UserError('There is nothing to pause.', { code: 'busy', file: '/runs/a' })),
      'training.stop': () => Promise.reject(new TypeError('x is undefined')),
    });
    expect(await call('training.pause', {})).toEqual({
      ...{ ok: false, code: 'busy', file: '/runs/a' },
      message: 'There is nothing to pause.',
    });
    expect(log).not.toHaveBeenCalled();
    expect(await call('training.stop', {})).toEqual({
      ok: false,
      code: 'internal',
      message: GENERIC_FAILURE,
    });
    expect(log).toHaveBeenCalledOnce();
  });

  it('cancels a call for the page that made it, and for no other', async () => {
    const { calls, log } = gate({ 'runs.list': untilAborted });
    const answer = calls.answer(page, 'runs.list', {}, 4);
    const settled = vi.fn();
    void answer.then(settled);
    calls.cancel({ ...page, routingId: 8 }, 4);
    calls.cancel(page, 5);
    calls.cancel(page, '4');
    await new Promise((resolve) => setImmediate(resolve));
    expect(settled).not.toHaveBeenCalled();
    calls.cancel(page, 4);
    expect(await answer).toMatchObject({ ok: false, code: 'cancelled' });
    const lost = calls.answer(page, 'runs.list', {}, 6);
    calls.cancelAll();
    expect(await lost).toMatchObject({ ok: false, code: 'cancelled' });
    expect(log).not.toHaveBeenCalled();
  });
});

describe('PixelGate', () => {
  const images = { count: 1, height: 2, width: 2, channels: 1 as const, data: Uint8Array.of(1, 2, 3, 4) };
  const log = vi.fn();
  const gate = new PixelGate(
    handlersWith<PixelHandlers>({ 'dataset.images': async () => images, 'model.sample': untilAborted }),
    log,
  );

  it('answers with the pixels under the id of the request', async () => {
    const params = { name: 'digits', start: 0, count: 1 };
    const answer = await gate.answer({ id: 4, kind: 'dataset.images', params });
    expect(answer).toEqual({ id: 4, ok: true, value: images });
  });

  it('refuses what does not fit, and cannot answer what has no id', async () => {
    const params = { name: 'digits', start: -1, count: 1 };
    const answer = await gate.answer({ id: 4, kind: 'dataset.images', params });
    expect(answer).toMatchObject({ id: 4, ok: false });
    expect(await gate.answer({ id: 5, kind: 'constructor', params })).toMatchObject({
      id: 5,
      ok: false,
    });
    expect(await gate.answer('nonsense')).toBeNull();
  });

  it('cancels a request by its number, and all of them when the page is gone', async () => {
    const params = { runId: 'a', count: 1, seed: 0, passes: 1 };
    const first = gate.answer({ id: 7, kind: 'model.sample', params });
    const second = gate.answer({ id: 8, kind: 'model.sample', params });
    expect(await gate.answer({ cancel: 7 })).toBeNull();
    expect(await first).toMatchObject({ id: 7, ok: false, code: 'cancelled' });
    gate.close();
    expect(await second).toMatchObject({ id: 8, ok: false, code: 'cancelled' });
  });
});

import { describe, expect, it, vi } from 'vitest';
import { UserError } from '../../core/errors.ts';
import {
  answerCall,
  answerPixels,
  type CallHandlers,
  checkedEvent,
  GENERIC_FAILURE,
  isTrusted,
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
  const options = {
    handlers: handlersWith<CallHandlers>(given),
    trusted: (sender: Sender | null) => isTrusted(sender, page, ORIGIN),
    log,
  };
  return {
    log,
    call: (channel: unknown, params: unknown, sender: Sender | null = page) =>
      answerCall(options, sender, channel, params),
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

describe('answerCall', () => {
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
    expect(await call('datasets.remove', { name: 3 })).toMatchObject({
      message: expect.stringContaining('"name"') as string,
    });
  });

  it.each(['no.such', 'toString', '__proto__', 7, undefined])('does not know %s', async (channel) => {
    expect(await gate({}).call(channel, {})).toEqual({ ok: false, message: GENERIC_FAILURE });
  });

  it('passes the sentence for the person on, and logs everything else', async () => {
    const { call, log } = gate({
      'training.pause': () => Promise.reject(new UserError('There is nothing to pause.')),
      'training.stop': () => Promise.reject(new TypeError('x is undefined')),
    });
    expect(await call('training.pause', {})).toEqual({ ok: false, message: 'There is nothing to pause.' });
    expect(log).not.toHaveBeenCalled();
    expect(await call('training.stop', {})).toEqual({ ok: false, message: GENERIC_FAILURE });
    expect(log).toHaveBeenCalledOnce();
  });

  it('does not let out an answer that does not fit', async () => {
    const { call, log } = gate({ 'training.start': async () => ({ runId: 'a', secret: 1 }) });
    const answer = await call('training.start', { dataset: 'digits', preset: 'tiny' });
    expect(answer).toEqual({ ok: false, message: GENERIC_FAILURE });
    expect(log).toHaveBeenCalledOnce();
  });
});

describe('answerPixels', () => {
  const images = { count: 1, height: 2, width: 2, channels: 1 as const, data: Uint8Array.of(1, 2, 3, 4) };
  const handlers = handlersWith<PixelHandlers>({ 'dataset.images': async () => images });
  const log = vi.fn();

  it('answers with the pixels under the id of the request', async () => {
    const params = { name: 'digits', start: 0, count: 1 };
    const answer = await answerPixels(handlers, { id: 4, kind: 'dataset.images', params }, log);
    expect(answer).toEqual({ id: 4, ok: true, value: images });
  });

  it('refuses what does not fit, and cannot answer what has no id', async () => {
    const params = { name: 'digits', start: -1, count: 1 };
    const answer = await answerPixels(handlers, { id: 4, kind: 'dataset.images', params }, log);
    expect(answer).toMatchObject({ id: 4, ok: false });
    expect(await answerPixels(handlers, { id: 5, kind: 'constructor', params }, log)).toMatchObject({
      id: 5,
      ok: false,
    });
    expect(await answerPixels(handlers, 'nonsense', log)).toBeNull();
  });
});

describe('checkedEvent', () => {
  it('lets through what fits and throws for the rest', () => {
    expect(checkedEvent('library.changed', { what: 'runs' })).toEqual({ what: 'runs' });
    expect(() => checkedEvent('training.samples', { runId: 'a', step: NaN })).toThrow('step');
  });
});

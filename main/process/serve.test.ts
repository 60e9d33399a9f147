import { describe, expect, it, vi } from 'vitest';
import * as v from 'valibot';
import { UserError } from '../../core/errors.ts';
import type { ReplyMessage } from './protocol.ts';
import { serve } from './serve.ts';

const protocol = {
  requests: { half: { params: v.strictObject({ n: v.number() }), result: v.number() } },
  events: { news: v.strictObject({ n: v.number() }) },
} as const;

function setup(half: (params: { n: number }, signal: AbortSignal) => number | Promise<number>) {
  const sent: ReplyMessage[] = [];
  let receive: (message: unknown) => void = () => undefined;
  const tell = serve<typeof protocol>(
    protocol,
    {
      onMessage: (listener) => {
        receive = listener;
      },
      postMessage: (message) => sent.push(message),
    },
    { half },
  );
  const ask = async (message: unknown): Promise<void> => {
    receive(message);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { sent, tell, ask };
}

describe('serve', () => {
  it('answers requests and tells events', async () => {
    const { sent, tell, ask } = setup(({ n }) => n / 2);
    await ask({ id: 5, kind: 'half', params: { n: 8 } });
    tell('news', { n: 1 });
    expect(sent).toEqual([
      { type: 'answer', id: 5, value: 4 },
      { type: 'event', kind: 'news', payload: { n: 1 } },
    ]);
  });

  it('stops what main takes back, and says so', async () => {
    const reported = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { sent, ask } = setup(
      ({ n }, signal) =>
        new Promise((resolve, reject) => {
          if (n === 0) resolve(0);
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    );
    await ask({ id: 1, kind: 'half', params: { n: 8 } });
    await ask({ id: 2, kind: 'half', params: { n: 8 } });
    await ask({ id: 2, kind: 'cancel', params: null });
    expect(sent).toMatchObject([{ type: 'failure', id: 2, code: 'cancelled' }]);
    // What is done already is not undone.
    await ask({ id: 3, kind: 'half', params: { n: 0 } });
    await ask({ id: 3, kind: 'cancel', params: null });
    expect(sent).toHaveLength(2);
    expect(reported).not.toHaveBeenCalled();
    reported.mockRestore();
  });

  it('tells machines which setting or file is concerned', async () => {
    const { sent, ask } = setup(() => {
      throw new UserError('a.zip: key "n" is wrong.', {
        code: 'settings',
        key: 'n',
        file: 'a.zip',
        brief: 'is wrong.',
      });
    });
    await ask({ id: 1, kind: 'half', params: { n: 0 } });
    expect(sent).toEqual([
      {
        ...{ type: 'failure', id: 1, code: 'settings', key: 'n', file: 'a.zip', brief: 'is wrong.' },
        message: 'a.zip: key "n" is wrong.',
      },
    ]);
  });

  it('marks sentences for the person, and lives on after any error', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { sent, ask } = setup(({ n }) => {
      if (n === 0) throw new UserError('Nothing to halve.');
      throw new TypeError('inner trouble');
    });
    await ask({ id: 1, kind: 'half', params: { n: 0 } });
    await ask({ id: 2, kind: 'half', params: { n: 1 } });
    await ask({ id: 3, kind: 'half', params: { n: 'x' } });
    await ask({ id: 4, kind: 'toString', params: {} });
    await ask('nonsense');
    expect(sent).toMatchObject([
      { type: 'failure', id: 1, message: 'Nothing to halve.', code: 'invalid' },
      { type: 'failure', id: 2, message: 'inner trouble', code: 'internal' },
      { type: 'failure', id: 3, code: 'internal' },
      { type: 'failure', id: 4, code: 'internal' },
    ]);
  });
});

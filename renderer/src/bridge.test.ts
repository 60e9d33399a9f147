import { describe, expect, it } from 'vitest';
import type { CovaeBridge } from '../../main/ipc/contract.ts';
import { Bridge, isCancellation, PixelClient, sentenceOf } from './bridge.ts';

function bridgeThat(
  invoke: (channel: string, params: unknown, id: number) => Promise<unknown>,
  cancel: (id: number) => void = () => undefined,
): Bridge {
  const covae = { invoke, cancel, on: () => () => {}, pathForFile: () => '' };
  return new Bridge(covae as unknown as CovaeBridge);
}

describe('Bridge', () => {
  it('gives the value of an answer', async () => {
    const bridge = bridgeThat(async () => ({ ok: true, value: [] }));
    await expect(bridge.call('runs.list', {})).resolves.toEqual([]);
  });

  it('throws the sentence of a failure, with its code, key and file', async () => {
    const failure = {
      code: 'settings',
      key: 'training.steps',
      brief: 'is empty.',
      message: 'The folder is empty.',
    };
    const bridge = bridgeThat(async () => ({ ok: false, ...failure }));
    await expect(bridge.call('runs.list', {})).rejects.toThrow(/^The folder is empty\.$/);
    await expect(bridge.call('runs.list', {})).rejects.toMatchObject({ ...failure, file: null });
  });

  it('throws a sentence for people when the call itself is refused', async () => {
    const bridge = bridgeThat(async () => {
      throw new Error("Error invoking remote method 'call': TypeError: no such channel");
    });
    await expect(bridge.call('runs.list', {})).rejects.toMatchObject({
      code: 'internal',
      message: 'The application did not answer; try again, or start it anew.',
    });
    expect(sentenceOf('text')).toBe('text');
  });

  it('cancels the call of a signal, and does not wait for its end', async () => {
    const asked: number[] = [];
    const cancelled: number[] = [];
    const bridge = bridgeThat(
      (_channel, _params, id) => {
        asked.push(id);
        return new Promise(() => undefined);
      },
      (id) => cancelled.push(id),
    );
    const wanted = new AbortController();
    void bridge.call('runs.list', {});
    const answer = bridge.call('presets.list', {}, { signal: wanted.signal });
    wanted.abort();
    const error: unknown = await answer.catch((thrown: unknown) => thrown);
    expect(isCancellation(error)).toBe(true);
    expect(asked).toHaveLength(2);
    expect(cancelled).toEqual([asked[1]]);
    await expect(bridge.call('presets.list', {}, { signal: wanted.signal })).rejects.toBe(
      wanted.signal.reason,
    );
    expect(asked).toHaveLength(2);
  });
});

const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('PixelClient', () => {
  it('sends what was asked before the port came, and matches answers by id', async () => {
    const client = new PixelClient();
    const first = client.request('run.curves', { runId: 'a' });
    const second = client.request('run.curves', { runId: 'b' });
    const { port1, port2 } = new MessageChannel();
    const requests: { id: number; params: { runId: string } }[] = [];
    port2.onmessage = ({ data }: MessageEvent<(typeof requests)[number]>) => requests.push(data);
    client.attach(port1);
    await settled();
    expect(requests.map(({ params }) => params.runId)).toEqual(['a', 'b']);
    const answer = (step: number) => ({
      count: 0,
      height: 1,
      width: 1,
      channels: 1,
      data: new Uint8Array(),
      step,
    });
    port2.postMessage({ id: requests[1]?.id, ok: true, value: answer(2) });
    port2.postMessage({ id: requests[0]?.id, ok: false, code: 'not-found', message: 'There is no run “a”.' });
    port2.postMessage({ id: 99, ok: true, value: answer(3) });
    await expect(second).resolves.toMatchObject({ step: 2 });
    await expect(first).rejects.toThrow('There is no run “a”.');
    port2.close();
  });

  it('cancels a request by its id, and forgets one that was not sent yet', async () => {
    const client = new PixelClient();
    const early = new AbortController();
    const unsent = client.request('run.curves', { runId: 'a' }, { signal: early.signal });
    const expectation = expect(unsent).rejects.toMatchObject({ name: 'AbortError' });
    early.abort();
    await expectation;
    const { port1, port2 } = new MessageChannel();
    const sent: unknown[] = [];
    port2.onmessage = ({ data }: MessageEvent<unknown>) => sent.push(data);
    client.attach(port1);
    const wanted = new AbortController();
    const asked = client.request('run.curves', { runId: 'b' }, { signal: wanted.signal });
    const end = expect(asked).rejects.toMatchObject({ name: 'AbortError' });
    wanted.abort();
    await end;
    await settled();
    expect(sent).toEqual([{ id: 2, kind: 'run.curves', params: { runId: 'b' } }, { cancel: 2 }]);
    port2.close();
  });

  it('fails what a former port can no longer answer and goes on with the new one', async () => {
    const client = new PixelClient();
    const former = new MessageChannel();
    client.attach(former.port1);
    const lost = client.request('run.curves', { runId: 'a' });
    const expectation = expect(lost).rejects.toThrow('asked for again');
    const next = new MessageChannel();
    client.attach(next.port1);
    await expectation;
    next.port2.onmessage = ({ data }: MessageEvent<{ id: number }>) =>
      next.port2.postMessage({ id: data.id, ok: true, value: 'pixels' });
    await expect(client.request('run.curves', { runId: 'b' })).resolves.toBe('pixels');
    next.port2.close();
  });
});

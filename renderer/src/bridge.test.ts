import { describe, expect, it } from 'vitest';
import type { CovaeBridge } from '../../main/ipc/contract.ts';
import { Bridge, PixelClient, sentenceOf } from './bridge.ts';

function bridgeThat(invoke: () => Promise<unknown>): Bridge {
  const covae = { invoke, on: () => () => {}, pathForFile: () => '' };
  return new Bridge(covae as unknown as CovaeBridge);
}

describe('Bridge', () => {
  it('gives the value of an answer', async () => {
    const bridge = bridgeThat(async () => ({ ok: true, value: [] }));
    await expect(bridge.call('runs.list', {})).resolves.toEqual([]);
  });

  it('throws the sentence of a failure', async () => {
    const bridge = bridgeThat(async () => ({ ok: false, message: 'The folder is empty.' }));
    await expect(bridge.call('runs.list', {})).rejects.toThrow(/^The folder is empty\.$/);
  });

  it('throws the bare sentence when the call itself is refused', async () => {
    const bridge = bridgeThat(async () => {
      throw new Error("Error invoking remote method 'call': TypeError: no such channel");
    });
    await expect(bridge.call('runs.list', {})).rejects.toThrow(/^no such channel$/);
    expect(sentenceOf('text')).toBe('text');
  });
});

const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('PixelClient', () => {
  it('sends what was asked before the port came, and matches answers by id', async () => {
    const client = new PixelClient();
    const first = client.request('run.latestSamples', { runId: 'a' });
    const second = client.request('run.latestSamples', { runId: 'b' });
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
    port2.postMessage({ id: requests[0]?.id, ok: false, message: 'There is no run “a”.' });
    port2.postMessage({ id: 99, ok: true, value: answer(3) });
    await expect(second).resolves.toMatchObject({ step: 2 });
    await expect(first).rejects.toThrow('There is no run “a”.');
    port2.close();
  });

  it('fails what a former port can no longer answer and goes on with the new one', async () => {
    const client = new PixelClient();
    const former = new MessageChannel();
    client.attach(former.port1);
    const lost = client.request('run.latestSamples', { runId: 'a' });
    const expectation = expect(lost).rejects.toThrow('asked for again');
    const next = new MessageChannel();
    client.attach(next.port1);
    await expectation;
    next.port2.onmessage = ({ data }: MessageEvent<{ id: number }>) =>
      next.port2.postMessage({ id: data.id, ok: true, value: 'pixels' });
    await expect(client.request('run.latestSamples', { runId: 'b' })).resolves.toBe('pixels');
    next.port2.close();
  });
});

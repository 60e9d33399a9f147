import { MessageChannelMain, type WebContents } from 'electron';
import { PORT_CHANNEL } from './channels.ts';
import { type Log, PixelGate, type PixelHandlers } from './gate.ts';

/**
 * Gives each page that `contents` loads a MessagePort of its own for pixels. Only the main frame of our own
 * page gets one, so whoever asks over it needs no further check.
 *
 * Ports of the main process copy, they do not transfer: answers are sent as Uint8Array.
 */
export function offerPixelPort(
  contents: WebContents,
  handlers: PixelHandlers,
  log: Log,
  trusted: () => boolean,
): void {
  let close = (): void => undefined;
  contents.on('did-finish-load', () => {
    close();
    if (!trusted()) return;
    const { port1, port2 } = new MessageChannelMain();
    const gate = new PixelGate(handlers, log);
    let open = true;
    const end = (): void => {
      open = false;
      gate.close();
    };
    close = () => {
      end();
      port1.close();
    };
    port1.on('close', end);
    port1.on('message', ({ data }) => {
      void gate.answer(data).then((answer) => {
        if (answer !== null && open) port1.postMessage(answer);
      });
    });
    port1.start();
    contents.postMessage(PORT_CHANNEL, null, [port2]);
  });
}

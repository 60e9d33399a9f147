/** The bridge between the sandboxed page and main: no more than the contract. */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import {
  CALL_CHANNEL,
  CANCEL_CHANNEL,
  EVENT_CHANNEL,
  PIXEL_PORT_MESSAGE,
  PORT_CHANNEL,
} from './ipc/channels.ts';
import type { CovaeBridge } from './ipc/contract.ts';

/** The two things of the page's globals that are used here. */
declare const window: {
  postMessage(message: unknown, targetOrigin: string, transfer: readonly unknown[]): void;
  location: { origin: string };
};

type Listener = (payload: never) => void;
const listeners = new Map<string, Set<Listener>>();

ipcRenderer.on(EVENT_CHANNEL, (_event, name: string, payload: unknown) => {
  // Main made the payload, typed by the contract.
  for (const listener of listeners.get(name) ?? []) listener(payload as never);
});

ipcRenderer.on(PORT_CHANNEL, (event) => {
  const ports: readonly unknown[] = event.ports;
  window.postMessage(PIXEL_PORT_MESSAGE, window.location.origin, ports);
});

const bridge: CovaeBridge = {
  invoke: (channel, params, id) => ipcRenderer.invoke(CALL_CHANNEL, channel, params, id),
  cancel: (id) => ipcRenderer.send(CANCEL_CHANNEL, id),
  on(event, listener) {
    const forEvent = listeners.get(event) ?? new Set();
    listeners.set(event, forEvent);
    forEvent.add(listener);
    return () => {
      forEvent.delete(listener);
    };
  },
  pathForFile(file) {
    // Electron before 32 has no webUtils.getPathForFile, but the path on the file itself.
    const utils = webUtils as Partial<typeof webUtils> | undefined;
    if (utils?.getPathForFile) return utils.getPathForFile(file);
    return 'path' in file && typeof file.path === 'string' ? file.path : '';
  },
};

contextBridge.exposeInMainWorld('covae', bridge);

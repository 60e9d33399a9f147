import type { MenuItemConstructorOptions } from 'electron';
import { beforeEach, expect, it, vi } from 'vitest';
import { markBitmap } from './mark.ts';
import { TrayIcon, trayItems } from './tray.ts';

const electron = vi.hoisted(() => ({
  Tray: vi.fn(),
  Menu: { buildFromTemplate: vi.fn((items: unknown) => items) },
  nativeImage: { createFromBitmap: vi.fn(() => 'icon') },
  powerSaveBlocker: {},
}));
vi.mock('electron', () => electron);

const actions = { show: vi.fn(), pause: vi.fn(), resume: vi.fn(), stop: vi.fn(), quit: vi.fn() };
const RUNNING = { phase: 'running', name: 'Digits', share: 0.42 } as const;

const tray = { on: vi.fn(), destroy: vi.fn(), setToolTip: vi.fn(), setContextMenu: vi.fn() };
beforeEach(() => {
  vi.stubEnv('DBUS_SESSION_BUS_ADDRESS', 'unix:path=/run/user/0/bus');
  vi.clearAllMocks();
  electron.Tray.mockImplementation(function () {
    return tray;
  });
});

const item = (items: MenuItemConstructorOptions[], id: string): MenuItemConstructorOptions | undefined =>
  items.find((entry) => entry.id === id);

it('says what runs and how far it is, and offers what makes sense', () => {
  const running = trayItems(RUNNING, actions);
  expect(item(running, 'status')?.label).toBe('Digits: 42 %');
  expect(item(running, 'pause')).toMatchObject({ enabled: true, visible: true });
  expect(item(running, 'resume')?.visible).toBe(false);
  const paused = trayItems({ ...RUNNING, phase: 'paused' }, actions);
  expect(item(paused, 'status')?.label).toBe('Digits: Paused at 42 %');
  expect(item(paused, 'pause')?.visible).toBe(false);
  expect(item(paused, 'resume')?.visible).toBe(true);
  const over = trayItems({ phase: 'finished', name: 'Digits', share: 0 }, actions);
  expect(item(over, 'status')?.label).toBe('Nothing is trained.');
  expect(item(over, 'stop')?.enabled).toBe(false);
});

it('is there only while the window is hidden, and follows the training', () => {
  const icon = new TrayIcon(actions, vi.fn());
  icon.update(RUNNING);
  expect(electron.Tray).not.toHaveBeenCalled();
  expect(icon.show(RUNNING)).toBe(true);
  icon.update({ ...RUNNING, share: 0.5 });
  expect(tray.setToolTip).toHaveBeenLastCalledWith('50 % – Digits');
  icon.hide();
  expect(tray.destroy).toHaveBeenCalledTimes(1);
});

it('outlasts a system without a tray', () => {
  electron.Tray.mockImplementation(function () {
    throw new Error('no tray');
  });
  const log = vi.fn();
  expect(new TrayIcon(actions, log).show(RUNNING)).toBe(false);
  expect(log).toHaveBeenCalledTimes(1);
});

it.runIf(process.platform === 'linux')('asks for no icon where there is no bus of the session', () => {
  vi.stubEnv('DBUS_SESSION_BUS_ADDRESS', 'disabled:');
  expect(new TrayIcon(actions, vi.fn()).show(RUNNING)).toBe(false);
  expect(electron.Tray).not.toHaveBeenCalled();
});

it('draws four tiles that fade', () => {
  const size = 32;
  const pixels = markBitmap(size);
  const alpha = (x: number, y: number): number => pixels[(y * size + x) * 4 + 3]!;
  const corners = [alpha(2, 2), alpha(29, 2), alpha(2, 29), alpha(29, 29)];
  expect(corners).toEqual([...corners].sort((a, b) => b - a));
  expect(corners[0]).toBe(255);
  expect(alpha(16, 16)).toBe(0);
});

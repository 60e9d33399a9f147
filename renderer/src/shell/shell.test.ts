// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { DEFAULT_PREFERENCES } from '../../../main/ipc/contract.ts';
import { renderIn, standIns } from '../test-studio/render.ts';
import { testStudio } from '../test-studio/studio.ts';
import { openDialogs } from '../ui/open-dialogs.svelte.ts';
import SettingsDialog from './SettingsDialog.svelte';
import ShortcutsDialog from './ShortcutsDialog.svelte';

beforeAll(standIns);
afterEach(() => {
  cleanup();
  openDialogs.count = 0;
  document.body.replaceChildren();
});

function press(target: EventTarget, init: KeyboardEventInit): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...init });
  target.dispatchEvent(event);
  return event;
}

describe('actions', () => {
  it('are offered only when they are possible', async () => {
    const { studio, tell } = testStudio({ 'app.info': () => Promise.reject(new Error('not now')) });
    await studio.training.start();
    const { actions } = studio;
    expect(actions.possible).toContain('new-training');
    expect(actions.possible).not.toContain('pause');
    expect(actions.possible).not.toContain('export');
    tell('training.state', { phase: 'running', runId: 'a', detail: null });
    expect(actions.possible).toEqual(
      expect.arrayContaining(['pause', 'stop', 'samples-now', 'evaluate-now']),
    );
    expect(actions.possible).not.toContain('resume');
    tell('training.state', { phase: 'paused', runId: 'a', detail: null });
    expect(actions.possible).toContain('resume');
    expect(actions.possible).not.toContain('pause');
    // What lies behind a dialog is out of reach; the training is not.
    openDialogs.count = 1;
    expect(actions.possible).toEqual(['resume', 'stop', 'samples-now', 'checkpoint-now', 'evaluate-now']);
  });

  it('export what the view has to offer', () => {
    const { studio } = testStudio();
    const work = vi.fn();
    const end = studio.actions.offerExport(work);
    studio.actions.run('export');
    expect(work).toHaveBeenCalledTimes(1);
    end();
    expect(studio.actions.possible).not.toContain('export');
  });

  it('are done by keys, and signs belong to the text while one types', () => {
    const { studio } = testStudio();
    const { actions, settings } = studio;
    window.addEventListener('keydown', actions.press);
    const field = document.createElement('input');
    document.body.append(field);
    expect(press(field, { key: '?', shiftKey: true }).defaultPrevented).toBe(false);
    expect(actions.dialog).toBeNull();
    expect(press(document.body, { key: '3', ctrlKey: true }).defaultPrevented).toBe(true);
    expect(settings.get('navigation').view).toBe('samples');
    press(document.body, { key: 'F1' });
    expect(settings.get('navigation').view).toBe('guide');
    press(document.body, { key: '?', shiftKey: true });
    expect(actions.dialog).toBe('shortcuts');
    window.removeEventListener('keydown', actions.press);
  });

  it('open a run, whatever is shown', () => {
    const { studio } = testStudio();
    studio.settings.set('runs', { page: 'table' });
    studio.actions.openRun('digits-a');
    expect(studio.settings.get('run').id).toBe('digits-a');
    expect(studio.settings.get('runs').page).toBe('none');
    expect(studio.settings.get('navigation').view).toBe('train');
  });
});

describe('the settings', () => {
  it('are kept by main, and hold at once', async () => {
    const change = vi.fn((changed: object) => ({ ...DEFAULT_PREFERENCES, ...changed }));
    const { studio } = testStudio({ 'preferences.change': change });
    renderIn(studio, SettingsDialog, { onclose: () => undefined });
    await fireEvent.click(screen.getByRole('radio', { name: 'Dark' }));
    await fireEvent.click(screen.getByRole('checkbox', { name: 'Keep the machine awake' }));
    await fireEvent.click(screen.getByRole('radio', { name: 'Goes on in the background' }));
    expect(change.mock.calls).toEqual([
      [{ theme: 'dark' }],
      [{ keepAwake: false }],
      [{ whenClosing: 'background' }],
    ]);
    await waitFor(() => expect(studio.preferences.value.whenClosing).toBe('background'));
  });

  it('say what the system cannot do, and what could not be kept', async () => {
    const { studio } = testStudio({
      'shell.abilities': () => ({ notifications: false, tray: 'unknown' }),
      'preferences.change': () => Promise.reject(new Error('The disk is full.')),
    });
    renderIn(studio, SettingsDialog, { onclose: () => undefined });
    await screen.findByText(/shows no notifications at present/);
    expect(screen.getByText(/starting CoVAE Studio again/)).toBeTruthy();
    await fireEvent.click(screen.getByRole('radio', { name: 'Light' }));
    await screen.findByText('The disk is full. It holds until the window closes.');
  });
});

it('the list of shortcuts tells each key once', () => {
  render(ShortcutsDialog, { onclose: () => undefined });
  expect(screen.getByText('Pause or resume the training')).toBeTruthy();
  expect(screen.getAllByText('Ctrl+P')).toHaveLength(1);
  expect(screen.getByText('Ctrl+Shift+O')).toBeTruthy();
  expect(screen.getByText('Undo')).toBeTruthy();
});

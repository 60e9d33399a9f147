import { expect, it } from 'vitest';
import { acceleratorOf, ACTION_IDS, actionOf, isKey, type Key, keyWords } from './actions.ts';

const pressed = (
  key: string,
  held: Partial<Record<'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey', true>> = {},
) => ({
  ...{ key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false },
  ...held,
});

it('has no key twice, but for pausing and going on, which are never possible at once', () => {
  const words = ACTION_IDS.flatMap((id) => {
    const { key } = actionOf(id);
    return key === undefined || id === 'resume' ? [] : [keyWords(key)];
  });
  expect(new Set(words).size).toBe(words.length);
  expect(actionOf('resume').key).toEqual(actionOf('pause').key);
});

it('leaves the keys of editing alone', () => {
  const editing = ['a', 'c', 'v', 'x', 'y', 'z'];
  for (const id of ACTION_IDS) {
    const { key } = actionOf(id);
    if (key?.ctrl && !key.shift) expect(editing).not.toContain(key.key);
  }
});

it('tells keys from one another by what is held', () => {
  const folder: Key = { key: 'o', ctrl: true, shift: true };
  const files: Key = { key: 'o', ctrl: true };
  expect(isKey(folder, pressed('O', { ctrlKey: true, shiftKey: true }))).toBe(true);
  expect(isKey(files, pressed('O', { ctrlKey: true, shiftKey: true }))).toBe(false);
  expect(isKey(files, pressed('o', { metaKey: true }))).toBe(true);
  expect(isKey(files, pressed('o'))).toBe(false);
  expect(isKey(files, pressed('o', { ctrlKey: true, altKey: true }))).toBe(false);
  // A question mark takes Shift on some keyboards, and none on others.
  expect(isKey({ key: '?' }, pressed('?', { shiftKey: true }))).toBe(true);
  expect(isKey({ key: '?' }, pressed('?'))).toBe(true);
});

it('is written as people and menus read it', () => {
  expect(keyWords({ key: 'o', ctrl: true, shift: true })).toBe('Ctrl+Shift+O');
  expect(keyWords({ key: ',', ctrl: true })).toBe('Ctrl+,');
  expect(keyWords({ key: 'f1' })).toBe('F1');
  expect(acceleratorOf({ key: '1', ctrl: true })).toBe('CommandOrControl+1');
});

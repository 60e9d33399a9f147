import { expect, it, vi } from 'vitest';
import { Messages } from './messages.ts';

it('keeps each sentence until it is asked for, and tells it once', () => {
  const messages = new Messages();
  messages.tell('The log cannot be written.');
  messages.onMessage = vi.fn();
  messages.tell('The log cannot be written.');
  expect(messages.onMessage).not.toHaveBeenCalled();
  messages.tell('Another library is open.');
  expect(messages.onMessage).toHaveBeenCalledTimes(1);
  expect(messages.take()).toEqual(['The log cannot be written.', 'Another library is open.']);
  expect(messages.take()).toEqual([]);
});

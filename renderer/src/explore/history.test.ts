import { describe, expect, it } from 'vitest';
import { History } from './history.svelte.ts';

describe('History', () => {
  it('goes back and forth step by step', () => {
    const history = new History(1);
    history.undo();
    history.change(2);
    history.change(3);
    history.undo();
    expect([history.now, history.canUndo, history.canRedo]).toEqual([2, true, true]);
    history.redo();
    history.redo();
    expect(history.now).toBe(3);
    history.undo();
    // What comes after another step is gone.
    history.change(9);
    expect(history.canRedo).toBe(false);
    history.undo();
    history.undo();
    expect([history.now, history.canUndo]).toEqual([1, false]);
  });

  it('takes a slider that is dragged for one step', () => {
    const history = new History(0);
    history.change(1, 'strength');
    history.change(2, 'strength');
    history.change(3, 'radius');
    history.undo();
    expect(history.now).toBe(2);
    history.undo();
    expect(history.now).toBe(0);
    history.redo();
    history.change(5, 'strength');
    history.undo();
    expect(history.now).toBe(2);
  });

  it('turns without a step', () => {
    const history = new History('a');
    history.turn('b');
    expect([history.now, history.canUndo]).toEqual(['b', false]);
  });
});

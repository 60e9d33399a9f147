import { describe, expect, it } from 'vitest';
import { classOf, orderClasses } from './class-of.ts';

describe('classOf', () => {
  const item = { file: 'train/cat/1.png', className: 'kitten' };

  it('takes the label of the source, the folder, or none', () => {
    expect(classOf(item, { classes: 'auto' })).toBe('kitten');
    expect(classOf(item, { classes: 'folders' })).toBe('cat');
    expect(classOf(item, { classes: 'none' })).toBeNull();
    expect(classOf({ file: '1.png', className: null }, { classes: 'folders' })).toBeNull();
  });

  it('renames, merges and leaves out', () => {
    const classMap = { kitten: 'cat', dog: null };
    expect(classOf(item, { classes: 'auto', classMap })).toBe('cat');
    expect(classOf({ ...item, className: 'dog' }, { classes: 'auto', classMap })).toBeUndefined();
    expect(classOf({ ...item, className: 'toString' }, { classes: 'auto', classMap })).toBe('toString');
  });
});

describe('orderClasses', () => {
  it('keeps the order of the source, else counts numbers and sorts names', () => {
    expect(orderClasses(['dog', 'cat'], ['ship', 'dog', 'cat'])).toEqual(['dog', 'cat']);
    expect(orderClasses(['10', '9', '1'], null)).toEqual(['1', '9', '10']);
    expect(orderClasses(['b', 'a', 'B'], null)).toEqual(['B', 'a', 'b']);
    expect(orderClasses(['new', 'cat'], ['cat'])).toEqual(['cat', 'new']);
  });
});

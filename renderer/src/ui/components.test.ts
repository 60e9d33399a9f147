// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import NumberField from './NumberField.svelte';
import ProgressBar from './ProgressBar.svelte';

afterEach(cleanup);

describe('NumberField', () => {
  it('names its input, and ties the problem to it', async () => {
    const { rerender } = render(NumberField, { label: 'Steps', value: '5', placeholder: '100' });
    const input = screen.getByLabelText('Steps');
    expect(input).toHaveProperty('value', '5');
    expect(input.getAttribute('aria-invalid')).toBe('false');
    await rerender({ problem: 'A whole number from 1 to 10.' });
    expect(input.getAttribute('aria-invalid')).toBe('true');
    const description = document.getElementById(input.getAttribute('aria-describedby') ?? '');
    expect(description?.textContent).toBe('A whole number from 1 to 10.');
  });

  it('counts up and down with the arrow keys, from the placeholder when empty, not below 0', async () => {
    const oninput = vi.fn();
    render(NumberField, { label: 'Seed', value: '', placeholder: '1', oninput });
    const input = screen.getByLabelText('Seed');
    await fireEvent.keyDown(input, { key: 'ArrowDown' });
    expect(input).toHaveProperty('value', '0');
    await fireEvent.keyDown(input, { key: 'ArrowDown' });
    expect(input).toHaveProperty('value', '0');
    await fireEvent.keyDown(input, { key: 'ArrowUp' });
    expect(input).toHaveProperty('value', '1');
    expect(oninput).toHaveBeenCalledTimes(2);
  });
});

describe('ProgressBar', () => {
  it('tells how far it is, and nothing while unknown', async () => {
    const { rerender } = render(ProgressBar, { share: 0.426, label: 'Import progress' });
    const bar = screen.getByRole('progressbar', { name: 'Import progress' });
    expect(bar.getAttribute('aria-valuenow')).toBe('42');
    await rerender({ share: null });
    expect(bar.hasAttribute('aria-valuenow')).toBe(false);
  });
});

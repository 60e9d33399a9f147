/** For tests: a component inside the window, in a page without canvas and layout. */
import { render, screen } from '@testing-library/svelte';
import type { Component } from 'svelte';
import { vi } from 'vitest';
import type { Studio } from '../studio.ts';
import WithStudio from './WithStudio.svelte';

/** Call once in a file of tests: what jsdom has not. */
export function standIns(): void {
  class Nothing {
    observe(): void {}
    unobserve(): void {}
    disconnect(): void {}
    getContext(): null {
      return null;
    }
  }
  vi.stubGlobal('ResizeObserver', Nothing);
  vi.stubGlobal('OffscreenCanvas', Nothing);
  HTMLCanvasElement.prototype.getContext = () => null;
  HTMLDialogElement.prototype.showModal = function (this: HTMLDialogElement) {
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function (this: HTMLDialogElement) {
    this.open = false;
  };
}

/** Renders a component as the window would, with this studio. */
export function renderIn<P extends Record<string, unknown>>(
  studio: Studio,
  component: Component<P>,
  props: P,
): ReturnType<typeof render> {
  // The wrapper hands on what it is given; the types of both are checked here.
  const shown = component as unknown as Component<Record<string, unknown>>;
  return render(WithStudio, { props: { studio, component: shown, props } });
}

/** The one button that people know by this name. */
export const button = (name: string | RegExp): HTMLElement => screen.getByRole('button', { name });

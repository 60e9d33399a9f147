/** What menus are made of. */
import type { Component } from 'svelte';

export interface MenuItem {
  label: string;
  icon: Component;
  danger?: boolean;
  run: () => void;
}

/** Height of a menu with so many entries, in CSS pixels: 34 each, as in MenuPanel.svelte, and its padding. */
export function menuHeight(entries: number): number {
  return entries * 34 + 12;
}

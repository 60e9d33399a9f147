import { printable } from '../../../core/printable.ts';

export interface Notice {
  id: number;
  kind: 'error' | 'done';
  text: string;
  /** File or folder that can be shown in the file manager. */
  path: string | null;
  /** What can be done about it, such as taking it back. */
  action: NoticeAction | null;
}

export interface NoticeAction {
  label: string;
  run: () => void;
}

/** Sentences for the person, made printable. Errors stay until dismissed; the rest goes by itself. */
export class Notices {
  list = $state.raw<Notice[]>([]);
  #nextId = 1;

  error(text: string): void {
    // The same sentence twice says nothing new.
    if (this.list.some((notice) => notice.kind === 'error' && notice.text === printable(text))) return;
    this.#add({ kind: 'error', text, path: null, action: null });
  }

  done(text: string, path: string | null = null): void {
    const id = this.#add({ kind: 'done', text, path, action: null });
    setTimeout(() => this.dismiss(id), path ? 12_000 : 6_000);
  }

  /** What is done and can be taken back for a while. Returns what ends that while early. */
  undoable(text: string, action: NoticeAction): () => void {
    const id = this.#add({ kind: 'done', text, path: null, action });
    setTimeout(() => this.dismiss(id), 20_000);
    return () => this.dismiss(id);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  #add(notice: Omit<Notice, 'id'>): number {
    const id = this.#nextId++;
    this.list = [...this.list.slice(-4), { ...notice, text: printable(notice.text), id }];
    return id;
  }
}

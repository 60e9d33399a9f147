/** Sentences for the person that main has, kept until the page asks for them: it may be loading, or gone for a moment. */
export class Messages {
  readonly #told = new Set<string>();
  #waiting: string[] = [];
  /** Called when there is something to ask for. */
  onMessage: () => void = () => undefined;

  /** Each sentence is told once, however often it is true. */
  tell(sentence: string): void {
    if (this.#told.has(sentence)) return;
    this.#told.add(sentence);
    this.#waiting.push(sentence);
    this.onMessage();
  }

  /** What has not been asked for yet. */
  take(): string[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }
}

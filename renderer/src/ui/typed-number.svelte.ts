/** A number as it is typed, and what it comes to. */
export class TypedNumber {
  /** Empty stands for what is usual. */
  text = $state('');
  readonly #read: (text: string) => { value: number | null; problem: string | null };
  readonly #answer = $derived.by(() => this.#read(this.text));

  /** @param read one of the readers in numbers.ts, with its bounds */
  constructor(read: (text: string) => { value: number | null; problem: string | null }) {
    this.#read = read;
  }

  /** Null when nothing is typed, or no such number. */
  get value(): number | null {
    return this.#answer.value;
  }

  /** What is wrong with the text, in one sentence. */
  get problem(): string | null {
    return this.#answer.problem;
  }

  /** Types a number; null or nothing clears the field. */
  set(value: number | null = null): void {
    this.text = value === null ? '' : String(value);
  }
}

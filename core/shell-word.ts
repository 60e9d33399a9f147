/** Words of a shell's command, written and read. */

/** A word for the shell: quoted when it has to be. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The words of a command as {@link shellWord} writes them. */
export function shellWords(command: string): string[] {
  return [...command.matchAll(/'(?:[^']|'\\'')*'|\S+/g)].map(([word]) =>
    word.startsWith("'") ? word.slice(1, -1).replaceAll("'\\''", "'") : word,
  );
}

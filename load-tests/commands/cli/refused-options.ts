import { expect, vi } from 'vitest';

/** For tests: the command line is refused, by a message on standard error that matches, and the process would exit with 1. */
export function expectRefused(
  readOptions: (argv: readonly string[]) => unknown,
  argv: readonly string[],
  message: RegExp,
): void {
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => {
    throw new Error('exit');
  });
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    expect(() => readOptions(argv)).toThrow('exit');
    expect(exit).toHaveBeenCalledWith(1);
    expect(written.mock.calls.flat().join('')).toMatch(message);
  } finally {
    exit.mockRestore();
    written.mockRestore();
  }
}

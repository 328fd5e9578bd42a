import { expect, vi } from 'vitest';

/** Expects that the command line is rejected with a matching message on standard error and exit code 1. */
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

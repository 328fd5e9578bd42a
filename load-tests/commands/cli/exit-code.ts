/** 128 + SIGPIPE: a shell's code for a program whose reader has closed the pipe. */
const readerHasGone = 141;

// If the reader of the output stops early, as `| head` does, the command ends.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(readerHasGone);
});

/**
 * Runs a command. Prints the message of an error without its stack.
 *
 * @returns the exit code: the command's own, or 1 when it throws.
 */
export async function exitCodeOf(
  command: () => Promise<number>,
  sayError: (message: unknown) => void = console.error,
): Promise<number> {
  try {
    return await command();
  } catch (error) {
    sayError(error instanceof Error ? error.message : error);
    return 1;
  }
}

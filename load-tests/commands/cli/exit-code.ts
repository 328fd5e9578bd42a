/** 128 + SIGPIPE: how a shell reports a program whose reader has gone. */
const readerHasGone = 141;

// The reader of the output may stop early, as `| head` does: then the command is over.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(readerHasGone);
});

/**
 * Runs a command. Prints what it throws without a stack: the message is for the user.
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

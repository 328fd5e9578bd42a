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

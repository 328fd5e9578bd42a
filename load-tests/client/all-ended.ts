/** As Promise.all, but what fails is thrown when all of it has ended: nothing goes on behind the caller's back. */
export async function allEnded(work: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(work);
  await Promise.all(work);
}

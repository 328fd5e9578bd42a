/** Like Promise.all, but throws only once all have settled, so that nothing starts after the clean-up. */
export async function allStarted<T extends readonly Promise<unknown>[] | []>(
  starts: T,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  await Promise.allSettled(starts);
  return Promise.all(starts) as Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }>;
}

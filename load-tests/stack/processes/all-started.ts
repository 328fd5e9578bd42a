/** As Promise.all, but it lets all of them end before it throws: none may start behind the back of the clean-up. */
export async function allStarted<T extends readonly Promise<unknown>[] | []>(
  starts: T,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  await Promise.allSettled(starts);
  return Promise.all(starts) as Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }>;
}

/** What an instance takes the time to be, in milliseconds since 1970: it may be ahead of others, or behind. */
export type Clock = () => number;

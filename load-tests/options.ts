import { InvalidArgumentError } from 'commander';

/** An option's value as a whole number. The error says what it must be; commander puts the option's name before it. */
export function whole(min: number, max: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

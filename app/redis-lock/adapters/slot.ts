/** The remainders of CRC-16/XMODEM, by byte: the polynomial is x^16 + x^12 + x^5 + 1. */
const remainders = Uint16Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte << 8;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder << 1) ^ (remainder & 0x8000 ? 0x1021 : 0);
  return remainder;
});

/**
 * @returns the slot of a key or a sharded channel, from 0 to 16,383
 *   (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#key-distribution-model).
 */
export function slotOf(name: string): number {
  const tag = /^[^{]*\{([^}]+)\}/.exec(name)?.[1] ?? name;
  let crc = 0;
  for (const byte of Buffer.from(tag)) crc = ((crc << 8) & 0xffff) ^ (remainders[((crc >> 8) ^ byte) & 0xff] ?? 0);
  return crc % 16_384;
}

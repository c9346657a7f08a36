const INSTANT = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(?:Z|([+-])(\d\d):(\d\d))?$/i;

/**
 * Seconds since 1970 in UTC of an RFC 3339 time or of `YYYY-MM-DD HH:MM[:SS]`, which is read as UTC; fractions are dropped.
 * `undefined` for anything else, also for a day that the calendar does not have.
 *
 * @example epochSeconds('2001-01-13 14:56') // 979397760
 */
export function epochSeconds(text: string): number | undefined {
  const match = INSTANT.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second = '0', sign, offsetHour = '0', offsetMinute = '0'] = match;
  const date = new Date(0);
  // Date.UTC would move the years 0 to 99 into the twentieth century.
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59 || Number(offsetHour) > 23 || Number(offsetMinute) > 59)
    return undefined;
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60 * (sign === '-' ? -1 : 1);
  return date.getTime() / 1000 + Number(hour) * 3600 + Number(minute) * 60 + Number(second) - offset;
}

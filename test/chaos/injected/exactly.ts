import type { Finding } from '../invariants/finding.ts';

/** Each expected thing once, and nothing else. */
export function exactly(what: string, expected: Iterable<string>, found: Iterable<string>): readonly Finding[] {
  const counts = new Map<string, number>();
  for (const one of found) counts.set(one, (counts.get(one) ?? 0) + 1);
  const wanted = new Set(expected);
  const lost = [...wanted].filter((one) => !counts.has(one));
  const twice = [...counts].filter(([, count]) => count > 1);
  const strange = [...counts.keys()].filter((one) => !wanted.has(one));
  return [
    ...lost.map((one): Finding => ({ sort: 'lost', what: `${what} ${one} was acknowledged and is not there` })),
    ...twice.map(([one, count]): Finding => ({ sort: 'duplicated', what: `${what} ${one} is there ${count} times` })),
    ...strange.map((one): Finding => ({ sort: 'duplicated', what: `${what} ${one} is there, and nobody was told of it` })),
  ];
}

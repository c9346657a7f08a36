import { priced } from './prices.ts';
import { type InStack, RULES } from './rules.ts';

/** A synthesized template, as far as it costs anything. */
export interface Template {
  readonly Resources?: Readonly<Record<string, { readonly Type: string; readonly Properties?: unknown }>>;
}

export interface CostLine {
  readonly what: string;
  readonly count: number;
  readonly usd: number;
}

export interface IdleCost {
  /** Dearest first; what costs nothing is left out. */
  readonly lines: readonly CostLine[];
  readonly usd: number;
  /** Resources that no rule of rules.ts covers. */
  readonly unpriced: readonly string[];
}

/** What a month costs in which nobody calls and nothing is kept yet, counted from the templates as they are deployed. */
export function idleCost(templates: readonly Template[]): IdleCost {
  const lines = new Map<string, CostLine>();
  const unpriced: string[] = [];
  for (const { Resources = {} } of templates) {
    const stack = Resources as InStack;
    for (const [id, resource] of Object.entries(stack)) {
      const rule = RULES[resource.Type];
      const uses = typeof rule === 'function' ? rule(resource.Properties ?? {}, stack) : rule && [];
      if (uses === undefined) unpriced.push(`${id} (${resource.Type})`);
      const own = new Map<string, number>();
      for (const { price, units, what } of uses ?? []) own.set(what, (own.get(what) ?? 0) + priced(price, units));
      for (const [what, more] of own) {
        const { count, usd } = lines.get(what) ?? { count: 0, usd: 0 };
        lines.set(what, { what, count: count + 1, usd: usd + more });
      }
    }
  }
  const all = [...lines.values()].filter(({ usd }) => usd > 0).sort((a, b) => b.usd - a.usd);
  return { lines: all, usd: all.reduce((sum, line) => sum + line.usd, 0), unpriced };
}

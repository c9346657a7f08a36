import { isMap, isPair, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, type Range } from 'yaml';
import type { SourceDocument } from '#core/pipelines/index.ts';

/** Aliases may not blow a small file up into a large value. */
const MAX_ALIASES = 100;

/** Reads YAML and keeps where everything is written. Never throws: what is wrong stands in `errors`, with its place. */
export function yamlDocument(source: string): SourceDocument {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, version: '1.2', merge: false });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const errors = document.errors.map((error) => ({ ...place(error.pos[0]), message: oneLine(error.message) }));
  let value: unknown;
  if (errors.length === 0) {
    try {
      value = document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (error) {
      errors.push({ line: 1, column: 1, message: oneLine(error instanceof Error ? error.message : String(error)) });
    }
  }
  return { value, errors, locate: (path, which = 'value') => place(offsetOf(document.contents, path, which)) };
}

function offsetOf(root: Node | null, path: readonly (string | number)[], which: 'key' | 'value'): number {
  let node: unknown = root;
  let offset = startOf(root) ?? 0;
  for (const [depth, part] of path.entries()) {
    const found = isMap(node)
      ? node.items.find((pair) => keyOf(pair) === String(part))
      : isSeq(node)
        ? node.items[Number(part)]
        : undefined;
    if (found === undefined) return offset;
    const last = depth === path.length - 1;
    const key = isPair(found) ? startOf(found.key) : undefined;
    node = isPair(found) ? found.value : found;
    offset = (last && which === 'key' ? key : undefined) ?? startOf(node) ?? key ?? offset;
  }
  return offset;
}

function keyOf(pair: Pair): string {
  return String(isScalar(pair.key) ? pair.key.value : pair.key);
}

function startOf(node: unknown): number | undefined {
  return (node as { range?: Range | null } | null | undefined)?.range?.[0];
}

function oneLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}

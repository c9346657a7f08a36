import { apply, type Command, commands } from './control-loop.ts';
import { broken, seenOf } from './invariants.ts';
import { EMPTY, type Loop } from './loop.ts';

export interface Exploration {
  readonly states: number;
  readonly transitions: number;
  /** Commands from the beginning to the farthest state. */
  readonly depth: number;
  /** Nothing within the bounds is left to be looked at. */
  readonly complete: boolean;
  readonly violation?: { readonly broken: readonly string[]; readonly path: readonly Command[] };
}

export interface Bounds {
  /** The loop is not followed further where this is false. */
  readonly within: (loop: Loop) => boolean;
  readonly depth: number;
  /** What nobody does. @default all is done */
  readonly without?: readonly Command['do'][];
  /** @default the loop as it is meant */
  readonly apply?: typeof apply;
}

/** Every state that commands in any order lead to, breadth first: the path to a violation is a shortest one. */
export function explore({ within, depth: farthest, without = [], apply: next = apply }: Bounds): Exploration {
  const from = new Map<string, { readonly before: string; readonly command: Command } | undefined>([[JSON.stringify(EMPTY), undefined]]);
  let frontier: readonly string[] = [...from.keys()];
  let [transitions, depth] = [0, 0];
  while (frontier.length > 0 && depth < farthest) {
    const reached: string[] = [];
    for (const key of frontier) {
      const loop: Loop = JSON.parse(key);
      const before = seenOf(loop);
      for (const command of commands(loop)) {
        if (without.includes(command.do)) continue;
        const { loop: after } = next(loop, command);
        transitions += 1;
        const found = JSON.stringify(after);
        // What was refused changed nothing.
        if (found === key) continue;
        const wrong = broken(seenOf(after), before);
        if (wrong.length > 0) {
          return {
            states: from.size,
            transitions,
            depth,
            complete: false,
            violation: { broken: wrong, path: [...pathTo(from, key), command] },
          };
        }
        if (from.has(found) || !within(after)) continue;
        from.set(found, { before: key, command });
        reached.push(found);
      }
    }
    frontier = reached;
    if (reached.length > 0) depth += 1;
  }
  return { states: from.size, transitions, depth, complete: frontier.length === 0 };
}

function pathTo(
  from: ReadonlyMap<string, { readonly before: string; readonly command: Command } | undefined>,
  key: string,
): readonly Command[] {
  const path: Command[] = [];
  for (let at = from.get(key); at; at = from.get(at.before)) path.unshift(at.command);
  return path;
}

import { ENDINGS, PROBLEMS } from './problem.ts';

/** `docs/problems/README.md`: every refusal of the API, with what to do about it. */
export function problemsTable(): string {
  const rows = Object.entries(PROBLEMS)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([code, { status, advice }]) => [`\`/problems/${code}\``, String(status), advice]);
  return [
    '# Problems',
    '',
    'Every error is a problem of RFC 9457 (`application/problem+json`): `type` is one of these, `instance` names the answer in the logs,',
    'and the facts of the refusal stand beside them. The same code, without `/problems/`, names the failure of an execution and of its steps.',
    'A `type` of `about:blank` is a defect of ours; its `instance` finds it in the logs.',
    '',
    'Four answers are no problems, because API Gateway gives them before anything of ours runs, as `{"message": …}` in `application/json`:',
    '401 without an `Authorization` or a `Sluice-Tenant` header, 404 for a path that is no route, 429 beyond the stage’s rate, and 5xx when it',
    'cannot reach a function or the authorizer cannot reach an identity provider.',
    '',
    ...table(['type', 'status', 'what to do'], rows),
    '',
    '## Endings',
    '',
    'What the `failure.code` of an execution or of a step can be besides these.',
    '',
    ...table(
      ['code', 'what to do'],
      Object.entries(ENDINGS).map(([code, advice]) => [`\`${code}\``, advice]),
    ),
    '',
  ].join('\n');
}

/** Padded as the formatter pads, so that what is written needs no formatting. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((name, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? name).length)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}

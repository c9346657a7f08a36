import { escapeHtml } from '#core/kernel/index.ts';
import { ENDINGS, PROBLEMS } from './problem.ts';

type Json = Readonly<Record<string, unknown>>;

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description?: string;
  readonly schema?: Json;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly 'x-sluice-permission': string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Json }>> };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Readonly<Record<string, { readonly schema?: Json }>> }>
  >;
}

/** `GET /docs`: the OpenAPI document as one self-contained page that needs no script and no other host. */
export function docsPage(document: Json): string {
  const { title, description } = document['info'] as { title: string; description: string };
  const paths = document['paths'] as Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const tags = [...new Set(operations.map(({ operation }) => operation.tags[0] ?? ''))];
  const sections = tags.map((tag) => {
    const own = operations.filter(({ operation }) => operation.tags[0] === tag);
    return `<section id="${escapeHtml(tag)}"><h2>${escapeHtml(tag)}</h2>${own.map(card).join('')}</section>`;
  });
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} API</title><style>${STYLE}</style></head><body>
<nav><strong>${escapeHtml(title)} API</strong>${tags.map((tag) => `<a href="#${escapeHtml(tag)}">${escapeHtml(tag)}</a>`).join('')}<a href="#problems">problems</a><a href="/openapi.json">openapi.json</a></nav>
<main><h1>${escapeHtml(title)} API</h1><p>${prose(description)}</p>${sections.join('')}${problems()}</main></body></html>`;
}

/** The page that a problem's `type` stands for: `/problems/x` is explained at `/docs#x`. */
function problems(): string {
  const row = (code: string, status: string, advice: string) =>
    `<tr id="${escapeHtml(code)}"><th><code>${escapeHtml(code)}</code></th><td>${status}</td><td>${prose(advice)}</td></tr>`;
  const refused = Object.entries(PROBLEMS).map(([code, { status, advice }]) => row(code, String(status), advice));
  const ended = Object.entries(ENDINGS).map(([code, advice]) => row(code, '', advice));
  return `<section id="problems"><h2>problems</h2><p>The <code>type</code> of a problem without <code>/problems/</code>, or the <code>code</code> of a failure.</p>
<table>${[...refused.sort(), ...ended].join('')}</table></section>`;
}

function card({ path, method, operation }: { path: string; method: string; operation: Operation }): string {
  const body = operation.requestBody?.content['application/json']?.schema;
  const [status = '200', done] = Object.entries(operation.responses).find(([code]) => code.startsWith('2')) ?? [];
  const answered = done?.content?.['application/json']?.schema;
  const refusals = Object.entries(operation.responses).filter(([code]) => !code.startsWith('2'));
  return `<details id="${escapeHtml(operation.operationId)}"><summary><b class="${method.toLowerCase()}">${method}</b> <code>${escapeHtml(path)}</code>
<span>${prose(operation.summary)}</span></summary>
<p class="needs">needs <code>${escapeHtml(operation['x-sluice-permission'])}</code></p>
${operation.parameters?.length ? `<h3>Parameters</h3><table>${operation.parameters.map(parameterRow).join('')}</table>` : ''}
${body ? `<h3>Body</h3><pre>${escapeHtml(shape(body))}</pre>` : ''}
<h3>Answers ${escapeHtml(status)}</h3>${answered ? `<pre>${escapeHtml(shape(answered))}</pre>` : ''}
<h3>Refuses</h3><table>${refusals.map(([code, { description }]) => `<tr><th>${escapeHtml(code)}</th><td>${prose(description)}</td></tr>`).join('')}</table></details>`;
}

function parameterRow({ name, in: place, required, description, schema }: Parameter): string {
  return `<tr><th><code>${escapeHtml(name)}</code></th><td>${escapeHtml(place)}${required ? ', required' : ''}</td><td>${prose(description ?? '')} <code>${escapeHtml(schema ? shape(schema) : '')}</code></td></tr>`;
}

/** A JSON Schema the way a person would write the value down. */
function shape(schema: Json, indent = ''): string {
  const alternatives = (schema['anyOf'] ?? schema['oneOf']) as readonly Json[] | undefined;
  if (alternatives) return alternatives.map((each) => shape(each, indent)).join(' | ');
  if (schema['const'] !== undefined) return JSON.stringify(schema['const']);
  if (Array.isArray(schema['enum'])) return schema['enum'].map((value) => JSON.stringify(value)).join(' | ');
  if (schema['type'] === 'array') return `[ ${shape((schema['items'] ?? {}) as Json, indent)}, … ]`;
  if (schema['type'] !== 'object') return `${schema['type'] ?? 'any'}${schema['format'] ? ` (${schema['format']})` : ''}`;
  const properties = schema['properties'] as Readonly<Record<string, Json>> | undefined;
  if (!properties)
    return `{ name: ${typeof schema['additionalProperties'] === 'object' ? shape(schema['additionalProperties'] as Json, indent) : 'any'}, … }`;
  const required = new Set((schema['required'] ?? []) as readonly string[]);
  const inner = `${indent}  `;
  const lines = Object.entries(properties).map(
    ([name, value]) =>
      `${inner}${name}${required.has(name) ? '' : '?'}: ${shape(value, inner)}${value['description'] ? `   // ${value['description']}` : ''}`,
  );
  return lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n${indent}}`;
}

function prose(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}

const STYLE = `:root{color-scheme:light dark;--line:#8884;--soft:#8881;--ink:light-dark(#1b1f24,#e6e8eb);--dim:light-dark(#57606a,#9aa4af)}
body{margin:0;display:grid;grid-template-columns:13rem minmax(0,1fr);font:15px/1.5 system-ui,sans-serif;color:var(--ink)}
nav{position:sticky;top:0;align-self:start;height:100vh;overflow:auto;box-sizing:border-box;padding:1.5rem 1rem;border-right:1px solid var(--line);display:flex;flex-direction:column;gap:.35rem}
nav a{color:var(--dim);text-decoration:none}nav a:hover{color:var(--ink)}main{padding:1.5rem 2rem;max-width:62rem}
h1{margin:0}h2{margin:2rem 0 .5rem;text-transform:capitalize}h3{margin:1rem 0 .25rem;font-size:.85rem;color:var(--dim)}
details{border:1px solid var(--line);border-radius:8px;margin:.5rem 0;padding:0 1rem}details[open]{padding-bottom:1rem}
summary{cursor:pointer;padding:.6rem 0;display:grid;grid-template-columns:4.5rem minmax(0,auto) 1fr;gap:.75rem;align-items:baseline}summary span{color:var(--dim)}
b{font:600 12px/1.6 ui-monospace,monospace;text-align:center;border-radius:4px;color:#fff;background:#57606a}b.get{background:#1a7f5a}b.post{background:#0b62c4}b.put{background:#9a6700}b.delete{background:#b3261e}
code,pre{font:13px/1.5 ui-monospace,monospace}pre{background:var(--soft);border-radius:6px;padding:.75rem;overflow:auto}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .75rem .3rem 0;border-top:1px solid var(--line);font-weight:400}
.needs{color:var(--dim);margin:.25rem 0}@media(max-width:48rem){body{display:block}nav{position:static;height:auto;border:0}}`;

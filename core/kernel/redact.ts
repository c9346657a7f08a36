const HIDDEN = '[redacted]';
/** Beyond this a text is cut: patterns must not cost more than the text is worth. */
const LONGEST = 8192;

/** What a secret looks like: by its own shape, or by the name it is given. */
const SECRETS: readonly (readonly [pattern: RegExp, becomes: string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, HIDDEN],
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, HIDDEN],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, HIDDEN],
  [/\b(?:gh[opsru]_|github_pat_|glpat-|hf_|sk-|xox[abprs]-)[\w-]{16,}/g, HIDDEN],
  [/(\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@]{0,100}:)[^\s/@]+@/gi, `$1${HIDDEN}@`],
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${HIDDEN}`],
  [
    /((?:secret|passw(?:or)?d|passphrase|pwd|token|api[_-]?key|access[_-]?key|credentials?)[\w.-]{0,40}["']?\s{0,3}(?:=>|=(?!>)|:)\s{0,3})(?!\[redacted\])("[^"]*"|'[^']*'|[^\s,;)}\]]+)/gi,
    `$1${HIDDEN}`,
  ],
];

/**
 * A text that somebody else's program wrote, without what looks like a secret in it: keys and tokens of known shapes, passwords in
 * addresses, and whatever follows a name such as `password=`. A secret of no shape under no such name is not found.
 */
export function redact(text: string): string {
  return SECRETS.reduce((shown, [pattern, becomes]) => shown.replace(pattern, becomes), text.slice(0, LONGEST));
}

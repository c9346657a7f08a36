/** What an Idempotency-Key may be; `KEY_RULE` says it in words. */
export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,200}$/;
export const KEY_RULE = '1 to 200 visible ASCII characters without blanks';

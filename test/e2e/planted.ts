/** What the suites send in and no log may show: each of a kind that a log line could carry by accident. */
export const PLANTED = {
  feature: 'planted-feature-4f1d9a',
  refusedFeature: 'planted-refused-feature-88c2e0',
  scriptSecret: 'planted-script-secret-d07be5',
} as const;

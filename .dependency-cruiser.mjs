const capability = '^core/([^/]+)/';

/** The rooms of the house (ARCHITECTURE.md) and who may enter them. */
export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    { name: 'core-is-pure', severity: 'error', from: { path: '^core/', pathNot: '\\.test\\.ts$' }, to: { pathNot: '^core/' } },
    {
      name: 'a-capability-shows-its-index',
      severity: 'error',
      from: { path: capability },
      to: { path: '^core/', pathNot: ['^core/$1/', '^core/[^/]+/index\\.ts$'] },
    },
    {
      name: 'core-is-entered-by-its-indexes',
      severity: 'error',
      from: { path: '^(api|adapters|functions)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^core/', pathNot: '^core/[^/]+/index\\.ts$' },
    },
    {
      name: 'adapters-do-not-know-each-other',
      severity: 'error',
      from: { path: '^adapters/([^/]+)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^adapters/', pathNot: '^adapters/$1/' },
    },
    {
      name: 'adapters-do-not-know-lambda',
      severity: 'error',
      from: { path: '^adapters/', pathNot: '\\.test\\.ts$' },
      to: { path: ['^functions/', 'aws-lambda', '@middy'] },
    },
    {
      name: 'functions-do-not-know-each-other',
      severity: 'error',
      from: { path: '^functions/([^_/][^/]*)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^functions/', pathNot: ['^functions/$1/', '^functions/_'] },
    },
    {
      name: 'api-is-the-contract',
      severity: 'error',
      from: { path: '^api/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(functions|adapters|infra|local|examples)/' },
    },
    {
      name: 'infra-sees-the-api-only',
      severity: 'error',
      from: { path: '^infra/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(core|adapters|functions|local|examples)/' },
    },
    {
      name: 'the-region-knows-nothing-of-us',
      severity: 'error',
      from: { path: '^local/' },
      to: { path: '^(api|core|adapters|functions|infra|examples|training)/' },
    },
    {
      name: 'callers-use-the-wire',
      severity: 'error',
      from: { path: '^(cli|console|examples)/' },
      to: { path: '^(api|core|adapters|functions|infra)/' },
    },
    {
      name: 'nothing-unresolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: ['^asl-validator$', '^aws-lambda$'] },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['node_modules', '\\.tsbuild', 'cdk\\.out', '\\.sluice'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
};

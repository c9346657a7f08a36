import { describe, expect, it } from 'vitest';
import { ourFunctions, resources, STAGES, synthesized, workspace } from './synth.ts';

const { bundles } = workspace;

/** The AWS services whose client is in a bundle, by the name that VPC endpoints use. */
const SERVICE_OF: Readonly<Record<string, string>> = {
  '@aws-sdk/client-s3': 's3',
  '@aws-sdk/client-dynamodb': 'dynamodb',
  '@aws-sdk/client-secrets-manager': 'secretsmanager',
};

describe.each(STAGES)('the network of %s', (stage) => {
  it('has no way out', () => {
    const types = new Set(resources(stage).map(([, { Type }]) => Type));
    for (const way of ['NatGateway', 'InternetGateway', 'EgressOnlyInternetGateway', 'EIP'])
      expect(types).not.toContain(`AWS::EC2::${way}`);
    expect(resources(stage, 'AWS::EC2::Route')).toEqual([]);
    synthesized(stage).templates['Network']?.resourceCountIs('AWS::EC2::FlowLog', 1);
  });

  it('lets functions inside reach every AWS service they have a client for', () => {
    const reachable = new Set(resources(stage, 'AWS::EC2::VPCEndpoint').map(([, { Properties }]) => serviceOf(Properties.ServiceName)));
    expect([...reachable].sort()).toEqual(['dynamodb', 's3', 'secretsmanager']);
    const inside = [...ourFunctions(stage)].filter(([, fn]) => fn.Properties.VpcConfig !== undefined).map(([name]) => name);
    expect(inside.length).toBeGreaterThan(0);
    for (const name of inside) {
      const clients = bundles.get(name)?.packages.filter((id) => id.startsWith('@aws-sdk/client-')) ?? [];
      const stranded = clients.filter((id) => !reachable.has(SERVICE_OF[id] ?? id));
      expect(stranded, `functions/${name} is in the VPC and would wait for these until it times out`).toEqual([]);
    }
  });

  it('keeps the data plane away from the databases', () => {
    const { VpcConfig, Environment } = ourFunctions(stage).get('predict')?.Properties ?? {};
    expect(VpcConfig).toBeUndefined();
    expect(Object.keys(Environment.Variables)).not.toContain('POSTGRES_SECRET_ARN');
    expect(bundles.get('predict')?.packages.filter((id) => ['pg', 'mongodb', 'kysely'].includes(id))).toEqual([]);
  });
});

function serviceOf(name: string | { 'Fn::Join': [string, unknown[]] }): string {
  const text = typeof name === 'string' ? name : name['Fn::Join'][1].filter((part) => typeof part === 'string').join('');
  return text.split('.').at(-1) ?? '';
}

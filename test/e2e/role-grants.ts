import type { DeployedApp } from '../../setup/deployed-app.ts';

/** One action on one resource, in the words of the policy, that a role is allowed. */
export interface Grant {
  readonly action: string;
  readonly resource: string;
}

export interface DeployedRole {
  /** As the stacks named it. */
  readonly name: string;
  /** Stack and construct, the same in every deployment: `Api/Control`. */
  readonly id: string;
  readonly grants: readonly Grant[];
  /** Policies whose content AWS keeps. */
  readonly managed: readonly string[];
}

/** The roles of the app's own stacks with what their policies allow, as IAM tells it. */
export async function deployedRoles({ aws }: DeployedApp): Promise<readonly DeployedRole[]> {
  const xml = await iam(aws, 'GetAccountAuthorizationDetails');
  return members(xml, 'RoleName').flatMap((role): DeployedRole[] => {
    const [stack, logicalId] = ['stack-name', 'logical-id'].map(
      (tag) => new RegExp(`<Key>aws:cloudformation:${tag}</Key><Value>([^<]+)`).exec(role)?.[1],
    );
    const name = value(role, 'RoleName');
    if (!stack?.startsWith('Sluice-') || !logicalId || !name) return [];
    return [
      {
        name,
        id: `${stack.split('-').at(-1)}/${logicalId.replace(/(Function)?(Service)?(Role)?[0-9A-F]{8}$/, '')}`,
        grants: [...role.matchAll(/<PolicyDocument>([^<]+)/g)].flatMap(([, document = '']) => grantsOf(document)),
        managed: [...role.matchAll(/<PolicyArn>[^<]*?([^</]+)</g)].map(([, policy = '']) => policy).sort(),
      },
    ];
  });
}

interface PolicyDocument {
  readonly Statement: readonly { readonly Effect: string; readonly Action: string | string[]; readonly Resource: string | string[] }[];
}

/** The role's own policy, and how to put another in its place. */
export async function rolePolicy({ aws }: DeployedApp, role: string) {
  const listed = await iam(aws, 'ListRolePolicies', { RoleName: role });
  const name = /<PolicyNames>.*?<member>([^<]+)/s.exec(listed)?.[1] ?? '';
  const found = await iam(aws, 'GetRolePolicy', { RoleName: role, PolicyName: name });
  return {
    document: JSON.parse(decodeURIComponent(value(found, 'PolicyDocument') ?? '')) as PolicyDocument,
    put: (document: PolicyDocument) => putRolePolicy({ aws }, role, name, document),
  };
}

async function putRolePolicy({ aws }: Pick<DeployedApp, 'aws'>, role: string, name: string, document: PolicyDocument): Promise<void> {
  await iam(aws, 'PutRolePolicy', { RoleName: role, PolicyName: name, PolicyDocument: JSON.stringify(document) });
}

function grantsOf(document: string): Grant[] {
  const { Statement } = JSON.parse(decodeURIComponent(document)) as PolicyDocument;
  return Statement.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action, Resource }) =>
    [Action].flat().flatMap((action) => [Resource].flat().map((resource) => ({ action, resource }))),
  );
}

/** IAM's query protocol; the root's requests need no signature in the region. */
async function iam(
  { endpoint, credentials }: DeployedApp['aws'],
  action: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<string> {
  const scope = `${credentials.accessKeyId}/20260101/us-east-1/iam/aws4_request`;
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: { Authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=none` },
    body: new URLSearchParams({ Action: action, Version: '2010-05-08', ...parameters }),
  });
  if (!answer.ok) throw new Error(`IAM answered ${answer.status} to ${action}: ${await answer.text()}`);
  return answer.text();
}

function members(xml: string, first: string): readonly string[] {
  return xml
    .split(`<member><${first}>`)
    .slice(1)
    .map((member) => `<${first}>${member}`);
}

function value(xml: string, tag: string): string | undefined {
  return new RegExp(`<${tag}>([^<]+)`).exec(xml)?.[1];
}

import type { Finding, Query } from './finding.ts';

/** What the routing table says of a model, as far as it has to agree with the newest deployment. */
export interface Routed {
  readonly revision: number;
  readonly arms: readonly { readonly versionId: string; readonly weight: number }[];
}

/** Every champion passed all its gates, and the routing table says what the newest deployment of each model says. */
export async function championsServe(
  query: Query,
  routed: (tenant: string, model: string) => Promise<Routed | undefined>,
): Promise<readonly Finding[]> {
  const shut = await query(
    `select m.name, a.number, a.alias, count(v.gate)::int as gates, count(v.gate) filter (where not v.passed)::int as shut
       from model_alias a join model m on m.id = a.model_id
       join model_version mv on mv.model_id = a.model_id and mv.number = a.number
       left join gate_verdict v on v.execution_id = mv.execution_id
      group by m.tenant_id, m.name, a.number, a.alias having count(v.gate) = 0 or bool_or(not v.passed)`,
  );
  const newest = await query(
    `select distinct on (d.model_id) d.tenant_id as tenant, m.name as model, d.revision, d.arms
       from deployment d join model m on m.id = d.model_id order by d.model_id, d.revision desc`,
  );
  const misrouted = newest.map(async ({ tenant, model, revision, arms }): Promise<readonly Finding[]> => {
    const entry = await routed(String(tenant), String(model));
    if (!entry) return [{ sort: 'lost', what: `the deployment ${revision} of ${model} is not in the routing table` }];
    if (entry.revision === revision && shares(entry.arms) === shares(arms as Routed['arms'])) return [];
    return [{ sort: 'wrong', what: `${model} is routed as ${entry.revision}: ${shares(entry.arms)}, not as deployment ${revision} says` }];
  });
  return [
    ...shut.map(
      ({ name, number, alias, gates, shut: failed }): Finding => ({
        sort: 'wrong',
        what: `${alias} of ${name} is version ${number}, which failed ${failed} of its ${gates} gates`,
      }),
    ),
    ...(await Promise.all(misrouted)).flat(),
  ];
}

function shares(arms: Routed['arms']): string {
  return arms.map(({ versionId, weight }) => `${versionId} ${weight}`).join(', ');
}

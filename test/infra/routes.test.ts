import { describe, expect, it } from 'vitest';
import { ROUTES } from '#api/routes.ts';
import { type CfnResource, resources, synthesized } from './synth.ts';

const deployed = new Map(resources('dev', 'AWS::ApiGatewayV2::Route').map(([, route]) => [route.Properties.RouteKey as string, route]));

/** The folder name of the function behind a route. */
function functionOf(route: CfnResource): string {
  const all = synthesized('dev').templates['Api']?.toJSON()['Resources'];
  const integration = all[route.Properties.Target['Fn::Join'][1].at(-1).Ref];
  return all[integration.Properties.IntegrationUri['Fn::GetAtt'][0]].Properties.Environment.Variables.POWERTOOLS_SERVICE_NAME;
}

describe('the HttpApi', () => {
  it('has exactly the routes of api/', () => {
    expect([...deployed.keys()].sort()).toEqual(
      Object.values(ROUTES)
        .map(({ method, path }) => `${method} ${path}`)
        .sort(),
    );
  });

  it.each(Object.entries(ROUTES))('%s leads to its plane, guarded unless public', (_, { method, path, plane, permission }) => {
    const route = deployed.get(`${method} ${path}`);
    expect(route && functionOf(route)).toBe(plane);
    expect(route?.Properties.AuthorizationType).toBe(permission === 'public' ? 'NONE' : 'CUSTOM');
    expect(route?.Properties.AuthorizerId === undefined).toBe(permission === 'public');
  });

  it('caches an authorization by token and tenant, for a minute at most', () => {
    synthesized('dev').templates['Api']?.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      AuthorizerPayloadFormatVersion: '2.0',
      AuthorizerResultTtlInSeconds: 60,
      EnableSimpleResponses: true,
      IdentitySource: ['$request.header.Authorization', '$request.header.Sluice-Tenant'],
    });
  });

  it('throttles and logs every request', () => {
    const [[, stage] = []] = resources('dev', 'AWS::ApiGatewayV2::Stage');
    expect(stage?.Properties.DefaultRouteSettings).toMatchObject({ ThrottlingRateLimit: 500, ThrottlingBurstLimit: 1000 });
    expect(Object.keys(JSON.parse(stage?.Properties.AccessLogSettings.Format))).toContain('requestId');
  });
});

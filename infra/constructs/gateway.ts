import { Duration } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  type CfnRoute,
  HttpRoute as GatewayRoute,
  HttpApi,
  HttpMethod,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Plane } from '#api/route.ts';
import { acknowledge } from '../acknowledge.ts';
import type { Settings } from '../config.ts';
import type { HttpRoute } from '../http-routes.ts';
import { dataRemoval } from '../removal.ts';

export interface GatewayProps {
  readonly settings: Settings;
  readonly routes: ReadonlyMap<string, HttpRoute>;
  readonly planes: Readonly<Record<Plane, IFunction>>;
  readonly authorizer: IFunction;
}

/** One line of JSON per request; who called is in the functions' logs, not here. */
const ACCESS_LOG = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  route: '$context.routeKey',
  status: '$context.status',
  bytes: '$context.responseLength',
  latencyMs: '$context.responseLatency',
  functionMs: '$context.integrationLatency',
  error: '$context.error.messageString',
  authorizerError: '$context.authorizer.error',
};

/** The API's door: exactly the routes of `api/`, each behind the authorizer unless it is public. */
export class Gateway extends Construct {
  readonly api: HttpApi;

  constructor(scope: Construct, id: string, { settings, routes, planes, authorizer }: GatewayProps) {
    super(scope, id);
    this.api = new HttpApi(this, 'Api', { apiName: `sluice-${settings.stage}`, createDefaultStage: false });
    const logs = new LogGroup(this, 'AccessLogs', { retention: settings.logRetentionDays, removalPolicy: dataRemoval(settings) });
    new HttpStage(this, 'Stage', {
      httpApi: this.api,
      autoDeploy: true,
      throttle: { rateLimit: settings.throttle.rate, burstLimit: settings.throttle.burst },
      detailedMetricsEnabled: true,
      accessLogSettings: { destination: new LogGroupLogDestination(logs), format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)) },
    });
    // Both headers are the cache's key: without `Sluice-Tenant` one tenant's roles would be answered for another, so a request
    // that lacks either is refused by the gateway with 401.
    const guard = new HttpLambdaAuthorizer('Authorizer', authorizer, {
      authorizerName: 'memberships',
      responseTypes: [HttpLambdaResponseType.SIMPLE],
      identitySource: ['$request.header.Authorization', '$request.header.Sluice-Tenant'],
      resultsCacheTtl: Duration.seconds(60),
    });
    // One permission per function: a statement for each route would outgrow the function's policy.
    const integrations = Object.fromEntries(
      Object.entries(planes).map(([plane, fn]) => [
        plane,
        new HttpLambdaIntegration(`${plane}Integration`, fn, { scopePermissionToRoute: false }),
      ]),
    ) as Readonly<Record<Plane, HttpLambdaIntegration>>;
    for (const [name, { method, path, plane, permission }] of routes) {
      const isPublic = permission === 'public';
      const added = new GatewayRoute(this, `Route-${name}`, {
        httpApi: this.api,
        routeKey: HttpRouteKey.with(path, HttpMethod[method]),
        integration: integrations[plane],
        ...(isPublic ? {} : { authorizer: guard }),
      });
      if (isPublic)
        acknowledge(added.node.defaultChild as CfnRoute, {
          'AwsSolutions-APIG4': 'Public by declaration in api/: it shows no tenant anything.',
        });
    }
  }
}

const FRESH_MILLISECONDS = 5_000;
/** An API can be destroyed and made again in this time, and nobody may have called meanwhile. */
const STALE_MILLISECONDS = 15_000;

interface Api {
  readonly ApiId?: string;
  readonly apiId?: string;
  readonly ProtocolType?: string;
  readonly protocolType?: string;
  readonly CreatedDate?: string;
  readonly createdDate?: string;
}

/**
 * Finds the deployed HTTP API by listing what the engine has, so that the edge follows a destroyed and re-made API. A known
 * address is asked for again every few seconds, an unknown one and one that was not asked for lately with every call.
 */
export function deployedApi(awsUrl: string, say: (line: string) => void): () => Promise<string | undefined> {
  let known: string | undefined;
  let asked = 0;
  let pending: Promise<string | undefined> | undefined;
  return async () => {
    if (known !== undefined && Date.now() - asked < FRESH_MILLISECONDS) return known;
    pending ??= find(awsUrl)
      .then((found) => {
        if (found !== known && found !== undefined) say(`edge: forwards to ${found}`);
        known = found;
        asked = Date.now();
        return found;
      })
      .finally(() => {
        pending = undefined;
      });
    // While calls come, nobody waits for the confirmation of an address.
    if (known === undefined || Date.now() - asked >= STALE_MILLISECONDS) return pending;
    void pending.catch(() => undefined);
    return known;
  };
}

async function find(awsUrl: string): Promise<string | undefined> {
  const answer = await fetch(`${awsUrl}/v2/apis`, {
    headers: {
      authorization:
        'AWS4-HMAC-SHA256 Credential=000000000000/20200101/us-east-1/apigateway/aws4_request, SignedHeaders=host, Signature=local',
    },
    signal: AbortSignal.timeout(5_000),
  });
  if (!answer.ok) throw new Error(`the AWS engine answered ${answer.status} when asked for its APIs`);
  const body = (await answer.json()) as { items?: readonly Api[]; Items?: readonly Api[] };
  const apis = (body.items ?? body.Items ?? []).filter((api) => (api.protocolType ?? api.ProtocolType) === 'HTTP');
  const newest = apis.toSorted((a, b) => String(b.createdDate ?? b.CreatedDate).localeCompare(String(a.createdDate ?? a.CreatedDate)))[0];
  const id = newest?.apiId ?? newest?.ApiId;
  return id === undefined ? undefined : `${awsUrl}/_aws/execute-api/${id}/$default`;
}

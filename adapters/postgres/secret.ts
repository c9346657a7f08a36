/** How a role reaches the database, as the secret keeps it. */
export interface PostgresSecret {
  readonly host: string;
  readonly port: number;
  readonly dbname: string;
  readonly username: string;
  readonly password: string;
  /** `require` checks the server's certificate against the trusted roots. */
  readonly ssl: 'require' | 'disable';
}

/** @throws the secret's text is not what the deployment writes; the message names the field, never a value */
export function parsePostgresSecret(text: string): PostgresSecret {
  const fields: Readonly<Record<string, unknown>> = JSON.parse(text);
  const { host, port, dbname, username, password, ssl = 'require' } = fields;
  for (const [name, value] of Object.entries({ host, dbname, username, password })) {
    if (typeof value !== 'string' || value === '')
      throw new Error(`The Postgres secret has no "${name}". Run the migrate function, or complete the secret by hand.`);
  }
  if (!Number.isInteger(Number(port)))
    throw new Error('The Postgres secret has no "port". Run the migrate function, or complete the secret by hand.');
  if (ssl !== 'require' && ssl !== 'disable') throw new Error('The Postgres secret\'s "ssl" is neither "require" nor "disable".');
  return { host: String(host), port: Number(port), dbname: String(dbname), username: String(username), password: String(password), ssl };
}

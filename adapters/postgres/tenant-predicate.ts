import {
  AliasNode,
  AndNode,
  BinaryOperationNode,
  ColumnNode,
  type DeleteQueryNode,
  IdentifierNode,
  type InsertQueryNode,
  type JoinNode,
  type KyselyPlugin,
  OnNode,
  type OperationNode,
  OperationNodeTransformer,
  OperatorNode,
  ParensNode,
  type QueryId,
  ReferenceNode,
  type SelectQueryNode,
  TableNode,
  type UpdateQueryNode,
  ValueNode,
  WhereNode,
} from 'kysely';

/**
 * The second wall beside row-level security: asks every table of a statement for the tenant's rows alone, with the tenant that the
 * call came with, not the one that the session was set to. Inserts need none: their tenant is the database's default and is checked
 * there. Text inside `sql` is not seen, so no table is named there.
 */
export function tenantPredicate(tenant: string): KyselyPlugin {
  const transformer = new TenantTransformer(tenant);
  return {
    transformQuery: ({ node, queryId }) => transformer.transformNode(node, queryId),
    transformResult: async ({ result }) => result,
  };
}

/** Marks a pool whose statements go without the predicate: the switch of the tests that show what row-level security holds by itself. */
export const WITHOUT_TENANT_PREDICATE: KyselyPlugin = {
  transformQuery: ({ node }) => node,
  transformResult: async ({ result }) => result,
};

class TenantTransformer extends OperationNodeTransformer {
  readonly #tenant: ValueNode;

  constructor(tenant: string) {
    super();
    // Nobody's rows are asked for where there is no tenant.
    this.#tenant = ValueNode.create(tenant === '' ? null : tenant);
  }

  protected override transformSelectQuery(node: SelectQueryNode, queryId?: QueryId): SelectQueryNode {
    const query = super.transformSelectQuery(node, queryId);
    return this.#narrowed(query, query.from?.froms ?? []);
  }

  protected override transformUpdateQuery(node: UpdateQueryNode, queryId?: QueryId): UpdateQueryNode {
    const query = super.transformUpdateQuery(node, queryId);
    return this.#narrowed(query, [...(query.table ? [query.table] : []), ...(query.from?.froms ?? [])]);
  }

  protected override transformDeleteQuery(node: DeleteQueryNode, queryId?: QueryId): DeleteQueryNode {
    const query = super.transformDeleteQuery(node, queryId);
    return this.#narrowed(query, query.from.froms);
  }

  /** A conflict may be with a row of another tenant where a key does not begin with the tenant. */
  protected override transformInsertQuery(node: InsertQueryNode, queryId?: QueryId): InsertQueryNode {
    const query = super.transformInsertQuery(node, queryId);
    const { into, onConflict } = query;
    const mine = into && this.#mine(into);
    if (!mine || !onConflict?.updates) return query;
    return { ...query, onConflict: { ...onConflict, updateWhere: WhereNode.create(both(onConflict.updateWhere?.where, mine)) } };
  }

  protected override transformJoin(node: JoinNode, queryId?: QueryId): JoinNode {
    const join = super.transformJoin(node, queryId);
    const mine = this.#mine(join.table);
    return mine ? { ...join, on: OnNode.create(both(join.on?.on, mine)) } : join;
  }

  #narrowed<Query extends { readonly where?: WhereNode }>(query: Query, tables: readonly OperationNode[]): Query {
    const where = tables.reduce<OperationNode | undefined>((so, table) => {
      const mine = this.#mine(table);
      return mine ? both(so, mine) : so;
    }, query.where?.where);
    return where ? { ...query, where: WhereNode.create(where) } : query;
  }

  /** Undefined for what is no table, such as a subquery: it asks its own. */
  #mine(from: OperationNode): OperationNode | undefined {
    const [table, alias] = AliasNode.is(from) ? [from.node, from.alias] : [from, undefined];
    if (!TableNode.is(table)) return undefined;
    const { name } = table.table.identifier;
    const called = alias && IdentifierNode.is(alias) ? alias.name : name;
    const column = ReferenceNode.create(ColumnNode.create(name === 'tenant' ? 'id' : 'tenant_id'), TableNode.create(called));
    return BinaryOperationNode.create(column, OperatorNode.create('='), this.#tenant);
  }
}

function both(condition: OperationNode | undefined, mine: OperationNode): OperationNode {
  return condition ? AndNode.create(ParensNode.create(condition), mine) : mine;
}

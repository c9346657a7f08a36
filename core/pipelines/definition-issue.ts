/** Something the shape alone cannot tell; `path` leads to the place in the file. */
export interface DefinitionIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly suggestion?: string | undefined;
}

export interface Dataset {
  readonly id: string;
  readonly name: string;
  readonly latest: number;
  readonly createdBy: string;
  readonly createdAt: Date;
}

export interface DatasetVersion {
  readonly id: string;
  readonly dataset: string;
  readonly number: number;
  readonly label: string | null;
  readonly sha256: string;
  readonly bytes: number;
  readonly format: 'parquet';
  readonly objectKey: string;
  readonly createdBy: string;
  readonly createdAt: Date;
}

export interface Datasets {
  /** The dataset's row, made when missing, locked until the transaction ends, so that two writers number their versions in turn. */
  lock(name: string, createdBy: string): Promise<{ readonly id: string }>;
  versionByContent(datasetId: string, sha256: string): Promise<DatasetVersion | undefined>;
  addVersion(
    datasetId: string,
    version: Pick<DatasetVersion, 'label' | 'sha256' | 'bytes' | 'format' | 'objectKey' | 'createdBy'>,
    now: Date,
  ): Promise<DatasetVersion>;
  /** The newest version unless a number is named. */
  findVersion(dataset: string, number?: number): Promise<DatasetVersion | undefined>;
  list(page: { readonly limit: number; readonly after?: string | undefined }): Promise<readonly Dataset[]>;
  /** Newest first; `before` is the number of the last one seen. */
  listVersions(dataset: string, page: { readonly limit: number; readonly before?: number | undefined }): Promise<readonly DatasetVersion[]>;
}

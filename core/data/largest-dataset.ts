/**
 * Bytes of a dataset's file. A step's scratch space holds the file, the parts made of it or the quarantined rows, and what the
 * query engine spills while it sorts.
 */
export const LARGEST_DATASET_BYTES = 1024 ** 3;

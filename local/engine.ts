/** How one engine is started. The command may change between two starts (a port that was taken meanwhile). */
export interface Engine {
  /** What people read: `postgres`, `mongo`, `aws`, `sagemaker`. */
  readonly name: string;
  readonly port: number;
  readonly command: readonly [string, ...string[]];
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string>>;
  /** The signal that means an orderly end to this program; QUIT and KILL where its data goes anyway. @default TERM */
  readonly stopSignal?: 'TERM' | 'INT' | 'QUIT' | 'KILL';
  /** How long an orderly end may take before the rest is killed. @default 10 */
  readonly graceSeconds?: number;
  /** How long it may take until `isReady`. @default 30 */
  readonly startSeconds?: number;
  /** True once it serves; false while it is still starting. */
  isReady(): Promise<boolean>;
}

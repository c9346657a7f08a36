/**
 * True until somebody wants this process to stop: what is under way ends, and its stores are ended then too. A terminal's Ctrl-C comes
 * twice, by npm and to everybody.
 */
export function untilStopped(): () => boolean {
  let goesOn = true;
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      goesOn = false;
    });
  return () => goesOn;
}

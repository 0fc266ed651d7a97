// SPDX-License-Identifier: GPL-3.0-or-later
/** Ctrl-C for a command that runs until it is interrupted. */

/** Resolves at the first interrupt. A second one ends the process at once. */
export const interrupted = (say: (line: string) => void): Promise<void> =>
  new Promise((resolve) => {
    const onSignal = (): void => {
      resolve();
      say("ending …");
      for (const signal of ["SIGINT", "SIGTERM"] as const) {
        process.removeListener(signal, onSignal);
        process.once(signal, () => process.exit(130));
      }
    };
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, onSignal);
  });

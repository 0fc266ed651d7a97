// SPDX-License-Identifier: GPL-3.0-or-later
/** Work that comes again and again, never twice at a time, until it is stopped. */
export interface Repeated {
  /** Does it now, after what is under way. */
  now(): Promise<void>;
  /** Resolves when what is under way is done. */
  stop(): Promise<void>;
}

/** Begins with a pause. The timers keep no process alive. @param onFault told of every failure; the work comes again. */
export function repeat(milliseconds: number, work: () => Promise<void>, onFault: (error: unknown) => void): Repeated {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const once = async (): Promise<void> => {
    if (isStopped) return;
    clearTimeout(timer);
    await work().catch(onFault);
    if (!isStopped) schedule();
  };
  const now = (): Promise<void> => {
    running = running.then(once);
    return running;
  };
  const schedule = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void now(), milliseconds);
    timer.unref();
  };
  schedule();
  return {
    now,
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
      return running;
    },
  };
}

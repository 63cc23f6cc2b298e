// Requests with an end.

/** Runs `work` with a signal that fires after so many ms, or with `stop`. */
export async function within<T>(
  milliseconds: number, work: (signal: AbortSignal) => Promise<T>, stop?: AbortSignal,
): Promise<T> {
  const both = new AbortController();
  const end = () => both.abort(stop?.reason);
  const timer = setTimeout(() => both.abort(new Error(`no answer within ${milliseconds / 1000} s`)), milliseconds);
  if (stop?.aborted) end();
  stop?.addEventListener('abort', end);
  try {
    return await work(both.signal);
  } finally {
    clearTimeout(timer);
    stop?.removeEventListener('abort', end);
  }
}

/** Bad input on the command line, in files named there or in the data directory: the process exits with 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}

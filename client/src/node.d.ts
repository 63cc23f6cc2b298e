// The little of node that is used here; Debian's tsc comes without @types/node.
declare const process: {
  argv: string[];
  exitCode: number | undefined;
  exit(code?: number): never;
  stdout: { write(text: string): boolean };
  stderr: { write(text: string): boolean };
  on(event: string, listener: () => void): void;
};

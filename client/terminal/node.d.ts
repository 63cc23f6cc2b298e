// SPDX-License-Identifier: Apache-2.0
// The part of node's interface that client.ts uses: Debian's tsc has no @types/node.

declare const process: {
  argv: string[];
  exitCode: number | undefined;
  exit(code?: number): never;
  stdout: { write(text: string): boolean };
  stderr: { write(text: string): boolean };
  on(event: string, listener: () => void): void;
};

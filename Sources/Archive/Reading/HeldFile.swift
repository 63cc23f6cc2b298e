// SPDX-License-Identifier: Apache-2.0

package import System

/// An hour file that the responses of one address read.
///
/// The addresses share its descriptor.
package final class HeldFile: ReadableBytes {
  /// The file.
  package let file: DiskFile
  private let willEnd: @Sendable () -> Void

  /// Holds `file`; `willEnd` is called when no response of the address reads it any more.
  init(_ file: DiskFile, willEnd: @escaping @Sendable () -> Void) {
    (self.file, self.willEnd) = (file, willEnd)
  }

  deinit { willEnd() }

  @unsafe package func fill(
    _ memory: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(SystemError) -> Int {
    unsafe try file.fill(memory, at: offset)
  }

  package func send(_ range: Range<Int>, to socket: Int32) throws(SystemError) -> Int? {
    try file.send(range, to: socket)
  }
}

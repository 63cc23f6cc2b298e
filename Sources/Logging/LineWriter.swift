// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Writes lines to a descriptor in few calls, and reports when writing starts and stops failing.
///
/// Confined to the writing thread.
struct LineWriter {
  /// A change of state that is logged.
  enum Change: Equatable { case failing(reason: String), behind, recovered }

  private static let batchSize = 64 * 1024

  private var descriptor: Int32
  private var failure: Int32 = 0
  private var reported: Int32 = 0
  private var overflowSeen: UInt64 = 0
  private var isBehind = false
  /// Whether the last write ended within a line.
  private var isInsideLine = false

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// Writes each line with its line end.
  ///
  /// - Returns: the number of lines that were not written completely.
  mutating func write(_ lines: [@Sendable () -> String]) -> Int {
    var lost = 0
    var batch: [UInt8] = []
    var ends: [Int] = []
    for line in lines {
      batch += line().utf8
      batch.append(0x0A)
      ends.append(batch.count)
      if batch.count >= Self.batchSize { lost += flush(&batch, &ends) }
    }
    return lost + flush(&batch, &ends)
  }

  private mutating func flush(_ batch: inout [UInt8], _ ends: inout [Int]) -> Int {
    guard !batch.isEmpty else { return 0 }
    defer {
      batch.removeAll(keepingCapacity: true)
      ends.removeAll(keepingCapacity: true)
    }
    let lead = isInsideLine ? 1 : 0
    if isInsideLine { batch.insert(0x0A, at: 0) }
    var written = 0
    failure = 0
    while written < batch.count {
      let count = unsafe batch.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
      }
      if count > 0 {
        written += count
      } else if count < 0, errno != EINTR {
        failure = errno
        break
      }
    }
    let whole = ends.prefix { $0 + lead <= written }
    if written > 0 { isInsideLine = written != (whole.last ?? 0) + lead }
    return ends.count - whole.count
  }

  /// The changes since the last call; `overflown` is the total of lines dropped from the queue.
  mutating func changes(overflown: UInt64) -> [Change] {
    var changes: [Change] = []
    if failure != reported {
      reported = failure
      changes.append(
        failure == 0 ? .recovered : .failing(reason: unsafe String(cString: strerror(failure))))
    }
    let wasBehind = isBehind
    isBehind = overflown > overflowSeen
    overflowSeen = overflown
    if isBehind, !wasBehind { changes.append(.behind) }
    return changes
  }

  /// The size of the file in bytes; 0 if it is unknown.
  var size: Int64 {
    var status = stat()
    return unsafe fstat(descriptor, &status) == 0 ? Int64(status.st_size) : 0
  }

  /// Continues with another descriptor.
  mutating func replace(by other: Int32) {
    close()
    descriptor = other
    isInsideLine = false
  }

  func close() { _ = Glibc.close(descriptor) }
}

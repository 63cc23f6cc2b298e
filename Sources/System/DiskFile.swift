// SPDX-License-Identifier: Apache-2.0

import Glibc
package import Sharing

/// A regular file of this user that is read and written at positions.
///
/// Every call may block for as long as the disk does. Links and devices are refused, and files of
/// other users unless they are inspected.
package final class DiskFile: ReadableBytes {
  /// The purpose for which a file is opened.
  package typealias Mode = OpenMode

  /// The path of the file.
  package let path: String
  /// The number of the file on its disk: another file at the same path has another one.
  package let identity: UInt64
  private let file: any OpenFile
  private let lease: FileLease?

  /// Opens the file at `path`; with a lease, reading throws when the file is overwritten.
  package init(_ path: String, _ mode: Mode, lease: FileLease? = nil) throws(SystemError) {
    self.lease = lease
    self.path = path
    let disk = PresentDisk.current
    file = try disk.open(path, mode)
    let status = try file.status
    identity = status.number
    // A mount may give each file another owner; a file that was created now is no foreign one.
    let isOwn =
      switch mode {
      case .inspecting, .replacing: true
      default: status.owner == disk.user
      }
    guard status.kind == .file, isOwn else { throw SystemError("open", isOwn ? EINVAL : EACCES) }
    // Asked when the file is open: the name may have led to another file already.
    if let lease, lease.state != .valid { throw SystemError("open", ESTALE) }
  }

  /// Whether the path still is the name of this file: it was neither removed nor replaced.
  package var isInPlace: Bool {
    guard let own = try? file.status, own.names > 0,
      let named = try? PresentDisk.current.status(path, followsLinks: false)
    else { return false }
    return own.number == named.number && own.device == named.device
  }

  private func checkLease() throws(SystemError) {
    if lease?.state == .overwritten { throw SystemError("read", ESTALE) }
  }

  /// The present number of bytes.
  package var size: Int {
    get throws(SystemError) { try file.status.size }
  }

  /// The bytes from `offset` on: `count`, or fewer at the end of the file.
  package func read(at offset: Int, count: Int) throws(SystemError) -> [UInt8] {
    guard count > 0 else { return [] }
    var failure: SystemError?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { memory, used in
      used = 0
      do throws(SystemError) {
        used = unsafe try fill(UnsafeMutableRawBufferPointer(memory), at: offset)
      } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  /// The `count` bytes from `offset` on; nil if the file ends before.
  package func shared(at offset: Int, count: Int) throws(SystemError) -> SharedBytes? {
    var result: Result<Int, SystemError> = .success(0)
    let bytes = unsafe SharedBytes(count: count) { memory in
      do throws(SystemError) { result = .success(unsafe try fill(memory, at: offset)) } catch {
        result = .failure(error)
      }
    }
    return try result.get() == count ? bytes : nil
  }

  /// Sends the bytes in `range` to a socket that does not block, without copies in this program.
  ///
  /// - Returns: the bytes that the socket took; nil if it takes none now; 0 at the end of the file.
  package func send(_ range: Range<Int>, to socket: Int32) throws(SystemError) -> Int? {
    let sent = try file.send(range, to: socket)
    if sent != nil { try checkLease() }
    return sent
  }

  /// Writes `bytes` at `offset`.
  package func write(_ bytes: [UInt8], at offset: Int) throws(SystemError) {
    let result = unsafe bytes.withUnsafeBytes { memory in
      Result { () throws(SystemError) in unsafe try file.put(memory, at: offset) }
    }
    try result.get()
  }

  /// Writes `bytes` at `offset`.
  package func write(_ bytes: SharedBytes, at offset: Int) throws(SystemError) {
    unsafe try file.put(UnsafeRawBufferPointer(start: bytes.start, count: bytes.count), at: offset)
  }

  /// Cuts the file, or extends it with zeros.
  package func truncate(to size: Int) throws(SystemError) { try file.truncate(to: size) }

  /// Reserves space for `count` bytes from `offset` on; the size of the file does not change.
  ///
  /// - Returns: false if the disk has no such space, or does not reserve any.
  @discardableResult
  package func reserve(at offset: Int, count: Int) -> Bool {
    file.reserve(at: offset, count: count)
  }

  /// Waits until all bytes are on the disk.
  package func sync() throws(SystemError) { try file.sync() }

  /// Waits until all bytes and the attributes are on the disk.
  package func syncWhole() throws(SystemError) { try file.syncWhole() }

  /// Takes the lock of the file, which this process keeps until the object is freed.
  ///
  /// - Returns: false if another process has the lock.
  package func lock() throws(SystemError) -> Bool { try file.lock() }

  /// Fills memory from `offset` on.
  ///
  /// - Returns: the number of bytes, which is smaller at the end of the file.
  @unsafe package func fill(
    _ memory: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(SystemError) -> Int {
    let count = unsafe try file.fill(memory, at: offset)
    try checkLease()
    return count
  }
}

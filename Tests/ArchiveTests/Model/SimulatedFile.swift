// SPDX-License-Identifier: Apache-2.0

import Glibc
import System

/// A file of a simulated disk that a program has opened.
///
/// Confined to one thread: the protocol demands `Sendable`.
final class SimulatedFile: OpenFile, @unchecked Sendable {
  private let node: SimulatedNode
  private let disk: SimulatedDisk
  private let start: Int

  init(_ node: SimulatedNode, _ disk: SimulatedDisk) {
    (self.node, self.disk, start) = (node, disk, disk.start)
  }

  /// A file of a program that was killed is closed.
  private func check(_ call: String) throws(SystemError) {
    guard start == disk.start else { throw SystemError(call, EBADF) }
  }

  var status: FileStatus {
    get throws(SystemError) {
      try check("fstat")
      try disk.read("fstat")
      return node.status
    }
  }

  @unsafe func fill(
    _ memory: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(SystemError) -> Int {
    try check("pread")
    try disk.read("pread")
    let count = min(memory.count, max(0, node.bytes.count - offset))
    guard count > 0 else { return 0 }
    unsafe memory.copyBytes(from: node.bytes[offset..<offset + count])
    return count
  }

  @unsafe func put(_ memory: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) {
    try check("pwrite")
    try disk.change("pwrite")
    let bytes = unsafe Array(memory)
    // A full disk takes the bytes for which it has room.
    let missing = max(0, node.growth(offset: offset, count: bytes.count) - disk.free)
    let room = max(0, bytes.count - missing)
    let count = disk.spend(room)
    disk.grow(by: node.growth(offset: offset, count: count))
    if !disk.dropsWrite() { node.write(Array(bytes.prefix(count)), at: offset) }
    guard count == room else { throw SystemError("pwrite", EIO) }
    guard room == bytes.count else { throw SystemError("pwrite", ENOSPC) }
  }

  func send(_ range: Range<Int>, to socket: Int32) throws(SystemError) -> Int? {
    throw SystemError("sendfile", EINVAL)
  }

  func truncate(to size: Int) throws(SystemError) {
    try check("ftruncate")
    try disk.change("ftruncate")
    disk.grow(by: size - node.bytes.count)
    node.truncate(to: size)
  }

  func reserve(at offset: Int, count: Int) -> Bool { count <= disk.free }

  func syncWhole() throws(SystemError) { try sync() }

  func sync() throws(SystemError) {
    try check("fdatasync")
    try disk.wait("fdatasync")
    node.sync(isTrue: disk.lie != .files)
    disk.syncFile()
  }

  func lock() throws(SystemError) -> Bool {
    try check("flock")
    if let holder = node.lock, holder !== self, holder.start == disk.start { return false }
    node.lock = self
    return true
  }
}

// SPDX-License-Identifier: Apache-2.0

import Glibc
import Sharing
import System
import Time

/// The processes in `/proc` that have descriptors of some sockets.
///
/// - Source: proc(5), `/proc/PID/fd` and `/proc/PID/stat`
struct OpenDescriptors {
  /// The inodes of the sockets by the targets of their descriptors.
  private let inodes: [[UInt8]: UInt32]

  /// The descriptors of the sockets with these inodes.
  init(inodes: Set<UInt32>) {
    self.inodes = Dictionary(
      inodes.map { (Array("socket:[\($0)]".utf8), $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Searches for processes that have the sockets, and are neither this one, nor its children, nor
  /// others of this program.
  ///
  /// - Parameters:
  ///   - known: processes that are read in place of all others; nil for none.
  ///   - deadline: when the search ends.
  /// - Returns: a process for each socket that was found.
  func holders(
    among known: [Int32]? = nil, until deadline: MonotonicTime = .distantFuture
  ) -> [UInt32: Int32] {
    var found: [UInt32: Int32] = [:]
    let processes = known ?? DiskFolder.names("/proc").compactMap { Int32($0) }
    for process in processes {
      for inode in sockets(of: process) where found[inode] == nil { found[inode] = process }
      guard found.count < inodes.count, SystemClock.monotonicTime < deadline else { break }
    }
    return found
  }

  /// The sockets that a process has, if it is neither this one, nor a child of it, nor another one
  /// of this program: that may be a child of another server.
  func sockets(of process: Int32) -> Set<UInt32> {
    guard process != getpid() else { return [] }
    let folder = "/proc/\(process)/fd"
    let found = Set(
      DiskFolder.names(folder).lazy.compactMap { name in
        Self.target(of: "\(folder)/\(name)", limit: 64).flatMap { inodes[$0] }
      })
    // Read last: the number may have been another process before.
    guard !found.isEmpty, let parent = Self.parent(of: process), parent != getpid(),
      let program = Self.program("/proc/\(process)/exe"),
      program != Self.program("/proc/self/exe")
    else { return [] }
    return found
  }

  /// The file of a program, also if it was replaced; nil if it cannot be read.
  private static func program(_ path: String) -> String? {
    target(of: path, limit: Int(PATH_MAX)).map { target in
      let text = String(decoding: target, as: UTF8.self)
      let suffix = " (deleted)"
      return text.hasSuffix(suffix) ? String(text.dropLast(suffix.count)) : text
    }
  }

  /// The target of a symbolic link; nil if there is none of less than `limit` bytes.
  private static func target(of path: String, limit: Int) -> [UInt8]? {
    var target = [UInt8](repeating: 0, count: limit)
    let count = unsafe target.withUnsafeMutableBytes { bytes in
      guard let start = bytes.baseAddress else { return 0 }
      return unsafe readlink(path, start.assumingMemoryBound(to: CChar.self), bytes.count)
    }
    return count > 0 && count < limit ? Array(target.prefix(count)) : nil
  }

  /// The parent of a process; nil if there is no such process.
  private static func parent(of process: Int32) -> Int32? {
    // The name of the program is in parentheses, and may contain any character.
    guard let text = PrivateFile.contents("/proc/\(process)/stat"),
      let end = text.lastIndex(of: UInt8(ascii: ")"))
    else { return nil }
    let fields = text[end...].split(separator: UInt8(ascii: " "))
    return fields.count > 2 ? Int32(String(decoding: fields[2], as: UTF8.self)) : nil
  }
}

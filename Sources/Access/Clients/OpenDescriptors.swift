// SPDX-License-Identifier: Apache-2.0

import Glibc
import Sharing
import System
import Time

/// The processes in `/proc` that have a descriptor of one socket.
///
/// - Source: proc(5), `/proc/PID/fd` and `/proc/PID/stat`
struct OpenDescriptors {
  private let link: [UInt8]

  /// The descriptors of the socket with this inode.
  init(inode: UInt32) { link = Array("socket:[\(inode)]".utf8) }

  /// A process that has the socket, and is neither this one, nor a child of it, nor another one of
  /// this program; nil for none, or if it is not found until `deadline`.
  func holder(until deadline: MonotonicTime = .distantFuture) -> Int32? {
    for process in DiskFolder.names("/proc").lazy.compactMap({ Int32($0) }) {
      if hold(process) { return process }
      guard SystemClock.monotonicTime < deadline else { return nil }
    }
    return nil
  }

  /// Whether a process has the socket, and is neither this one, nor a child of it, nor another one
  /// of this program: that may be a child of another server.
  func hold(_ process: Int32) -> Bool {
    guard process != getpid() else { return false }
    let folder = "/proc/\(process)/fd"
    let files = DiskFolder.names(folder).lazy.map { "\(folder)/\($0)" }
    guard files.contains(where: { Self.target(of: $0, limit: 64) == link }) else { return false }
    // Read last: the number may have been another process before.
    guard let parent = Self.parent(of: process), parent != getpid(),
      let program = Self.program("/proc/\(process)/exe")
    else { return false }
    return program != Self.program("/proc/self/exe")
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

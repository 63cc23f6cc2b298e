// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// The whole content of a file of the machine.
///
/// Devices and pipes are refused, since they may have no end, or block the caller.
package enum FileContent {
  /// The largest size of a file, in bytes.
  static let limit = 16 << 20

  /// Why a file cannot be read.
  package struct Failure: Error, CustomStringConvertible {
    /// The path of the file.
    package let path: String
    /// The reason in a few words.
    package let reason: String

    /// A failure with this reason.
    package init(path: String, reason: String) { (self.path, self.reason) = (path, reason) }

    package var description: String { "cannot read \"\(path)\": \(reason)" }
  }

  /// The bytes of the file at `path`, at least one.
  static func read(_ path: String) throws(Failure) -> [UInt8] {
    let descriptor = try opened(path)
    defer { _ = close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while bytes.count <= limit {
      let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Failure(path: path, reason: systemReason) }
      if count == 0 { break }
      // bounded: the call returns at most the size of the buffer
      bytes += buffer[..<count]
    }
    guard !bytes.isEmpty else { throw Failure(path: path, reason: "the file is empty") }
    // The file may have grown since it was opened.
    guard bytes.count <= limit else { throw Failure(path: path, reason: tooLarge) }
    return bytes
  }

  /// Whether the file at `path` can be read by a library.
  static func check(_ path: String) throws(Failure) { _ = close(try opened(path)) }

  private static func opened(_ path: String) throws(Failure) -> Int32 {
    // A pipe without a writer does not block the opening.
    let descriptor = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw Failure(path: path, reason: systemReason) }
    var status = stat()
    let problem: String? =
      if unsafe fstat(descriptor, &status) != 0 || status.st_mode & S_IFMT != S_IFREG {
        "not a regular file"
      } else if status.st_size > limit {
        tooLarge
      } else {
        nil
      }
    guard let problem else { return descriptor }
    _ = close(descriptor)
    throw Failure(path: path, reason: problem)
  }

  private static var tooLarge: String { "the file has more than \(limit >> 20) MB" }
  private static var systemReason: String { unsafe String(cString: strerror(errno)) }
}

// SPDX-License-Identifier: Apache-2.0

/// Reads whole files: configurations, certificates, keys, scripts.
///
/// Devices and pipes are refused, since they may have no end, or block the caller.
package enum RegularFile {
  /// Why a file cannot be read.
  package typealias Failure = FileContent.Failure

  /// The largest size of a file, in bytes.
  package static let limit = FileContent.limit

  /// The bytes of the file at `path`, at least one.
  package static func read(_ path: String) throws(Failure) -> [UInt8] {
    try PresentDisk.current.content(path)
  }

  /// Whether the file at `path` can be read by a library.
  package static func check(_ path: String) throws(Failure) { try FileContent.check(path) }
}

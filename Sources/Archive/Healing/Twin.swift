// SPDX-License-Identifier: Apache-2.0

/// Another origin of the same stream, whose public resources are read.
///
/// Confined to one thread; each call may block.
package protocol Twin {
  /// Its name in the log, without secrets.
  var name: String { get }

  /// Reads a resource at a path below the URL of the stream.
  ///
  /// - Parameters:
  ///   - path: the path, such as `video/segment1795155720.m4s`.
  ///   - limit: the largest body.
  /// - Returns: the body.
  /// - Throws: ``TwinFailure`` without a body.
  func get(_ path: String, limit: Int) throws(TwinFailure) -> [UInt8]

  /// The entity tag of the last body; nil without one.
  var tag: String? { get }
}

extension Twin {
  /// No entity tag.
  package var tag: String? { nil }
}

/// Why a twin has not sent a resource.
package enum TwinFailure: Error, Equatable, CustomStringConvertible {
  /// It does not have the resource, or not yet.
  case absent
  /// The request has failed.
  case failed(String)
  /// It has sent something else than the resource.
  case wrong(String)

  package var description: String {
    switch self {
    case .absent: "not found"
    case .failed(let reason), .wrong(let reason): reason
    }
  }
}

/// The twins of one stream.
package protocol TwinConnections: Sendable {
  /// The twins, for the calling thread.
  func open() -> [any Twin]

  /// Ends present and later requests.
  func cancel()
}

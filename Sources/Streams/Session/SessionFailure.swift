// SPDX-License-Identifier: Apache-2.0

/// Why a session could not start or continue.
package enum SessionFailure: Error, CustomStringConvertible {
  /// The source is missing or unusable.
  case source(String)
  /// No encoder could be opened.
  case encoder(String)
  /// The requested options do not fit the source.
  case configuration(String)
  /// The system refused a thread.
  case thread

  /// One line for a person.
  package var description: String {
    switch self {
    case .source(let reason), .configuration(let reason): reason
    case .encoder(let reason): "no encoder could be opened: \(reason)"
    case .thread: "the system refuses another thread"
    }
  }
}

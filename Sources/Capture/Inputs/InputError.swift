// SPDX-License-Identifier: Apache-2.0

/// Why an input gives nothing, or no more.
package enum InputError: Error, Sendable, Equatable, CustomStringConvertible {
  /// It could not be opened, in the library's words; without secrets.
  case refused(String)
  /// It wants other credentials than it was given, in the library's words; without secrets.
  case denied(String)
  /// It was there and has failed; without secrets.
  case failed(String)
  /// Nothing came for too long; seconds.
  case silent(Int)
  /// It has no picture that can be decoded.
  case noVideo(String)
  /// The program wants to leave.
  case cancelled

  /// A few words on what happened.
  package var description: String {
    switch self {
    case .refused(let reason), .denied(let reason): reason
    case .failed(let reason): reason
    case .silent(let seconds): "nothing came for \(seconds) s"
    case .noVideo(let reason): reason
    case .cancelled: "cancelled"
    }
  }
}

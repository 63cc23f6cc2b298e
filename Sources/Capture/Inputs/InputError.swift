// SPDX-License-Identifier: Apache-2.0

/// Why an input yields no data.
///
/// No case contains a secret.
package enum InputError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Opening failed, with the library's message.
  case refused(String)
  /// The server refused the credentials, with the library's message.
  case denied(String)
  /// The input failed after it was open.
  case failed(String)
  /// No data arrived for this many seconds.
  case silent(Int)
  /// The input has no video that can be decoded.
  case noVideo(String)
  /// The program cancelled the input.
  case cancelled

  /// The error in a few words.
  package var description: String {
    switch self {
    case .refused(let reason), .denied(let reason): reason
    case .failed(let reason): reason
    case .silent(let seconds): "no data for \(seconds) s"
    case .noVideo(let reason): reason
    case .cancelled: "cancelled"
    }
  }
}

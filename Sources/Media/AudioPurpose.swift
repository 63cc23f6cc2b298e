// SPDX-License-Identifier: Apache-2.0

/// The audience of an audio track beside its language, by the audio types of MPEG-TS.
///
/// - Source: ISO/IEC 13818-1 §2.6.19
package enum AudioPurpose: String, Sendable, Hashable, Codable, CaseIterable {
  /// The programme for all listeners.
  case main
  /// Effects and music without speech.
  case cleanEffects = "clean-effects"
  /// Speech that is easier to understand.
  case hearingImpaired = "hearing-impaired"
  /// The programme with a description of the picture.
  case visualImpaired = "visual-impaired"

  /// The words after the language in the name of a track; empty for all listeners.
  package var words: String {
    switch self {
    case .main: ""
    case .cleanEffects: "clean effects"
    case .hearingImpaired: "hearing impaired"
    case .visualImpaired: "audio description"
    }
  }
}

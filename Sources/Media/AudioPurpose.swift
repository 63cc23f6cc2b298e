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

  /// The media characteristic of HLS; nil without one.
  /// - Source: RFC 8216bis §4.4.6.1; HLS Authoring Specification for Apple Devices §2.12, §2.28
  package var characteristic: String? {
    switch self {
    case .main, .cleanEffects: nil
    case .hearingImpaired: "public.accessibility.enhances-speech-intelligibility"
    case .visualImpaired: "public.accessibility.describes-video"
    }
  }

  /// The URI of the scheme of ``role``.
  package static let roleScheme = "urn:mpeg:dash:role:2011"
  /// The URI of the scheme of ``accessibility``: the audio purposes of TV-Anytime.
  package static let accessibilityScheme = "urn:tva:metadata:cs:AudioPurposeCS:2007"

  /// The role of DASH; nil without one.
  /// - Source: ISO/IEC 23009-1 §5.8.5.5
  package var role: String? {
    switch self {
    case .main, .cleanEffects: nil
    case .hearingImpaired: "enhanced-audio-intelligibility"
    case .visualImpaired: "description"
    }
  }

  /// The audio purpose of TV-Anytime; nil without one.
  /// - Source: ETSI TS 103 285 §6.1.2; ETSI TS 102 822-3-1, AudioPurposeCS
  package var accessibility: String? {
    switch self {
    case .main, .cleanEffects: nil
    case .visualImpaired: "1"
    case .hearingImpaired: "2"
    }
  }
}

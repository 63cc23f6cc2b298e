// SPDX-License-Identifier: Apache-2.0

/// One unusual property of an input: the measured value, its consequence for viewers, and advice.
package struct InputFinding: Sendable, Equatable {
  /// The kinds, with their names in `/api` and in the log.
  package enum Kind: String, Sendable, CaseIterable {
    case reordering = "b-frames"
    case variableRate = "variable-rate"
    case displaced
    case senderReports = "sender-reports"
    case steps = "timestamp-steps"
    case lost = "lost-packets"
    case audioLag = "audio-lag"
    case chroma
    case bitDepth = "bit-depth"
    case interlaced
    case rotation
    case dynamicRange = "dynamic-range"
    case dolbyVision = "dolby-vision"

    /// The event of a warning of this kind in the log.
    package var event: StaticString {
      switch self {
      case .reordering: "b-frames"
      case .variableRate: "variable-rate"
      case .displaced: "displaced"
      case .senderReports: "sender-reports"
      case .steps: "timestamp-steps"
      case .lost: "lost-packets"
      case .audioLag: "audio-lag"
      case .chroma: "chroma"
      case .bitDepth: "bit-depth"
      case .interlaced: "interlaced"
      case .rotation: "rotation"
      case .dynamicRange: "dynamic-range"
      case .dolbyVision: "dolby-vision"
      }
    }
  }

  /// The kind.
  package let kind: Kind
  /// The measured value in words.
  package let measured: String
  /// The measured number, if it is one: frames, milliseconds, counts, bits or degrees by the kind.
  package var value: Int64?
  /// The consequence for viewers, and its cause.
  package let consequence: String
  /// The option or the setting of the source that changes it; nil if nothing is needed.
  package let advice: String?
  /// Whether the log warns of it when a stream begins.
  package var isWarning = false
  /// Value, consequence and advice as one sentence.
  package let text: String

  /// A finding.
  ///
  /// - Parameters:
  ///   - kind: the kind.
  ///   - measured: the measured value in words.
  ///   - value: the measured number, if it is one.
  ///   - link: the words between value and consequence.
  ///   - consequence: the consequence for viewers, and its cause.
  ///   - advice: the remedy; nil if none is needed.
  ///   - isWarning: whether the log warns of it.
  init(
    _ kind: Kind, _ measured: String, value: Int64? = nil, link: String = ": ",
    _ consequence: String, advice: String?, isWarning: Bool = false
  ) {
    (self.kind, self.measured, self.value) = (kind, measured, value)
    (self.consequence, self.advice, self.isWarning) = (consequence, advice, isWarning)
    text = measured + link + consequence + (advice.map { " (\($0))" } ?? "")
  }
}

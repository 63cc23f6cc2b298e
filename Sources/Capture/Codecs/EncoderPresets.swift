// SPDX-License-Identifier: Apache-2.0

/// The default encoder and preset, and the names of presets.
extension EncoderSettings {
  /// The default encoder, which also replaces encoders that cannot be opened.
  package static let defaultEncoder = "libx264"
  /// The default preset.
  package static let defaultPreset = "superfast"

  /// The presets of libx264, fastest first.
  package static let presets = [
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow",
    "placebo",
  ]
}

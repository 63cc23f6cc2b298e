// SPDX-License-Identifier: Apache-2.0

extension InputDescription.Audio {
  /// The configuration if the audio can be copied: AAC-LC of one or two channels, at a
  /// listed rate.
  ///
  /// Other audio is decoded and re-encoded.
  package var passable: AudioSpecificConfig? {
    guard codec == "aac", let found = AudioSpecificConfig(configuration), found.isPlainAAC,
      (1...2).contains(found.channels), found.sampleRate >= 16_000, found.hasListedRate
    else { return nil }
    return found
  }
}

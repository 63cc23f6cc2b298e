// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg

/// The CMAF header of a copied Opus track, and its silence.
package struct OpusTrackHeader: Sendable, Equatable {
  /// The identification header of Ogg Opus.
  /// - Source: RFC 7845 §5.1
  package private(set) var head: [UInt8]
  /// The number of channels: 1 or 2.
  package let channels: Int

  /// The track of an input with one or two channels; nil for more.
  ///
  /// `configuration` is its identification header; without one the input has no samples to be
  /// skipped.
  package init?(configuration: [UInt8], channels: Int) {
    let isHead =
      configuration.count >= 19 && configuration.starts(with: Array("OpusHead".utf8))
      && configuration[18] == 0
    let count = isHead ? Int(configuration[9]) : channels
    guard (1...2).contains(count) else { return nil }
    self.init(isStereo: count == 2)
    if isHead { head = Array(configuration.prefix(19)) }
  }

  /// A track without samples to be skipped.
  package init(isStereo: Bool) {
    channels = isStereo ? 2 : 1
    // Version, channels, no samples to skip, 48 kHz, no gain, mapping family 0.
    head = Array("OpusHead".utf8) + [1, isStereo ? 2 : 1, 0, 0, 0x80, 0xBB, 0, 0, 0, 0, 0]
  }

  /// `ftyp` and `moov`, written by libavformat.
  ///
  /// - Throws: ``FFmpegError`` of the muxer.
  package func header(_ settings: AudioEncoderSettings) throws(FFmpegError) -> [UInt8] {
    try CMAFHeader.write(opus: head, settings)
  }

  /// A packet of 20 ms of silence: CELT, full band.
  /// - Source: RFC 6716 §3.1
  package var silence: [UInt8] { [channels == 2 ? 0xFC : 0xF8, 0xFF, 0xFE] }
}

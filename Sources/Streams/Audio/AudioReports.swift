// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging

/// The log lines of a session's audio; each refused format is logged once in a row.
struct AudioReports {
  /// The stream, for the log.
  let stream: String
  let log: Log
  private var lastRefused: InputDescription.Audio?
  /// The format that is encoded in a track of copied audio; nil while audio is copied.
  private var encoded: InputDescription.Audio?

  /// Reports of a stream.
  init(stream: String, log: Log) {
    self.stream = stream
    self.log = log
  }

  /// The audio of the source cannot be copied.
  func cannotCopy(_ error: FFmpegError) {
    log.write(
      .warning, "audio-refused", stream: stream,
      "the audio of the source cannot be copied: \(error); encoding it")
  }

  /// The source has another format, which is copied.
  mutating func changed(_ format: InputDescription.Audio) {
    encoded = nil
    write(format, encodedAt: nil)
  }

  private func write(_ format: InputDescription.Audio, encodedAt rate: Int32?) {
    log.write(
      .info, "audio-parameters", stream: stream,
      "the source has other audio now: \(Self.text(format)); "
        + (rate.map { "encoded at \($0) Hz" } ?? "copied"))
  }

  /// Audio of a track that copies its source was placed; it is encoded at `rate`, or copied if that
  /// is nil.
  mutating func placed(_ format: InputDescription.Audio, encodedAt rate: Int32?) {
    let now = rate == nil ? nil : format
    guard now != encoded else { return }
    encoded = now
    write(format, encodedAt: rate)
  }

  /// An encoder has failed.
  func failed(_ error: FFmpegError) {
    log.write(
      .warning, "audio-failed", stream: stream, "\(error); silence, and another encoder")
  }

  /// Packets of this format cannot be decoded.
  mutating func undecodable(_ format: InputDescription.Audio) {
    refused(
      format,
      "its packets cannot be decoded (they are damaged or encrypted, or the decoder lacks this "
        + "form; AAC-LC in ADTS, Opus or MP2 would play)")
  }

  /// Audio of this format is left out.
  mutating func refused(_ format: InputDescription.Audio, _ reason: String) {
    guard lastRefused != format else { return }
    lastRefused = format
    log.write(
      .warning, "audio-refused", stream: stream, "\(Self.text(format)): \(reason); silence")
  }

  /// A format in words.
  static func text(_ format: InputDescription.Audio) -> String {
    "\(format.codec), \(format.sampleRate) Hz, \(format.channels) channels"
  }
}

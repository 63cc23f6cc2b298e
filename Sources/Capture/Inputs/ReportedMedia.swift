// SPDX-License-Identifier: Apache-2.0

internal import Sharing

/// The media of a publisher as last reported; only changes are reported.
///
/// Confined to one thread.
struct ReportedMedia {
  private var video: PublisherReport.Video?
  private var audio: PublisherReport.Audio?

  /// Reports the media after a packet, if there is a change.
  ///
  /// - Parameters:
  ///   - units: the units of the packet.
  ///   - first: the depacketizer of the first video track; nil before video.
  ///   - arrived: the first audio track; nil before audio.
  ///   - media: gets the report.
  mutating func note(
    _ units: [InputUnit], _ first: VideoDepacketizer?, _ arrived: PublisherReport.Audio?,
    to media: PublishedMedia
  ) {
    if let first {
      let codec = PublisherReport.words(first.video.codec)
      // A publisher may change its codec.
      let former = video.flatMap { $0.codec == codec ? $0 : nil }
      var now = former ?? PublisherReport.Video(codec: codec)
      now.isDescribed = first.isComplete
      now.hasStartCodes = first.hasForeignStartCodes
      for case .video(let unit) in units {
        (now.hasUnits, now.hasKey) = (true, now.hasKey || unit.isKey)
      }
      if now != video {
        video = now
        let arrival = SystemClock.monotonicTime
        media.report { $0.note(now, at: arrival) }
      }
    }
    guard let arrived, arrived != audio else { return }
    audio = arrived
    let arrival = SystemClock.monotonicTime
    media.report { $0.note(arrived, at: arrival) }
  }
}

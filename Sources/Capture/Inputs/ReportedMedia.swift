// SPDX-License-Identifier: Apache-2.0

/// The media of a publisher as last reported; only changes are reported.
///
/// Confined to one thread.
struct ReportedMedia {
  private var video: PublisherReport.Video?
  /// The codec of audio without its configuration; nil before audio.
  private var audio: String??

  /// Reports the media after a tag, if there is a change.
  ///
  /// - Parameters:
  ///   - units: the units of the tag.
  ///   - first: the depacketizer of the first video track; nil before video.
  ///   - tracks: the audio tracks.
  ///   - media: gets the report.
  mutating func note(
    _ units: [InputUnit], _ first: VideoDepacketizer?, _ tracks: PublisherAudio,
    to media: PublishedMedia
  ) {
    if let first, let codec = first.video.passThroughCodec {
      var now = video ?? PublisherReport.Video(codec: codec.words)
      now.isDescribed = first.isComplete
      now.hasStartCodes = first.hasForeignStartCodes
      for case .video(let unit) in units {
        (now.hasUnits, now.hasKey) = (true, now.hasKey || unit.isKey)
      }
      if now != video {
        video = now
        media.report { $0.note(now) }
      }
    }
    let undescribed = tracks.undescribedCodec
    guard tracks.hasArrived, audio != .some(undescribed) else { return }
    audio = .some(undescribed)
    media.report { $0.noteAudio(undescribed: undescribed) }
  }
}

// SPDX-License-Identifier: Apache-2.0

import Capture
import ChunkStream
import Logging
import Media
import Scheduling
import Sharing
import Time

// What its threads notice about the media, as figures, log lines, and reasons of an outage.
extension PulledInput {
  /// Notes that `count` access units were left out since they were too large.
  func leftOut(_ count: UInt64) {
    target?.statistics.withLock { $0.damagedFrames += count }
    write(.warning, "source-damaged", "an access unit of more than 32 MB is left out")
  }

  /// Notes that `count` packets were lost or damaged on the way.
  func lostPackets(_ count: UInt64) { target?.statistics.withLock { $0.lostPackets += count } }

  /// Notes the irregular timestamps of the source.
  func note(_ irregularities: SourceIrregularities) {
    target?.statistics.withLock { $0.irregularities = irregularities }
  }

  /// Notes that the stream was too slow for `count` access units of a shared connection.
  func missed(_ count: UInt64) {
    target?.statistics.withLock { $0.lostFrames += count }
    write(.warning, "source-missed", "the stream is too slow: \(count) access units are left out")
  }

  /// Notes that a file has its own connection, although another stream reads the file too.
  func isNotShared(with other: String) {
    guard hasReported.raise() else { return }
    write(
      .info, "input-not-shared",
      "a file or a playlist of files: has a connection of its own beside that of \"\(other)\"")
  }

  /// Notes that only the first of the video tracks of a publisher is used.
  func usesFirstTrack(_ reason: RenditionAligner.Fault) {
    write(.warning, "tracks-ignored", "only the first video track is used: \(reason)")
  }

  /// Notes that the audio of a publisher is not accepted.
  func ignoresAudio(_ codec: String) {
    guard takesAudio else { return }
    write(
      .warning, "audio-ignored",
      "no audio: \(codec) is not accepted (expected AAC, MP3, Opus, AC-3, E-AC-3 or FLAC)")
  }

  /// Notes that the timestamps of the audio drift, which is corrected.
  func audioDrifts(_ drift: AudioDrift) { write(.warning, "audio-drift", drift.report) }

  func leavesOutAudio(_ fault: String) {
    guard takesAudio else { return }
    write(.warning, "audio-ignored", "malformed audio tags are left out: \(fault)")
  }

  /// Notes a peculiarity of a connection that works.
  func notes(_ notice: String) { write(.warning, "source-transport", notice) }

  /// Notes a declaration of a publisher that has no effect.
  func ignores(_ declaration: String) { write(.warning, "declaration-ignored", declaration) }

  func checkPublisher(at now: MonotonicTime) {
    guard let published else { return }
    let isShown = presence.withLock { $0.state != .away }
    for line in published.lines(at: now, isShown: isShown) {
      switch line {
      case .accepted(let text): log.write(.info, "publisher-media", stream: name, text)
      case .noPicture(let text):
        log.write(.warning, "publisher-no-picture", stream: name, text)
        outages.note(.noPicture, text, input: position?.index ?? 0)
      case .noAudio(let text):
        if takesAudio { log.write(.warning, "publisher-no-audio", stream: name, text) }
      }
    }
    let state = published.state(at: now, isShown: isShown)
    if takesAudio {
      let isUndescribed = if case .noAudio? = state { true } else { false }
      whileShown { note(.undescribed, isPresent: isUndescribed) }
    }
    outages.note(publisher: state.map { PublisherNote($0, takesAudio) })
  }

  /// Sets or clears a reason for silence, if there is a session.
  func note(_ fault: AudioFault, isPresent: Bool) {
    target?.statistics.withLock { statistics in
      guard isPresent != statistics.audioFaults.contains(fault) else { return }
      if isPresent {
        statistics.audioFaults.insert(fault)
      } else {
        statistics.audioFaults.remove(fault)
      }
    }
  }

  /// Notes that the video has ended although the audio goes on, or that it arrives again.
  func note(picture change: TrackPresence.Change, limit: Interval) {
    switch change {
    case .gone(_, let isRare):
      let text = "no video for \(limit.wholeSeconds) s while the audio goes on"
      write(isRare ? .warning : .debug, "video-gone", "\(text); the stream continues")
      outages.note(.noVideo, text, input: position?.index ?? 0)
    case .returned(let absence, let isRare):
      write(
        isRare ? .info : .debug, "video-back",
        "video arrives again after \(absence.wholeSeconds) s")
      outages.clear(position?.index ?? 0)
    }
  }
}

extension PublisherNote {
  /// The state of a report; `takesAudio`: whether missing audio matters.
  fileprivate init(_ state: PublisherReport.State, _ takesAudio: Bool) {
    switch state {
    case .waiting(let text): self.init(.waiting, text)
    case .accepted(let text): self.init(.accepted, text)
    case .noPicture(let text): self.init(.noPicture, text)
    case .noAudio(let text): self.init(takesAudio ? .noAudio : .accepted, text)
    }
  }
}

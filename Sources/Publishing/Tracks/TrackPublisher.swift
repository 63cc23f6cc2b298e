// SPDX-License-Identifier: Apache-2.0

import Ingest
package import Net
package import Time

/// A publisher's connection with one CMAF track.
///
/// Confined to the loop's thread.
package final class TrackPublisher: BytePublisher {
  private let stream: PublishedStream
  private let track: PublishedTrack
  /// The number of the track in records.
  private let number: Int
  private let publisher: Publisher
  private let session: TrackSession
  private var reader: TrackReader
  /// Whether it continues a track of an earlier body.
  package let isContinued: Bool
  /// The permission that the earlier body had; nil if there was none.
  package private(set) var permit: PublishPermit?
  /// Tags that the source does not take yet.
  private var waiting: [MediaTag] = []
  /// Why the bytes are no track.
  private var fault: String?

  /// Publishes a track; nil if another connection sends it.
  ///
  /// - Parameters:
  ///   - stream: the stream.
  ///   - track: the track.
  ///   - publisher: the connection.
  ///   - peer: its client.
  ///   - now: the present time.
  ///   - former: gets the publisher to close first, if there is one.
  package init?(
    _ stream: PublishedStream, _ track: PublishedTrack, _ publisher: Publisher,
    from peer: PeerAddress, at now: MonotonicTime, former: inout Publisher?
  ) {
    guard let attachment = stream.attach(track, publisher, from: peer, at: now) else {
      return nil
    }
    let paused = attachment.paused
    isContinued = paused != nil
    permit = paused?.permit
    reader = paused?.reader ?? TrackReader()
    reader.beginBody()
    waiting = paused?.waiting ?? []
    self.stream = stream
    self.track = track
    self.publisher = publisher
    session = attachment.session
    number = attachment.number
    former = attachment.former
  }

  package var name: String { stream.name }

  package func write(_ bytes: [UInt8], at now: MonotonicTime) -> PublisherWriting {
    guard session.note(track, publisher, at: now) else { return .replaced }
    switch settle(at: now) {
    case .taken: break
    case let other: return other
    }
    if let fault { return .malformed(fault) }
    reader.append(bytes)
    do throws(TrackError) {
      while let unit = try reader.next() {
        switch unit {
        case .configuration(var configuration):
          guard track.takes(configuration.codec) else {
            return refuse("the track is not \(track.kind)")
          }
          (configuration.number, configuration.name) = (number, track.name)
          waiting.append(configuration.tag)
        case .sample(var sample):
          sample.track = number
          waiting.append(sample.tag)
        case .texts(let texts):
          guard track.takes(nil) else { return refuse("the track is not \(track.kind)") }
          waiting += texts.map(\.tag)
        case .event(let event):
          // Packagers repeat the events of the video in other tracks.
          if track == .video { waiting.append(event?.tag ?? TrackEvent.malformedTag) }
        }
      }
    } catch { return refuse("\(error)") }
    // The bytes are taken, even if their tags wait.
    return settle(at: now) == .replaced ? .replaced : .taken
  }

  private func refuse(_ reason: String) -> PublisherWriting {
    fault = reason
    return .malformed(reason)
  }

  /// Writes the waiting tags.
  private func settle(at now: MonotonicTime) -> PublisherWriting {
    var count = 0
    defer { waiting.removeFirst(count) }
    for tag in waiting {
      switch stream.write(tag, by: session.publisher, at: now) {
      case .taken, .partly: count += 1
      case .full: return .full
      case .replaced: return .replaced
      }
    }
    return .taken
  }

  package func flush(at now: MonotonicTime) -> Bool {
    switch settle(at: now) {
    case .full: return false
    case .taken, .replaced, .malformed: return stream.flush()
    }
  }

  package func pause(_ permit: PublishPermit?, at now: MonotonicTime) -> PausedTrack? {
    guard fault == nil, settle(at: now) != .replaced, reader.isBetweenBoxes, !reader.hasEnded
    else { return nil }
    let paused = PausedTrack(reader, waiting, permit ?? self.permit, stream, track, session)
    guard session.pause(paused, of: track, publisher) else { return nil }
    waiting = []
    return paused
  }

  package func end(at now: MonotonicTime) {
    _ = settle(at: now)
    waiting = []
    stream.detach(track, publisher, session, at: now)
  }
}

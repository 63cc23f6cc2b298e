// SPDX-License-Identifier: Apache-2.0

package import Access
package import Ingest
import Net
import Sharing
package import Time

/// A stream whose media comes from publishers, one after another.
///
/// It leads the tags of the present publisher to the source of the stream, which changes when the
/// source starts again: each source gets a pair of sockets of its own. A lock; no call blocks.
package final class PublishedStream: Sendable {
  /// The result of an attempt to publish.
  package enum Attachment: Sendable {
    /// The client publishes; close the former publisher first, if there is one.
    case attached(former: Publisher?)
    /// The connection continues the publisher of this one, which must be closed.
    case continued(former: Publisher)
    /// Another client publishes.
    case taken
  }

  /// The result of writing a tag.
  package enum Writing: Sendable, Equatable {
    /// The tag was written, or dropped without a source.
    case taken
    /// The tag was taken, and a part of it waits: call ``PublishedStream/flush()`` later.
    case partly
    /// The source does not read: try again with the same tag.
    case full
    /// Another publisher has replaced this one.
    case replaced
  }

  /// The publishers of a stream, for people and for metrics.
  package struct Status: Sendable, Equatable {
    /// Whether a client publishes.
    package var isConnected = false
    /// When it began, or when the last one ended; nil before the first.
    package var since: MonotonicTime?
    /// How the media of the present or the last one arrives; nil before the first.
    package var transport: PublishEvent.Transport?
    /// The number of publishers, one after another.
    package var count: UInt64 = 0
    /// The bytes of their tags.
    package var bytes: UInt64 = 0
    /// Whether media of the present publisher has arrived.
    package var hasMedia = false
    /// The packets of publishers by SRT; nil if there was none.
    package var link: LinkStatistics?

    /// The status of a stream without a publisher.
    package init() {}
  }

  private struct State {
    var status = Status()
    var takeover = Takeover.silent
    /// Called when a publisher begins after the one before.
    var whenBegun: @Sendable () -> Void = {}
    var publisher: Publisher?
    /// Whether the media of the publisher cannot be used; dropped until its connection ends.
    var isRefused = false
    /// The tracks of the publisher, if each has a connection of its own.
    var session: TrackSession?
    /// When the publisher sent a tag, or began.
    var lastTag = MonotonicTime.origin
    var configurations = MediaConfigurations()
    /// To the present source; nil while there is none.
    var pipe: MediaPipe?
    /// Whether the source knows of the publisher.
    var hasBegun = false
    /// Whether the source does not know the end of a publisher yet.
    var owesEnd = false

    /// Writes what the pipe has not taken yet.
    ///
    /// - Returns: whether another record can be written.
    mutating func settle() -> Bool {
      guard let pipe else { return true }
      guard pipe.flush() else { return false }
      if owesEnd {
        pipe.write(MediaRecord.end.head, [])
        owesEnd = false
      }
      if pipe.isClosed {
        self.pipe = nil
        hasBegun = false
      }
      return true
    }

    /// Whether a client publishes that another one may not replace.
    func isTaken(at now: MonotonicTime) -> Bool {
      guard publisher != nil, !isRefused else { return false }
      return takeover.protects(since: status.since ?? lastTag, last: lastTag, at: now)
    }

    /// Whether nothing is left after the last record.
    func isFlushed() -> Bool { pipe?.flush() ?? true }

    mutating func write(_ tag: MediaTag) {
      guard let pipe else { return }
      if !hasBegun {
        pipe.write(MediaRecord.begin.head, [])
        if let words = publisher?.words, !words.isEmpty {
          let client = MediaTag(kind: .client, timestamp: 0, payload: Array(words.utf8))
          pipe.write(MediaRecord.tag(client).head, client.payload)
        }
        for known in configurations.tags {
          let record = MediaRecord.tag(known)
          pipe.write(record.head, record.payload)
        }
        hasBegun = true
      }
      let record = MediaRecord.tag(tag)
      pipe.write(record.head, tag.payload)
    }

    mutating func endPublisher(at now: MonotonicTime) {
      (status.isConnected, status.since, status.hasMedia) = (false, now, false)
      status.link?.roundTrip = nil
      (publisher, session) = (nil, nil)
      endMedia()
    }

    mutating func endMedia() {
      isRefused = false
      configurations = MediaConfigurations()
      owesEnd = owesEnd || hasBegun
      hasBegun = false
    }
  }

  /// The name of the stream.
  package let name: String
  private let state = Locked(State())

  /// A stream without a publisher and without a source.
  package init(name: String) { self.name = name }

  // MARK: For the source

  /// Connects a source that starts, instead of the one before.
  ///
  /// - Returns: the descriptor from which it reads ``MediaRecord``s; the caller owns it. Nil if the
  ///   system refuses one.
  package func connectSource() -> Int32? {
    guard let (pipe, reader) = try? MediaPipe.pair() else { return nil }
    let taken = UncheckedBox(pipe)
    state.withLock { state in
      state.pipe = taken.value
      state.hasBegun = false
      state.owesEnd = false
    }
    return reader
  }

  /// Carries a pipe, which no other thread has, into the lock.
  private struct UncheckedBox: @unchecked Sendable {
    let value: MediaPipe
    init(_ value: MediaPipe) { self.value = value }
  }

  // MARK: For publishers

  /// When another publisher replaces the present one.
  package var takeover: Takeover {
    get { state.withLock { $0.takeover } }
    set { state.withLock { $0.takeover = newValue } }
  }

  /// Called when a publisher begins after the one before, on the thread of its connection, which it
  /// must not block.
  package var whenBegun: @Sendable () -> Void {
    get { state.withLock { $0.whenBegun } }
    set { state.withLock { $0.whenBegun = newValue } }
  }

  /// Whether a client publishes that another one may not replace.
  package func isTaken(at now: MonotonicTime) -> Bool { present(at: now).isTaken }

  /// The permission of the present publisher, if its identity is this one.
  func permit(of identity: String) -> PublishPermit? {
    state.withLock { $0.publisher?.identity == identity ? $0.publisher?.permit : nil }
  }

  /// Lets a client publish, if no other does or ``takeover`` lets it replace the other.
  package func attach(_ publisher: Publisher, at now: MonotonicTime) -> Attachment {
    attach(publisher, nil, at: now)
  }

  /// Whether a client publishes that another one may not replace, and its tracks, if each has a
  /// connection of its own.
  func present(at now: MonotonicTime) -> (session: TrackSession?, isTaken: Bool) {
    state.withLock { ($0.session, $0.isTaken(at: now)) }
  }

  /// Lets a client publish, with tracks that have connections of their own.
  func attach(
    _ publisher: Publisher, _ session: TrackSession?, at now: MonotonicTime
  ) -> Attachment {
    let attachment = state.withLock { state -> Attachment in
      let former = state.publisher
      if let former, !state.isRefused, let identity = publisher.identity,
        identity == former.identity
      {
        state.publisher = publisher
        state.lastTag = now
        return .continued(former: former)
      }
      if state.isTaken(at: now) { return .taken }
      if former != nil { state.endPublisher(at: now) }
      (state.status.isConnected, state.status.since) = (true, now)
      state.status.transport = publisher.transport
      state.status.count += 1
      (state.publisher, state.session) = (publisher, session)
      state.lastTag = now
      _ = state.settle()
      return .attached(former: former)
    }
    if case .attached = attachment { whenBegun() }
    return attachment
  }

  /// Ends the video of a publisher; to the source, its next tag begins the next publisher.
  func restartVideo(of publisher: Publisher) {
    state.withLock { state in
      guard state.publisher === publisher else { return }
      state.configurations.removeVideo()
      state.owesEnd = state.owesEnd || state.hasBegun
      state.hasBegun = false
      _ = state.settle()
    }
  }

  /// Writes a tag of a publisher.
  package func write(_ tag: MediaTag, by publisher: Publisher, at now: MonotonicTime) -> Writing {
    state.withLock { state in
      guard state.publisher === publisher else { return .replaced }
      state.lastTag = now
      guard !state.isRefused else { return .taken }
      guard state.settle() else { return .full }
      state.configurations.note(tag)
      state.status.bytes += UInt64(tag.payload.count)
      state.status.hasMedia = true
      state.write(tag)
      return state.isFlushed() ? .taken : .partly
    }
  }

  /// Adds what the link of a publisher has counted since the last call.
  func note(_ link: LinkStatistics, by publisher: Publisher) {
    state.withLock { state in
      guard state.publisher === publisher else { return }
      state.status.link = (state.status.link ?? LinkStatistics()).adding(link)
    }
  }

  /// Notes that a publisher has ended.
  ///
  /// - Returns: whether the source was told; else call ``flush()`` later.
  package func detach(_ publisher: Publisher, at now: MonotonicTime) -> Bool {
    state.withLock { state in
      guard state.publisher === publisher else { return true }
      state.endPublisher(at: now)
      return state.settle() && state.isFlushed()
    }
  }

  /// Writes what the source has not taken yet.
  ///
  /// - Returns: whether nothing is left.
  package func flush() -> Bool { state.withLock { $0.settle() && $0.isFlushed() } }

  /// Refuses the present publisher, if there is one: its media cannot be used.
  ///
  /// Returns at once. Media of its connection is dropped, and another client may publish.
  ///
  /// - Parameter reason: for the client and the log.
  /// - Returns: whether there was one.
  package func refusePublisher(_ reason: String) -> Bool {
    let publisher = state.withLock { state -> Publisher? in
      guard state.publisher != nil, !state.isRefused else { return nil }
      state.endMedia()
      (state.isRefused, state.session) = (true, nil)
      _ = state.settle()
      return state.publisher
    }
    publisher?.refuseMedia(reason)
    return publisher != nil
  }

  /// Closes the connection of the publisher, if there is one.
  package func closePublisher() {
    let publisher = state.withLock { $0.publisher }
    publisher?.close()
  }

  /// Whether a client publishes.
  package var hasPublisher: Bool { status.isConnected }

  /// The publishers up to now.
  package var status: Status { state.withLock { $0.status } }
}

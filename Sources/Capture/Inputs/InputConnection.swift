// SPDX-License-Identifier: Apache-2.0

package import Sharing
import Time

/// A connection to an input: by libavformat RTSP, SRT, RTMP, MPEG-TS over UDP or standard input,
/// HTTP, or a file; without it a publisher, or the connection of several streams.
///
/// Confined to one thread. If the session or the container declares its streams, nothing is probed
/// and no parser delays an access unit.
package struct InputConnection: ~Copyable {
  /// The reader of packets.
  private enum Backend {
    case library(LibraryPackets)
    case publisher(PublisherPackets)
    case shared(SharedInputReader, InputCancellation)
  }

  private var backend: Backend
  private let opened: MonotonicTime
  /// The time after which an input without a decodable frame is closed.
  private let firstFrameTimeout: Interval
  private var early = EarlyAudio()
  private var waiting: [InputUnit] = []
  private var next = 0

  /// Opens the input.
  ///
  /// Blocks until it is open.
  ///
  /// - Parameters:
  ///   - address: the address.
  ///   - options: how it is read.
  ///   - published: the media of publishers, if `address` is theirs.
  ///   - texts: raised if, or as soon as, the texts of subtitles are wanted.
  ///   - cancellation: ends this call, and each call that reads.
  /// - Throws: ``InputError``, without secrets.
  package init(
    _ address: InputAddress, options: InputOptions = InputOptions(),
    published: PublishedMedia? = nil, texts: OnceFlag = OnceFlag(),
    cancellation: InputCancellation
  ) throws(InputError) {
    if address.kind == .publisher {
      guard let published else { throw .refused("no server accepts publishers") }
      let packets = try PublisherPackets(published, options, cancellation)
      cancellation.setDeadline(SystemClock.monotonicTime + options.silenceLimit)
      if try published.isContainer(cancellation, silence: Int(options.silenceLimit.wholeSeconds)) {
        backend = .library(
          try LibraryPackets(
            address, options, cancellation, container: published, texts: texts))
      } else {
        backend = .publisher(packets)
      }
    } else {
      backend = .library(try LibraryPackets(address, options, cancellation, texts: texts))
    }
    opened = SystemClock.monotonicTime
    firstFrameTimeout = options.silenceLimit
  }

  /// Reads the units of a connection that several streams share.
  ///
  /// - Parameters:
  ///   - reader: the stream's part of the connection.
  ///   - cancellation: ends each call that reads.
  package init(shared reader: SharedInputReader, cancellation: InputCancellation) {
    backend = .shared(reader, cancellation)
    opened = SystemClock.monotonicTime
    firstFrameTimeout = .seconds(1 << 30)
  }

  private var publisher: PublisherPackets? {
    if case .publisher(let packets) = backend { packets } else { nil }
  }

  /// Whether the input is read faster than it plays: a local or remote file, or a playlist of
  /// files.
  package var isPaced: Bool {
    if case .library(let packets) = backend { packets.isPaced } else { false }
  }

  /// Whether the shared connection has ended since another one replaces it.
  package var isReplaced: Bool {
    if case .shared(let reader, _) = backend { reader.isReplaced } else { false }
  }

  /// The number of access units that this stream was too slow for.
  package var missed: UInt64 {
    if case .shared(let reader, _) = backend { reader.missed } else { 0 }
  }

  /// The known streams; nil before a decodable video stream is known.
  package var description: InputDescription? {
    switch backend {
    case .library(let packets): packets.description
    case .publisher(let packets): packets.description
    case .shared(let reader, _): reader.description
    }
  }

  /// The tracks of subtitles and metadata of a connection by libavformat, in the program of the
  /// video.
  package var dataTracks: [DataTrack] {
    if case .library(let packets) = backend { packets.dataTracks } else { [] }
  }

  /// The number of access units that were left out since they were too large.
  package var oversized: UInt64 {
    switch backend {
    case .library(let packets): packets.oversized
    case .publisher(let packets): packets.oversized
    case .shared(let reader, _): reader.oversized
    }
  }

  /// The number of packets that were lost or damaged on the way, as far as libavformat tells.
  package var lostPackets: UInt64 {
    switch backend {
    case .library(let packets): packets.lostPackets
    case .publisher: 0
    case .shared(let reader, _): reader.lost
    }
  }

  /// Why only the first of several video tracks is read; nil if all are.
  package var trackFault: RenditionAligner.Fault? { publisher?.trackFault }

  /// Declarations of a publisher that have no effect, each with its reason, oldest first.
  package var ignoredDeclarations: [String] { publisher?.ignoredDeclarations ?? [] }

  /// Notices about the connection for an operator, such as a transport that the server refuses.
  package var notices: [String] {
    switch backend {
    case .library(let packets): packets.notices
    case .publisher: []
    case .shared(let reader, _): reader.notices
    }
  }

  /// Why audio of a publisher was left out as malformed; nil if none was.
  package var audioFault: String? { publisher?.audioFault.map { "\($0)" } }

  /// The codec of audio that a publisher may not send, or that cannot be decoded; nil if there is
  /// none.
  package var ignoredAudio: String? {
    switch backend {
    case .library(let packets): packets.ignoredAudio
    case .publisher(let packets): packets.ignoredAudio
    case .shared: nil
    }
  }

  /// The next unit.
  ///
  /// Blocks. Audio waits until the video is described; its last second is kept.
  ///
  /// nil at the end of a file, or if the peer has closed the connection.
  package mutating func nextUnit() throws(InputError) -> InputUnit? {
    while true {
      if next < waiting.count {
        defer { next += 1 }
        return waiting[next]
      }
      next = 0
      let units: [InputUnit]? =
        switch backend {
        case .library(let packets): try packets.read()
        case .publisher(let packets): try packets.read()
        case .shared(let reader, let cancellation): try reader.read(cancellation).map { [$0] }
        }
      guard let units else {
        waiting = []
        return nil
      }
      waiting = early.take(units, isDescribed: description != nil || isPaced)
      guard description != nil || SystemClock.monotonicTime - opened < firstFrameTimeout
      else {
        throw .noVideo("no decodable frame within \(firstFrameTimeout.wholeSeconds) s")
      }
    }
  }
}

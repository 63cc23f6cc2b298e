// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import Isolation
import Media
import Packaging
import Sharing
import Time

/// The counts of a stream whose media is not handed over, since its source is pulled or published.
///
/// The process that replaces another one asks for them when it adds the stream: its Periods and its
/// EXT-X-DISCONTINUITY-SEQUENCE then go on. A process of an earlier version does not answer.
/// - Source: RFC 8216bis §6.2.2; ISO/IEC 23009-1 §5.3.2.2: a Period@id is unique
struct HandoverCounts {
  /// How long the other process may take for an answer.
  private static let limit = Interval.seconds(2)
  private static let targetDurations: ClosedRange<Int64> = 0...1 << 20

  let end: WindowEnd

  /// The text of the request, which no ``HandoverTerms`` have.
  static func request(for name: String) -> String { "\(name)\ncounts" }

  /// The counts of a stream that ends so.
  init(_ end: WindowEnd) { self.end = end }

  /// Asks the process before for the counts of a stream; nil if it does not tell them.
  ///
  /// Blocks for at most two seconds.
  init?(of name: String, from predecessor: Predecessor) {
    guard let pipe = HandoverSocket.connect(to: predecessor.process) else { return nil }
    let text = Array(Self.request(for: name).utf8)
    let deadline = SystemClock.monotonicTime + Self.limit
    guard pipe.send(FeedMessage.stream(version: FeedMessage.version, text)),
      let answer = try? pipe.receive(FeedMessage.self, until: deadline).message.get(),
      case .stream(_, let fields) = answer
    else { return nil }
    do throws(MessageError) { try self.init(fields) } catch { return nil }
  }

  private init(_ fields: [UInt8]) throws(MessageError) {
    var reader = FieldReader(fields)
    var end = WindowEnd(
      segment: try reader.integer("a segment number", in: FieldReader.numbers),
      discontinuities: try reader.integer("a number of Discontinuities", in: FieldReader.numbers),
      period: try reader.integer("the index of a period", in: FieldReader.numbers))
    end.targetDuration = try reader.integer("a Target Duration", in: Self.targetDurations)
    self.end = end
  }

  /// The answer of the process before.
  var message: FeedMessage {
    var writer = FieldWriter()
    writer.add(end.segment, end.discontinuities, end.period, end.targetDuration)
    return .stream(version: FeedMessage.version, writer.bytes)
  }
}

// SPDX-License-Identifier: Apache-2.0

import CMAF
import Capture
import Time

/// Finds the times of media in responses, by the clock that is requested or available.
///
/// Confined to one thread.
final class MediaTimes {
  /// Why a response has no times.
  enum Fault: Error, Equatable, CustomStringConvertible {
    case notBoxes
    case cut
    /// The media have no time of the requested clock, or of none.
    case noTime(AgeClock?)
    /// The burned clock cannot be read, for this reason.
    case burned(String)

    var description: String {
      switch self {
      case .notBoxes: "the media are not boxes of ISO BMFF"
      case .cut: "the response ends within a chunk"
      case .noTime(.prft): "the media have no prft"
      case .noTime(.pdt): "the playlist has no EXT-X-PROGRAM-DATE-TIME"
      case .noTime(.burned), .noTime(nil):
        "the media have no prft, and no playlist with EXT-X-PROGRAM-DATE-TIME"
      case .burned(let reason): "the burned clock cannot be read: \(reason)"
      }
    }
  }

  /// When media were captured, and by which clock.
  struct Found: Equatable {
    let time: WallTime
    let clock: AgeClock
  }

  /// Frames without a readable clock after which there is none.
  private static let maximumUnreadable = 60

  private let wanted: AgeClock?
  private let frames: BurnedClockTrack?
  private var producer = ProducerTimes()
  private var hasProducerTime = false
  private var unreadable = 0

  /// Times by a clock; nil: by `prft`, and without it by EXT-X-PROGRAM-DATE-TIME.
  init(_ wanted: AgeClock?) {
    self.wanted = wanted
    frames = wanted == .burned ? BurnedClockTrack() : nil
  }

  /// Whether the header of the track is needed before its media.
  var needsHeader: Bool { frames != nil }

  /// Takes the header of the track.
  func take(header: [UInt8]) throws(Fault) { _ = try clocks(header) }

  /// A response begins.
  func begin() {
    producer = ProducerTimes()
    hasProducerTime = false
    frames?.beginBody()
  }

  /// The times of the media whose last byte is in `piece`.
  func take(_ piece: [UInt8]) throws(Fault) -> [Found] {
    let times: [WallTime]
    do throws(BoxError) { times = try producer.take(piece) } catch {
      throw .notBoxes
    }
    if frames != nil { return try clocks(piece).map { Found(time: $0, clock: .burned) } }
    guard wanted != .pdt else { return [] }
    hasProducerTime = hasProducerTime || !times.isEmpty
    return times.map { Found(time: $0, clock: .prft) }
  }

  /// The time of the whole response, whose last byte has arrived.
  ///
  /// - Parameter date: the announced time of its first frame; nil if it has none.
  /// - Returns: nil if its times were found before.
  /// - Throws: if the response is cut, or has no time.
  func end(date: WallTime?) throws(Fault) -> Found? {
    guard producer.isWhole else { throw .cut }
    guard frames == nil, !hasProducerTime else { return nil }
    guard wanted != .prft, let date else { throw .noTime(wanted) }
    return Found(time: date, clock: .pdt)
  }

  private func clocks(_ bytes: [UInt8]) throws(Fault) -> [WallTime] {
    guard let frames else { return [] }
    let found: [WallTime?]
    do throws(BurnedClockTrack.Fault) { found = try frames.take(bytes) } catch {
      throw .burned("\(error)")
    }
    for time in found { unreadable = time == nil ? unreadable + 1 : 0 }
    guard unreadable < Self.maximumUnreadable else {
      throw .burned("\(unreadable) frames in succession have none")
    }
    return found.compactMap { $0 }
  }
}

// SPDX-License-Identifier: Apache-2.0

package import Media
import Sharing
import Time

/// The file of `--slate`: a picture or a short film, shown while a source is missing.
package struct SlateFile: Sendable {
  /// The longest part of a film that is shown.
  private static let longest = Interval.seconds(10)
  /// The most memory of its frames; of a longer film every second, third … frame is left out.
  private static let maximumBytes = 96 << 20

  private let address: InputAddress

  /// The file at `path`.
  ///
  /// nil if `path` cannot be that of a file.
  package init?(path: String) {
    guard let address = InputAddress(path), address.kind == .file else { return nil }
    self.address = address
  }

  /// The first frame in `size`, with bars if its aspect ratio is another one.
  ///
  /// - Throws: the reason why the file has no frame.
  package func first(size: VideoSize) throws(InputError) -> VideoFrame {
    guard let frame = try frames(size: size, rate: .thirty, most: 1).first else { throw Self.empty }
    return frame
  }

  /// A frame for each frame time of `rate`, after which they are repeated; one for a picture.
  ///
  /// - Throws: the reason why the file has no frame.
  package func frames(size: VideoSize, rate: FrameRate) throws(InputError) -> [VideoFrame] {
    try frames(size: size, rate: rate, most: .max)
  }

  private static let empty = InputError.noVideo("it has no decodable picture")

  private func frames(
    size: VideoSize, rate: FrameRate, most: Int
  ) throws(InputError) -> [VideoFrame] {
    var film = Film(size: size, rate: rate)
    var decoder: VideoDecoder?
    let cancellation = InputCancellation()
    var input = try InputConnection(address, cancellation: cancellation)
    let deadline = SystemClock.monotonicTime + Self.longest
    do throws(FFmpegError) {
      film.normalizer = try FrameNormalizer(size: size)
    } catch { throw .failed("\(error)") }
    while film.times.count < most, film.duration < Self.longest,
      SystemClock.monotonicTime < deadline, let unit = try input.nextUnit()
    {
      guard case .video(let unit) = unit, let video = input.description?.video else { continue }
      if decoder == nil {
        do throws(FFmpegError) { decoder = try VideoDecoder(video) } catch {
          throw .noVideo("\(error)")
        }
      }
      try film.add(decoder?.decode(unit) ?? [], most: Self.maximumBytes)
    }
    try film.add(decoder?.finish(arrival: .origin) ?? [], most: Self.maximumBytes)
    guard !film.frames.isEmpty else { throw Self.empty }
    return film.slots
  }

  /// The frames of a film while it is decoded.
  private struct Film {
    let size: VideoSize
    let rate: FrameRate
    var normalizer: FrameNormalizer?
    /// The kept frames, each with its time from the first.
    var frames: [(time: Interval, frame: VideoFrame)] = []
    /// The times of all frames.
    var times: [Interval] = []
    private var first: SourceTime?
    /// Every how many frames one is kept.
    private var step = 1

    init(size: VideoSize, rate: FrameRate) {
      self.size = size
      self.rate = rate
    }

    /// From the first frame to the last one.
    var duration: Interval { times.last ?? .zero }

    mutating func add(_ decoded: [DecodedFrame], most: Int) throws(InputError) {
      for frame in decoded {
        let first = first ?? frame.pts
        self.first = first
        let time = frame.pts - first
        times.append(time)
        // bounded: the step is at least 1
        guard (times.count - 1) % step == 0 else { continue }
        do throws(FFmpegError) {
          if let scaled = try normalizer?.frame(frame) { frames.append((time, scaled)) }
        } catch { throw .failed("\(error)") }
        // bounded: sizes of frames are limited
        guard frames.count > max(1, most / (size.width * size.height * 3 / 2)) else { continue }
        step *= 2  // bounded: by the number of frames of ten seconds
        frames = frames.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
      }
    }

    /// A frame for each frame time.
    var slots: [VideoFrame] {
      guard times.count > 1, duration > .zero, let last = frames.first else {
        return frames.prefix(1).map(\.frame)
      }
      // bounded: at least two times; intervals saturate. A jump of the timestamps is no duration.
      let whole = min(duration + duration / Int64(times.count - 1), SlateFile.longest)
      let count = max(1, whole.count(of: rate.frameDuration))
      var (slots, index) = ([last.frame], 0)
      for slot in 1..<max(2, count) where slot < count {
        // bounded: intervals saturate
        let time = rate.frameDuration * slot + rate.frameDuration / 2
        while index + 1 < frames.count, frames[index + 1].time <= time { index += 1 }
        slots.append(frames[index].frame)
      }
      return slots
    }
  }
}

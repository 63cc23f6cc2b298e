// SPDX-License-Identifier: Apache-2.0

import Capture
import Glibc
import Media

// The processor time of an encoder's thread per second of video, for each step that an encoder
// takes while it is late (decision 0013). For release builds only.
//
//   streamer-encoder-steps [WIDTHxHEIGHT@KBITS [PRESET…]]

#if DEBUG
  print("DEBUG BUILD: the times are not comparable")
#endif

/// The processor time of this thread, in milliseconds.
func threadTime() -> Double {
  var time = timespec()
  unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) * 1000 + Double(time.tv_nsec) / 1_000_000
}

/// One way to encode a second: how many slots show one frame, and how it is encoded.
struct Way {
  let name: String
  var slotsPerFrame: Int64 = 1
  var repeats: Int64 = 1
  var hurries = false
  /// Whether each second has one picture of two frames.
  var standsStill = false

  /// Whether a frame is encoded for this slot.
  func encodes(_ index: Int64) -> Bool {
    standsStill ? index % 30 < 2 : index % slotsPerFrame == 0
  }
}

let ways = [
  Way(name: "each frame"),
  Way(name: "every second frame, repeated (refused)", repeats: 2),
  Way(name: "1. every second frame", slotsPerFrame: 2),
  Way(name: "2. every second frame, hurried", slotsPerFrame: 2, hurries: true),
  Way(name: "3. every fourth frame, hurried", slotsPerFrame: 4, hurries: true),
  Way(name: "4. one picture per second, hurried", hurries: true, standsStill: true),
  Way(name: "waiting slots: one frame per part of 8", slotsPerFrame: 8),
  Way(name: "each frame, hurried", hurries: true),
]

let arguments = CommandLine.arguments.dropFirst()
let wanted = (arguments.first ?? "1280x720@2500").split(separator: "@")
guard let size = wanted.first.flatMap({ VideoSize(String($0)) }),
  let kilobits = wanted.last.flatMap({ Int($0) })
else {
  print("usage: streamer-encoder-steps [WIDTHxHEIGHT@KBITS [PRESET…]]")
  exit(2)
}

let seconds: Int64 = 10
let rate = FrameRate.thirty
for preset in arguments.count > 1 ? Array(arguments.dropFirst()) : ["superfast"] {
  print("\(size) at \(kilobits) kbit/s, \(preset): milliseconds per second of video")
  var full = 0.0
  for way in ways {
    let pattern = try TestPattern(size: size)
    var encoder = try VideoEncoder(
      EncoderSettings(size: size, rate: rate, bitrateKilobits: kilobits, preset: preset))
    encoder.hurry(way.hurries)
    var spent = 0.0
    var frame: VideoFrame?
    for index in 0..<seconds * 30 where way.encodes(index) {
      if index % way.repeats == 0 && !(way.standsStill && index % 30 == 1) || frame == nil {
        frame = pattern.draw(frame: index, milliseconds: index * 33)
      }
      guard let frame else { continue }
      let begin = threadTime()
      _ = try encoder.encode(
        frame, pts: index * rate.ticksPerFrame, independent: index % 30 == 0)
      spent += threadTime() - begin
    }
    let each = spent / Double(seconds)
    if full == 0 { full = each }
    let saved = Int((100 * (1 - each / full)).rounded())
    print("  \(way.name): \(Int(each.rounded())) ms, saves \(saved) %")
  }
}

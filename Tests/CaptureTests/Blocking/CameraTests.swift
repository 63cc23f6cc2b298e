// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Foundation
import Media
import Sharing
import TestSupport
import Testing
import Time

@testable import Capture

@Suite(
  "The camera", .serialized,
  .enabled(if: FakeCamera.isAvailable, "needs make, cc and libv4l-dev for the emulated camera"),
  .blocking)
struct CameraTests {
  static let rate = FrameRate(30)

  func open(_ fake: FakeCamera, _ requested: String = "640x360") throws -> Camera {
    let rate = try #require(Self.rate)
    return try Camera(path: fake.path, requested: size(requested), rate: rate)
  }

  /// The next frames of a camera.
  func frames(_ count: Int, _ camera: inout Camera) throws -> [CameraFrame] {
    var frames: [CameraFrame] = []
    var empty = 0
    while frames.count < count {
      if let frame = try camera.next() { frames.append(frame) } else { empty += 1 }
      try #require(empty < 50)
    }
    return frames
  }

  /// The wall-clock time of a monotonic time, in milliseconds.
  func wall(_ monotonic: MonotonicTime) -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    let now = WallTime.origin + .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    return (now + (monotonic - SystemClock.monotonicTime)).milliseconds
  }

  @Test("YUYV frames are in order, with the timestamps of the kernel")
  func yuyv() throws {
    let fake = try FakeCamera()
    defer { fake.remove() }
    var camera = try open(fake)
    #expect(camera.mode.description == "YUYV 640x360 at 30 frames a second")
    #expect(camera.card == "Fake camera")
    let frames = try frames(10, &camera)
    for frame in frames {
      #expect(frame.frame.size == (try size("640x360")))
      #expect(frame.frame.burnedMilliseconds == nil)
      let timestamp = try #require(ClockReader.read(frame.frame))
      #expect(abs(timestamp - wall(frame.captureMonotonic)) <= 1)
    }
    for (one, next) in zip(frames, frames.dropFirst()) {
      let periods = Int64(1 + next.skipped)
      let distance = next.captureMonotonic - one.captureMonotonic
      #expect(abs(distance - .nanoseconds(periods * 33_333_333)) < .microseconds(2))
    }
  }

  @Test("colours are converted from BT.601 of the camera to BT.709")
  func colours() throws {
    let fake = try FakeCamera()
    defer { fake.remove() }
    var camera = try open(fake)
    let canvas = Canvas(try frames(1, &camera)[0].frame)
    let blue = canvas.colour(x: 100, y: 330)
    let red = canvas.colour(x: 540, y: 330)
    // Pure blue and red of BT.601 are pure blue and red of BT.709.
    for (found, expected) in [(blue, Colour(32, 240, 118)), (red, Colour(63, 102, 240))] {
      #expect(abs(Int(found.y) - Int(expected.y)) <= 2)
      #expect(abs(Int(found.u) - Int(expected.u)) <= 2)
      #expect(abs(Int(found.v) - Int(expected.v)) <= 2)
    }
  }

  struct Shape: Sendable, CustomTestStringConvertible {
    let camera: String
    let requested: String
    let x: Range<Int>
    let y: Range<Int>
    var testDescription: String { "\(camera) for \(requested)" }
  }

  @Test(
    "frames of another size are scaled; of another aspect ratio, letterboxed in black",
    arguments: [
      Shape(camera: "640x480", requested: "1280x720", x: 160..<1120, y: 0..<720),
      Shape(camera: "1280x720", requested: "640x480", x: 0..<640, y: 60..<420),
      Shape(camera: "640x360", requested: "1280x720", x: 0..<1280, y: 0..<720),
      Shape(camera: "1280x720", requested: "426x240", x: 0..<426, y: 0..<240),
    ])
  func scaled(shape: Shape) throws {
    let fake = try FakeCamera(["SIZES": shape.camera])
    defer { fake.remove() }
    var camera = try open(fake, shape.requested)
    #expect(camera.mode.size.description == shape.camera)
    let frame = try frames(1, &camera)[0]
    #expect(frame.frame.size.description == shape.requested)
    let canvas = Canvas(frame.frame)
    let timestamp = ClockReader.read(width: shape.x.count, height: shape.y.count) { x, y in
      canvas.colour(x: shape.x.lowerBound + x, y: shape.y.lowerBound + y).y
    }
    #expect(abs((timestamp ?? 0) - wall(frame.captureMonotonic)) <= 1)
    for y in 0..<canvas.height {
      for x in 0..<canvas.width where !(shape.x.contains(x) && shape.y.contains(y)) {
        try #require(canvas.colour(x: x, y: y) == .black)
      }
    }
  }

  @Test("JPEG is chosen from 720p upwards, and converted to limited range")
  func jpeg() throws {
    let fake = try FakeCamera()
    defer { fake.remove() }
    let source = try TestPattern(size: size("1280x720"))
    for index in Int64(0)..<2 {
      try fake.addJPEG(source.draw(frame: index, milliseconds: 1000 + index), number: Int(index))
    }
    try fake.configure(["JPEG": fake.file("").path])
    var camera = try open(fake, "1280x720")
    #expect(camera.mode.pixelFormat == "MJPG")
    let frames = try frames(4, &camera)
    for frame in frames {
      let timestamp = try #require(ClockReader.read(frame.frame))
      #expect([1000, 1001].contains(timestamp))
      let canvas = Canvas(frame.frame)
      // The first cell is white, the second black.
      #expect((232...238).contains(canvas.colour(x: 20, y: 20).y))
      #expect((13...19).contains(canvas.colour(x: 60, y: 20).y))
    }
    #expect(camera.damaged == 0)
    // Below 720p, uncompressed formats are preferred.
    let small = try FakeCamera(["JPEG": fake.file("").path])
    defer { small.remove() }
    #expect(try open(small, "640x360").mode.pixelFormat == "YUYV")
  }

  @Test("a damaged JPEG is dropped and counted, and the next frame follows")
  func damaged() throws {
    let fake = try FakeCamera()
    defer { fake.remove() }
    let source = try TestPattern(size: size("640x360"))
    try fake.addJPEG(source.draw(frame: 0, milliseconds: 1000), number: 0)
    try fake.configure(["JPEG": fake.file("").path, "FORMATS": "MJPG", "CORRUPT": "3"])
    var camera = try open(fake)
    // A late reader gets fewer of the damaged pictures: each third that the device makes.
    var all: [CameraFrame] = []
    while camera.damaged < 4 || !all.contains(where: { $0.skipped > 0 }) {
      all += try frames(1, &camera)
      try #require(all.count < 1000)
    }
    for frame in all { #expect(ClockReader.read(frame.frame) == 1000) }
  }

  @Test("a format without own support is converted by libv4l2")
  func emulated() throws {
    let fake = try FakeCamera(["FORMATS": "RGB3"])
    defer { fake.remove() }
    var camera = try open(fake)
    #expect(camera.mode.pixelFormat == "YU12")
    #expect(camera.mode.isEmulated)
    #expect(try frames(3, &camera).count == 3)
  }

  @Test("a late reader gets the newest frame and the number of skipped frames")
  func late() throws {
    let fake = try FakeCamera()
    defer { fake.remove() }
    var camera = try open(fake)
    let last = try frames(2, &camera)[1].captureMonotonic
    SystemClock.sleep(until: last + .milliseconds(500))
    let asked = SystemClock.monotonicTime
    let frame = try frames(1, &camera)[0]
    #expect(frame.skipped >= 13)
    #expect(frame.captureMonotonic > asked - .milliseconds(34), "no later frame was complete")
  }

  @Test(
    "unplugging is an error; after reconnection with other sizes, frames have the requested size")
  func replug() throws {
    let fake = try FakeCamera(["UNPLUG": "5"])
    defer { fake.remove() }
    for sizes in ["640x360", "1280x720", "640x480"] {
      try fake.configure(["UNPLUG": "5", "SIZES": sizes])
      var camera = try open(fake)
      #expect(camera.mode.size.description == sizes)
      var frames = 0
      var error: CameraError?
      while error == nil {
        do throws(CameraError) {
          if let frame = try camera.next() {
            frames += 1
            #expect(frame.frame.size == (try? size("640x360")))
          }
        } catch let thrown {
          error = thrown
        }
      }
      #expect(frames >= 1 && frames <= 5)
      guard case .gone(fake.path, _) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
    #expect(openDescriptors(fake.path) == 0)
  }

  @Test("a removed camera cannot be opened until it is connected again")
  func away() throws {
    let fake = try FakeCamera()
    defer { fake.remove() }
    let mark = fake.file("gone")
    try fake.configure(["GONE_FILE": mark.path])
    do {
      var camera = try open(fake)
      _ = try frames(2, &camera)
      try Data().write(to: mark)
      let error = #expect(throws: CameraError.self) { while true { _ = try camera.next() } }
      #expect(error?.description.contains("camera removed (No such device)") == true)
    }
    for _ in 0..<3 {
      let error = #expect(throws: CameraError.self) { _ = try open(fake).card }
      guard case .gone = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
    try FileManager.default.removeItem(at: mark)
    var camera = try open(fake)
    #expect(try frames(2, &camera).count == 2)
    #expect(openDescriptors(fake.path) == 1)
  }

  @Test("a second reader gets the error busy, and the first continues")
  func busy() throws {
    let fake = try FakeCamera()
    defer { fake.remove() }
    var camera = try open(fake)
    let error = #expect(throws: CameraError.self) { _ = try open(fake).card }
    #expect(error == .busy(path: fake.path))
    #expect(try frames(2, &camera).count == 2)
  }

  @Test("next returns nil after 100 ms without a frame")
  func silent() throws {
    let fake = try FakeCamera(["STALL": "2"])
    defer { fake.remove() }
    var camera = try open(fake)
    _ = try frames(2, &camera)
    let start = SystemClock.monotonicTime
    #expect(try camera.next() == nil)
    let waited = SystemClock.monotonicTime - start
    #expect(waited > 90_000_000)
  }

  struct Wrong: Sendable, CustomTestStringConvertible {
    let path: String
    let text: String
    var testDescription: String { path }
  }

  @Test(
    "a path that is not a camera is refused in one line",
    arguments: [
      Wrong(path: "/dev/video-none", text: "/dev/video-none: no such device"),
      Wrong(path: "", text: ": no such device"),
      Wrong(path: "/dev/null", text: "/dev/null: not a camera"),
      Wrong(path: "/etc/hostname", text: "/etc/hostname: not a camera"),
      Wrong(path: "/tmp", text: "/tmp: not a camera"),
    ])
  func wrong(_ wrong: Wrong) throws {
    let rate = try #require(Self.rate)
    let requested = try size("640x360")
    let error = #expect(throws: CameraError.self) {
      _ = try Camera(path: wrong.path, requested: requested, rate: rate).card
    }
    let text = try #require(error?.description)
    #expect(text.hasPrefix(wrong.text))
    #expect(!text.contains("\n"))
  }

  @Test("the list has the card, formats, sizes and rates of each camera")
  func list() throws {
    let fake = try FakeCamera()
    defer { fake.remove() }
    let rows = listCameras(at: ["/dev/null", fake.path, "/dev/video-none"])
    #expect(rows.first == "\(fake.path): Fake camera")
    #expect(rows.contains("  YUYV: 1280x720 at 30; 640x360 at 30; 640x480 at 30"))
    #expect(rows.last?.hasPrefix("/dev/video-none: no such device") == true)
    #expect(openDescriptors(fake.path) == 0)
  }

  /// The number of descriptors of this process that are open on a file.
  func openDescriptors(_ path: String) -> Int {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
    return names.count { name in
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")) == path
    }
  }
}

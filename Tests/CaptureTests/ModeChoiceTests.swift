// SPDX-License-Identifier: Apache-2.0

import Media
import Testing

@testable import Capture

@Suite("The choice of a camera's mode")
struct ModeChoiceTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let requested: String
    let offered: [String]
    let chosen: String
    var testDescription: String { "\(requested) of \(offered.joined(separator: ", "))" }
  }

  static let rows = [
    // Size and rate count first.
    Row(
      requested: "1280x720@30", offered: ["MJPG 1280x720@30", "YUYV 640x360@30"],
      chosen: "MJPG 1280x720@30"),
    Row(
      requested: "640x360@30", offered: ["MJPG 1280x720@30", "YUYV 640x360@30"],
      chosen: "YUYV 640x360@30"),
    Row(
      requested: "1280x720@30", offered: ["YUYV 1280x720@10", "MJPG 1280x720@30"],
      chosen: "MJPG 1280x720@30"),
    Row(
      requested: "1280x720@30", offered: ["YUYV 1280x720@10", "MJPG 1920x1080@30"],
      chosen: "MJPG 1920x1080@30"),
    Row(
      requested: "1280x720@60", offered: ["MJPG 1280x720@30", "MJPG 640x480@60"],
      chosen: "MJPG 1280x720@30"),
    Row(
      requested: "1280x720@25", offered: ["MJPG 1280x720@15", "MJPG 1280x720@30"],
      chosen: "MJPG 1280x720@30"),
    Row(
      requested: "640x480@30", offered: ["YUYV 640x480@60", "YUYV 640x480@30"],
      chosen: "YUYV 640x480@30"
    ),
    Row(
      requested: "640x480@30", offered: ["YUYV 640x480@60", "YUYV 640x360@30"],
      chosen: "YUYV 640x480@60"),
    // Of equal modes, JPEG is chosen from 720p upwards, an uncompressed format below.
    Row(
      requested: "1280x720@30", offered: ["YUYV 1280x720@30", "MJPG 1280x720@30"],
      chosen: "MJPG 1280x720@30"),
    Row(
      requested: "640x480@30", offered: ["MJPG 640x480@30", "NV12 640x480@30"],
      chosen: "NV12 640x480@30"
    ),
    Row(
      requested: "640x480@30", offered: ["NV12 640x480@30", "YUYV 640x480@30"],
      chosen: "YUYV 640x480@30"
    ),
    // A format that libv4l2 converts is last, even if its size is nearer.
    Row(
      requested: "1280x720@30", offered: ["YU12* 1280x720@30", "YUYV 640x480@15"],
      chosen: "YUYV 640x480@15"),
    Row(requested: "1280x720@30", offered: ["YU12* 1280x720@30"], chosen: "YU12* 1280x720@30"),
  ]

  static func mode(_ text: String) -> OfferedMode? {
    let halves = text.split(separator: " ")
    let sides = halves[1].split(separator: "@")
    let name = halves[0].replacing("*", with: "")
    guard let format = PixelFormat.allCases.first(where: { $0.name == name }),
      let size = VideoSize(String(sides[0]))
    else { return nil }
    return OfferedMode(
      format: format, isEmulated: halves[0].hasSuffix("*"), size: size,
      rate: FrameRate(String(sides[1])))
  }

  @Test("the nearest mode is chosen, in any order of the offers", arguments: rows)
  func nearest(row: Row) throws {
    let requested = row.requested.split(separator: "@")
    let rate = try #require(FrameRate(String(requested[1])))
    for offered in [row.offered, row.offered.reversed()] {
      let modes = offered.compactMap(Self.mode)
      #expect(modes.count == offered.count)
      let chosen = ModeChoice.nearest(modes, to: try size(String(requested[0])), rate: rate)
      #expect(chosen == Self.mode(row.chosen))
    }
  }

  @Test("without an offered mode, no mode is chosen")
  func nothing() throws {
    let rate = try #require(FrameRate(30))
    #expect(ModeChoice.nearest([], to: try size("640x360"), rate: rate) == nil)
  }

  @Test("a stepped range gives its value nearest to the requested one")
  func stepped() {
    #expect(CameraDevice.nearest(1280, 32, 1920, 16) == 1280)
    #expect(CameraDevice.nearest(1279, 32, 1920, 16) == 1280)
    #expect(CameraDevice.nearest(4000, 32, 1930, 16) == 1920)
    #expect(CameraDevice.nearest(10, 32, 1920, 16) == 32)
    #expect(CameraDevice.nearest(640, 0, 4000, 0) == 640)
  }
}

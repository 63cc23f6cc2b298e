// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Foundation
import GlobShim
import Testing

@testable import Capture

/// A file that libv4l2 opens as a camera; the first instance builds the plugin that does so.
struct FakeCamera {
  let path: String
  private let folder: URL

  /// The path of the plugin for libv4l2, or nil if it cannot be built.
  private static let plugin: String? = {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent()
    let sources = tests.appendingPathComponent("FakeCamera")
    let folder = tests.deletingLastPathComponent().appendingPathComponent(".build/fakecam")
    let make = Process()
    make.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    make.arguments = ["make", "-s", "-C", sources.path, "OUT=\(folder.path)"]
    guard (try? make.run()) != nil else { return nil }
    make.waitUntilExit()
    guard make.terminationStatus == 0 else { return nil }
    let path = folder.appendingPathComponent("libv4l-fakecam.so").path
    unsafe setenv("LIBV4L_TEST_PLUGIN", path, 1)
    return path
  }()

  /// Whether the plugin could be built: needs make, a C compiler and the headers of libv4l.
  static var isAvailable: Bool { plugin != nil }

  /// Creates a camera in a new folder.
  init(_ options: [String: String] = [:]) throws {
    folder = URL(fileURLWithPath: NSTemporaryDirectory())
      .appendingPathComponent("fakecam-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    path = folder.appendingPathComponent("cam0.fakecam").path
    try Data().write(to: URL(fileURLWithPath: path))
    try configure(options)
  }

  /// The URL of a file in the camera's folder.
  func file(_ name: String) -> URL { folder.appendingPathComponent(name) }

  /// Sets the options; they apply from the next opening of the camera.
  func configure(_ options: [String: String]) throws {
    let lines = options.map { "\($0)=\($1)\n" }.joined()
    try Data(lines.utf8).write(to: URL(fileURLWithPath: path + ".conf"))
  }

  /// Removes the camera's folder.
  func remove() { try? FileManager.default.removeItem(at: folder) }

  /// Writes a frame as JPEG number `number` of the camera: full range, 4:2:0, as of real cameras.
  func addJPEG(_ frame: VideoFrame, number: Int) throws {
    let codec = unsafe try #require(unsafe avcodec_find_encoder(AV_CODEC_ID_MJPEG))
    var context = unsafe avcodec_alloc_context3(codec)
    var avFrame = unsafe av_frame_alloc()
    var packet = unsafe av_packet_alloc()
    defer {
      unsafe avcodec_free_context(&context)
      unsafe av_frame_free(&avFrame)
      unsafe av_packet_free(&packet)
    }
    let encoder = unsafe try #require(unsafe context)
    let image = unsafe try #require(unsafe avFrame)
    let coded = unsafe try #require(unsafe packet)
    let canvas = Canvas(frame)
    unsafe encoder.pointee.width = Int32(canvas.width)
    unsafe encoder.pointee.height = Int32(canvas.height)
    unsafe encoder.pointee.pix_fmt = AV_PIX_FMT_YUVJ420P
    unsafe encoder.pointee.time_base = AVRational(num: 1, den: 30)
    try #require(unsafe avcodec_open2(encoder, codec, nil) == 0)
    unsafe image.pointee.width = Int32(canvas.width)
    unsafe image.pointee.height = Int32(canvas.height)
    unsafe image.pointee.format = AV_PIX_FMT_YUVJ420P.rawValue
    try #require(unsafe av_frame_get_buffer(image, 0) == 0)
    func full(_ value: UInt8, _ zero: Int, _ range: Int) -> UInt8 {
      UInt8(min(max((Int(value) - zero) * 255 / range + (zero == 128 ? 128 : 0), 0), 255))
    }
    for plane in Int32(0)..<3 {
      let step = plane == 0 ? 1 : 2
      let target = unsafe try #require(unsafe cff_plane(image, plane))
      let stride = unsafe Int(cff_stride(image, plane))
      for y in 0..<canvas.height / step {
        for x in 0..<canvas.width / step {
          let colour = canvas.colour(x: x * step, y: y * step)
          let value = [colour.y, colour.u, colour.v][Int(plane)]
          unsafe target[y * stride + x] =
            plane == 0 ? full(value, 16, 219) : full(value, 128, 224)
        }
      }
    }
    try #require(unsafe avcodec_send_frame(encoder, image) == 0)
    try #require(unsafe avcodec_receive_packet(encoder, coded) == 0)
    let data = unsafe try #require(unsafe coded.pointee.data)
    let bytes = unsafe Data(bytes: data, count: Int(coded.pointee.size))
    try bytes.write(to: file("f\(number).jpg"))
  }
}

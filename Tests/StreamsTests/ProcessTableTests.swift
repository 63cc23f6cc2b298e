// SPDX-License-Identifier: Apache-2.0

import Capture
import ChunkStream
import Isolation
import Testing
import Time

@testable import Streams

@Suite("Which streams share a process")
struct ProcessTableTests {
  /// The network for inputs by RTSP.
  private let rtsp = Sandbox.Network.all

  /// The rights for cameras alone.
  private func camera(_ memory: Int64) -> ProcessRights {
    ProcessRights(files: [], network: rtsp, acceptsOwn: true, memory: memory)
  }

  private func member(
    _ name: String, _ inputs: [String], isIsolated: Bool = true, files: [String] = [],
    _ change: (inout StartOrder) -> Void = { _ in }
  ) throws -> ProcessTable.Member {
    let addresses = try inputs.map { try #require(InputAddress($0)) }
    var order = StartOrder(try #require(addresses.first), name: name)
    order.backups = Array(addresses.dropFirst())
    order.drawingFiles = files
    order.memory = 100
    change(&order)
    return ProcessTable.Member(order, isIsolated: isIsolated)
  }

  @Test("streams with a common input share one, also through a third stream and by backup inputs")
  func common() throws {
    var table = ProcessTable()
    let a = try member("a", ["rtsp://x/1"])
    let b = try member("b", ["rtsp://x/2", "rtsp://x/1"])
    let c = try member("c", ["rtsp://x/2"])
    let d = try member("d", ["rtsp://x/3"])
    for member in [a, b, c, d] { table.expect(member) }
    let assigned1 = table.assign(a).assignment
    #expect(assigned1 == .new(1, camera(300)))
    let assigned2 = table.assign(b).assignment
    #expect(assigned2 == .running(1))
    let assigned3 = table.assign(c).assignment
    #expect(assigned3 == .running(1))
    let assigned4 = table.assign(d).assignment
    #expect(assigned4 == .new(2, camera(100)))
    let left10 = table.leave("a", 1)
    #expect(!left10)
    let left11 = table.leave("c", 1)
    #expect(!left11)
    let left12 = table.leave("b", 1)
    #expect(left12)
    let left13 = table.leave("b", 1)
    #expect(left13, "a second time")
    let assigned5 = table.assign(c).assignment
    #expect(assigned5 == .new(3, camera(300)))
  }

  @Test("a file, standard input and publishers are not shared")
  func unshared() throws {
    for input in ["film.mp4", "-", InputAddress.publisherText] {
      var table = ProcessTable()
      let (a, b) = (try member("a", [input]), try member("b", [input]))
      table.expect(a)
      table.expect(b)
      #expect(table.conflict(of: "b") == nil)
      guard case .new(1, _) = table.assign(a).assignment,
        case .new(2, _) = table.assign(b).assignment
      else {
        Issue.record("\(input) is shared")
        continue
      }
    }
  }

  @Test("the first stream gives the process the rights of all that are expected in it")
  func rights() throws {
    var table = ProcessTable()
    let a = try member("a", ["rtsp://x/1"])
    let b = try member("b", ["rtsp://x/1", "film.mp4"], files: ["slate.png"]) {
      $0.usesDevices = true
    }
    table.expect(a)
    table.expect(b)
    let all = ProcessRights(
      files: ["slate.png", "film.mp4"], network: rtsp, usesDevices: true, acceptsOwn: true,
      memory: 200)
    let assigned6 = table.assign(a).assignment
    #expect(assigned6 == .new(1, all))
    let assigned7 = table.assign(b).assignment
    #expect(assigned7 == .running(1))
  }

  @Test("a stream that was not expected joins a running process if it needs no further right")
  func lack() throws {
    var table = ProcessTable()
    let a = try member("a", ["rtsp://x/1"])
    table.expect(a)
    _ = table.assign(a)
    let b = try member("b", ["rtsp://x/1"])
    let assigned8 = table.assign(b).assignment
    #expect(assigned8 == .running(1))
    let c = try member("c", ["rtsp://x/1"], files: ["slate.png"])
    let assigned = table.assign(c)
    #expect(assigned.lack == "slate.png")
    #expect(
      assigned.assignment
        == .new(
          2,
          ProcessRights(
            files: ["slate.png"], network: rtsp, acceptsOwn: true, memory: 200)))
    table.end(1)
    let d = try member("d", ["rtsp://x/1"])
    let assigned9 = table.assign(d).assignment
    #expect(assigned9 == .running(2), "no stream joins a process that has ended")
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let reason: String
    var isIsolated = true
    var input = "rtsp://x/1"
    var change: @Sendable (inout StartOrder) -> Void = { _ in }
    var testDescription: String { reason }
  }

  @Test(
    "settings of reading prevent it; the conflict is that of the later stream, and names them",
    arguments: [
      Row(reason: "--rtsp-transport") { $0.options.rtspTransport = .udp },
      Row(reason: "--rtsp-timeout") { $0.options.rtspAnswerLimit = .seconds(9) },
      Row(reason: "--other-hosts") { $0.options.reachesOtherHosts = true },
      Row(reason: "--max-frame-size") {
        if let limit = FrameSizeLimit("640x480") { $0.options.frameSizeLimit = limit }
      },
      Row(reason: "--max-decoder-errors") { $0.options.decoderErrorLimit = 5 },
      Row(reason: "--isolation", isIsolated: false),
    ])
  func conflict(_ row: Row) throws {
    var table = ProcessTable()
    let a = try member("a", ["rtsp://x/1"])
    let b = try member("b", [row.input], isIsolated: row.isIsolated, row.change)
    table.expect(a)
    table.expect(b)
    #expect(table.conflict(of: "a") == nil)
    let conflict = try #require(table.conflict(of: "b"))
    #expect(conflict.other == "a" && conflict.reasons == [row.reason])
    guard case .new(1, _) = table.assign(a).assignment,
      case .new(2, _) = table.assign(b).assignment
    else {
      Issue.record("they share a process")
      return
    }
    table.forget("a")
    #expect(table.conflict(of: "b") == nil)
  }

  @Test("settings of the stream do not prevent it")
  func differences() throws {
    var table = ProcessTable()
    let a = try member("a", ["rtsp://x/1"])
    let b = try member("b", ["rtsp://x/1"]) {
      $0.takesAudio = true
      $0.loops = true
      $0.failback = .seconds(3)
      $0.passThrough = PassThroughOptions(segmentMicroseconds: 1, maximumGroupTime: .seconds(1))
    }
    table.expect(a)
    table.expect(b)
    _ = table.assign(a)
    let shared = table.assign(b).assignment
    #expect(table.conflict(of: "b") == nil && shared == .running(1))
  }

  @Test("a process has the ports of its inputs by TCP, all for HTTP and RTSP, none for files")
  func network() throws {
    let expected: [([String], Sandbox.Network)] = [
      (["film.mp4"], .none), (["-"], .none), ([InputAddress.publisherText], .none),
      (["udp://@:5000"], .ports([])), (["srt://h:9"], .ports([])),
      (["rtsp://cam/x"], .all), (["rtmps://h:8443/x/y", "film.mp4"], .ports([8443])),
      (["rtmp://h/live/x", "rtmp://[::1]:1936/x", "udp://@:5000"], .ports([1935, 1936])),
      (["http://h/a.ts"], .all), (["rtsp://cam/x", "https://h/a.ts"], .all),
    ]
    for (inputs, network) in expected {
      #expect(try member("a", inputs).rights.network == network, "\(inputs)")
    }
  }

  @Test("a stream that needs a further port, or the network, joins no running process")
  func ports() throws {
    let camera = ProcessRights(files: [], network: .ports([554]), memory: 1)
    #expect(camera.lack(of: camera) == nil)
    #expect(camera.lack(of: ProcessRights(files: [], memory: 1)) == nil)
    #expect(
      camera.lack(of: ProcessRights(files: [], network: .ports([554, 8554]), memory: 1))
        == "port 8554")
    #expect(
      camera.lack(of: ProcessRights(files: [], network: .all, memory: 1)) == "the network")
    #expect(camera.lack(of: ProcessRights(files: [], acceptsOwn: true, memory: 1)) == "RTSP")
    #expect(
      ProcessRights(files: [], memory: 1).lack(
        of: ProcessRights(files: [], network: .ports([]), memory: 1)) == "the network")
  }

  @Test(
    "rights are read as they were sent",
    arguments: [Sandbox.Network.none, .ports([]), .ports([80, 65535]), .all])
  func fields(network: Sandbox.Network) throws {
    let rights = ProcessRights(
      files: ["/a", "/b"], network: network, usesDevices: true, memory: 1 << 40)
    #expect(try ProcessRights(fields: rights.fields) == rights)
    #expect(throws: MessageError.self) {
      try ProcessRights(fields: Array(rights.fields.dropLast()))
    }
  }
}

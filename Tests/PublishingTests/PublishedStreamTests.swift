// SPDX-License-Identifier: Apache-2.0

import Access
import Ingest
import Net
import Publishing
import Sharing
import System
import Testing
import Time

private let start = MonotonicTime(nanoseconds: 1_000_000_000)

private func tag(_ byte: UInt8, size: Int = 1) -> MediaTag {
  MediaTag(kind: .video, timestamp: 0, payload: Array(repeating: byte, count: size))
}

@Suite("Publishers of a stream")
struct PublishedStreamTests {
  @Test("a publisher is delimited by records, and the next one follows")
  func delimiters() throws {
    let stream = PublishedStream(name: "live")
    let source = try RecordSource(stream)
    for byte in [1, 2] as [UInt8] {
      let publisher = Publisher { $0() }
      _ = stream.attach(publisher, at: start)
      #expect(stream.write(tag(byte), by: publisher, at: start) == .taken)
      #expect(stream.detach(publisher, at: start))
      #expect(try source.records() == [.begin, .tag(tag(byte)), .end])
    }
    let status = stream.status
    #expect(!status.isConnected && status.count == 2 && status.bytes == 2)
    #expect(status.since == start)
  }

  @Test("another client is refused while the publisher sends, and replaces a silent one")
  func takeover() throws {
    let stream = PublishedStream(name: "live")
    let source = try RecordSource(stream)
    let (first, second) = (Publisher { $0() }, Publisher { $0() })
    _ = stream.attach(first, at: start)
    _ = stream.write(tag(1), by: first, at: start)
    guard case .taken = stream.attach(second, at: start + .seconds(2)) else {
      Issue.record("the publisher is not silent yet")
      return
    }
    guard case .attached(let former?) = stream.attach(second, at: start + .milliseconds(2001))
    else {
      Issue.record("the publisher is silent")
      return
    }
    #expect(former === first)
    #expect(stream.write(tag(3), by: first, at: start) == .replaced)
    _ = stream.write(tag(2), by: second, at: start)
    #expect(stream.detach(first, at: start), "the former publisher no longer matters")
    #expect(
      try source.records() == [.begin, .tag(tag(1)), .end, .begin, .tag(tag(2))])
  }

  @Test("a connection with the identity of the publisher continues it at once, without a record")
  func continuation() throws {
    let stream = PublishedStream(name: "live")
    let source = try RecordSource(stream)
    let (first, second) = (
      Publisher(.page, identity: "a") { $0() }, Publisher(.page, identity: "a") { $0() }
    )
    _ = stream.attach(first, at: start)
    _ = stream.write(tag(1), by: first, at: start)
    guard case .taken = stream.attach(Publisher(.page, identity: "b") { $0() }, at: start) else {
      Issue.record("the publisher has another identity")
      return
    }
    guard case .continued(let former) = stream.attach(second, at: start) else {
      Issue.record("the publisher has this identity")
      return
    }
    #expect(former === first)
    #expect(stream.write(tag(3), by: first, at: start) == .replaced)
    _ = stream.write(tag(2), by: second, at: start)
    #expect(stream.detach(first, at: start) && stream.status.isConnected)
    #expect(try source.records() == [.begin, .tag(tag(1)), .tag(tag(2))])
    #expect(stream.status.count == 1)
    _ = stream.detach(second, at: start)
    guard case .attached(nil) = stream.attach(first, at: start) else {
      Issue.record("a publisher that has ended is not continued")
      return
    }
  }

  @Test("the beginning of each publisher is noticed, but not a connection that continues one")
  func beginnings() {
    let stream = PublishedStream(name: "live")
    let counts = Locked<[UInt64]>([])
    stream.whenBegun = { [weak stream] in
      guard let stream else { return }
      counts.withLock { $0.append(stream.status.count) }
    }
    let (first, again, next) = (
      Publisher(.page, identity: "a") { $0() }, Publisher(.page, identity: "a") { $0() },
      Publisher { $0() }
    )
    _ = stream.attach(first, at: start)
    _ = stream.attach(again, at: start)
    _ = stream.attach(next, at: start)
    #expect(counts.withLock { $0 } == [1])
    _ = stream.detach(again, at: start)
    _ = stream.attach(next, at: start)
    #expect(counts.withLock { $0 } == [1, 2])
  }

  @Test("with takeover \"always\" a publisher that sends is replaced, two seconds after it began")
  func takeoverAlways() throws {
    let stream = PublishedStream(name: "live")
    stream.takeover = .always
    let (first, second, third) = (Publisher { $0() }, Publisher { $0() }, Publisher { $0() })
    _ = stream.attach(first, at: start)
    let later = start + .milliseconds(2001)
    for time in [start, start + .seconds(2), later] {
      #expect(stream.write(tag(1), by: first, at: time) == .taken)
    }
    #expect(stream.isTaken(at: start + .seconds(2)) && !stream.isTaken(at: later))
    guard case .attached(let former?) = stream.attach(second, at: later) else {
      Issue.record("the publisher is protected")
      return
    }
    #expect(former === first && stream.write(tag(1), by: first, at: later) == .replaced)
    guard case .taken = stream.attach(third, at: later + .seconds(2)) else {
      Issue.record("publishers replace each other too often")
      return
    }
    #expect(stream.status.count == 2)
  }

  @Test("a refused publisher is told why, its media is dropped, and the next one begins at once")
  func refusal() throws {
    let stream = PublishedStream(name: "live")
    let source = try RecordSource(stream)
    let reasons = Locked<[String]>([])
    let unfit = Publisher(
      .page, identity: "a",
      refuse: { reason in
        reasons.withLock { $0.append(reason) }
      }
    ) { $0() }
    #expect(!stream.refusePublisher("no publisher"))
    _ = stream.attach(unfit, at: start)
    _ = stream.write(tag(1), by: unfit, at: start)
    #expect(stream.refusePublisher("10 s without a key frame"))
    #expect(
      !stream.refusePublisher("again") && reasons.withLock { $0 } == ["10 s without a key frame"])
    #expect(stream.write(tag(2), by: unfit, at: start) == .taken)
    #expect(try source.records() == [.begin, .tag(tag(1)), .end])
    // Neither its protection nor its identity counts.
    let next = Publisher(.page, identity: "a") { $0() }
    guard case .attached(let former?) = stream.attach(next, at: start) else {
      Issue.record("the refused publisher is replaced")
      return
    }
    #expect(former === unfit)
    _ = stream.write(tag(3), by: next, at: start)
    #expect(try source.records() == [.begin, .tag(tag(3))])
  }

  @Test("a source that starts later gets the configurations first")
  func laterSource() throws {
    let stream = PublishedStream(name: "live")
    let publisher = Publisher { $0() }
    _ = stream.attach(publisher, at: start)
    let configuration = MediaTag(kind: .video, timestamp: 0, payload: [0x17, 0, 0, 0, 0, 1])
    #expect(stream.write(configuration, by: publisher, at: start) == .taken)
    #expect(stream.write(tag(1), by: publisher, at: start) == .taken, "dropped without a source")
    for byte in [2, 3] as [UInt8] {
      let source = try RecordSource(stream)
      _ = stream.write(tag(byte), by: publisher, at: start)
      #expect(try source.records() == [.begin, .tag(configuration), .tag(tag(byte))])
    }
  }

  @Test("a source that does not read stops the publisher, and gets everything later")
  func backPressure() throws {
    let stream = PublishedStream(name: "live")
    let source = try RecordSource(stream)
    let publisher = Publisher { $0() }
    _ = stream.attach(publisher, at: start)
    let large = tag(7, size: 4 << 20)
    var taken = 0
    while taken < 100, stream.write(large, by: publisher, at: start) != .full { taken += 1 }
    #expect((1..<10).contains(taken), "at most one record waits beside the kernel's buffer")
    #expect(!stream.detach(publisher, at: start))
    var found: [MediaRecord] = []
    var rounds = 0
    while rounds < 10_000, found.last != .end {
      found += try source.records()
      _ = stream.flush()
      rounds += 1
    }
    #expect(found.count == taken + 2)
    #expect(found.last == .end)
  }

  @Test("a source that is gone costs nothing")
  func goneSource() throws {
    let stream = PublishedStream(name: "live")
    _ = try RecordSource(stream)
    let publisher = Publisher { $0() }
    _ = stream.attach(publisher, at: start)
    for _ in 0..<100 {
      #expect(stream.write(tag(1, size: 1 << 16), by: publisher, at: start) != .full)
    }
  }
}

@Suite("Access of publishers")
struct PublisherRegistryTests {
  private let local = PeerAddress(high: 0, low: 0x7F00_0001, port: 1, isVersion6: false)
  private let other = PeerAddress(high: 0, low: 0xC000_0201, port: 2, isVersion6: false)

  private func target(_ path: String) throws -> PublisherPath {
    try #require(PublisherPath(application: path, name: ""))
  }

  private func refusal(
    _ registry: PublisherRegistry, _ path: String, _ peer: PeerAddress,
    at now: MonotonicTime = start
  ) throws -> AccessRefusal? {
    let target = try target(path)
    do throws(AccessRefusal) {
      _ = try registry.admit(target, from: peer, at: now)
      return nil
    } catch { return error }
  }

  @Test("without a key the mode decides")
  func modes() throws {
    for (mode, fromOther) in [
      (KeylessAccess.Mode.loopback, AccessRefusal.notLocal), (.open, nil), (.key, .unknown),
    ] {
      let registry = PublisherRegistry(PublishCheck(KeylessAccess(mode)), noHooks())
      _ = registry.add("live", PublishTarget())
      #expect(try refusal(registry, "live/anything", other) == fromOther)
      #expect(try refusal(registry, "live/anything", local) == (mode == .key ? .unknown : nil))
      #expect(try refusal(registry, "unknown/anything", local) == .unknown)
    }
  }

  @Test("with a key the key decides, in every mode")
  func keys() throws {
    for mode in KeylessAccess.Mode.allCases {
      let registry = PublisherRegistry(PublishCheck(KeylessAccess(mode)), noHooks())
      _ = registry.add("live", PublishTarget(key: SecretDigest("sesame")))
      #expect(try refusal(registry, "live/sesame", other) == nil)
      #expect(try refusal(registry, "live/other", local) == .unknown)
      #expect(try refusal(registry, "live", local) == .unknown)
    }
  }

  @Test("a path leads to its stream, whatever the name")
  func paths() throws {
    let registry = PublisherRegistry(PublishCheck(KeylessAccess(.key)), noHooks())
    _ = registry.add("mrrtmp", PublishTarget(path: SecretDigest("live/stream")))
    guard
      case .stream(let stream) = try registry.admit(
        try target("live/stream"), from: other, at: start)
    else {
      Issue.record("the path leads to no stream")
      return
    }
    #expect(stream.name == "mrrtmp")
    #expect(try refusal(registry, "mrrtmp/stream", local) == .unknown)
  }

  @Test("five failures of an address let it wait, and no other")
  func failures() throws {
    let registry = PublisherRegistry(PublishCheck(KeylessAccess(.loopback)), noHooks())
    _ = registry.add("live", PublishTarget(key: SecretDigest("sesame")))
    for _ in 0..<5 { #expect(try refusal(registry, "live/x", other) == .unknown) }
    #expect(
      try refusal(registry, "live/sesame", other) == .tooManyFailures(wait: .seconds(60)))
    #expect(try refusal(registry, "live/sesame", local) == nil)
    #expect(try refusal(registry, "live/sesame", other, at: start + .seconds(121)) == nil)
  }

  @Test("a stream keeps its publisher when its key changes, and loses it when it is removed")
  func changes() throws {
    let registry = PublisherRegistry(PublishCheck(KeylessAccess(.loopback)), noHooks())
    let stream = registry.add("live", PublishTarget())
    let isClosed = Flag()
    let publisher = Publisher { then in
      isClosed.set()
      then()
    }
    _ = stream.attach(publisher, at: start)
    #expect(registry.add("live", PublishTarget(key: SecretDigest("new"))) === stream)
    #expect(stream.hasPublisher && !isClosed.value)
    #expect(stream.takeover == .silent)
    #expect(registry.add("live", PublishTarget(takeover: .always)).takeover == .always)
    registry.remove("live")
    #expect(isClosed.value)
  }
}

/// A flag that one test sets.
private final class Flag: @unchecked Sendable {
  private(set) var value = false
  func set() { value = true }
}

@Suite("Containers of publishers")
struct ContainerPublisherTests {
  @Test("bytes of a container are records; a source that does not read stops the publisher")
  func container() throws {
    let stream = PublishedStream(name: "live")
    let source = try RecordSource(stream)
    let publisher = Publisher { $0() }
    _ = stream.attach(publisher, at: start)
    let container = ContainerPublisher(stream, publisher)
    #expect(container.write([0x47, 1], at: start) == .taken)
    let expected = MediaTag(kind: .container, timestamp: 0, payload: [0x47, 1])
    #expect(try source.records() == [.begin, .tag(expected)])
    let block = Array(repeating: UInt8(7), count: 65_536)
    var count = 0
    while container.write(block, at: start) == .taken, count < 10_000 { count += 1 }
    #expect(count > 2 && count < 1000)
    #expect(try !source.records().isEmpty)
    #expect(container.write(block, at: start) == .taken)
    let late = start + Takeover.time + .milliseconds(1)
    let other = Publisher { $0() }
    guard case .attached = stream.attach(other, at: late) else {
      Issue.record("not attached")
      return
    }
    #expect(container.write(block, at: late) == .replaced)
  }
}

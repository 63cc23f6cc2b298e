// SPDX-License-Identifier: Apache-2.0

import Access
import Ingest
import Net
import Publishing
import System
import Testing
import Time

private let local = PeerAddress(high: 0, low: 0x7F00_0001, port: 1, isVersion6: false)
private let other = PeerAddress(high: 0, low: 0xC000_0201, port: 2, isVersion6: false)
private let start = MonotonicTime(nanoseconds: 1_000_000_000)

private func registry(_ mode: KeylessAccess.Mode) -> PublisherRegistry {
  PublisherRegistry(PublishCheck(KeylessAccess(mode)), noHooks())
}

@Suite("Access of SRT callers")
struct SRTAccessTests {
  /// The name of the admitted stream, or the refusal.
  private func ask(
    _ access: SRTAccess, _ streamID: String, _ peer: PeerAddress,
    at now: MonotonicTime = start
  ) -> Result<String, SRTRejection> {
    do throws(SRTRejection) {
      return .success(try access.admit(Array(streamID.utf8), from: peer, at: now).name)
    } catch { return .failure(error) }
  }

  @Test("the rules of other publishers decide, with codes for callers")
  func rules() {
    let streams = registry(.loopback)
    _ = streams.add("live", PublishTarget())
    _ = streams.add("studio", PublishTarget(key: SecretDigest("sesame")))
    _ = streams.add("gate", PublishTarget(path: SecretDigest("app/secret")))
    let access = SRTAccess(streams, passphrase: nil)
    #expect(ask(access, "live", local) == .success("live"))
    #expect(ask(access, "live/any", other) == .failure(.access(.notLocal)))
    #expect(ask(access, "studio/sesame", other) == .success("studio"))
    #expect(ask(access, "#!::r=studio,m=publish,s=sesame", other) == .success("studio"))
    #expect(ask(access, "app/secret", local) == .success("gate"))
    #expect(ask(access, "studio", other) == .failure(.access(.unknown)))
    #expect(ask(access, "studio/wrong", other) == .failure(.access(.unknown)))
    #expect(ask(access, "none/sesame", other) == .failure(.access(.unknown)))
    #expect(ask(access, "", other) == .failure(.streamID(.empty)))
    #expect(SRTRejection.access(.unknown).code == 1401)
    #expect(SRTRejection.access(.notLocal).code == 1403)
    #expect(SRTRejection.access(.taken).code == 1409)
    #expect(SRTRejection.access(.tooManyFailures(wait: .seconds(1))).code == 1402)
    #expect(SRTRejection.streamID(.empty).code == 1404)
    #expect(SRTRejection.streamID(.mode).code == 1405)
  }

  @Test("five wrong keys let an address wait, with the right key too")
  func failures() {
    let streams = registry(.key)
    _ = streams.add("live", PublishTarget(key: SecretDigest("sesame")))
    let access = SRTAccess(streams, passphrase: nil)
    for _ in 0..<5 { #expect(ask(access, "live/wrong", other) == .failure(.access(.unknown))) }
    let refusal = AccessRefusal.tooManyFailures(wait: .seconds(60))
    #expect(ask(access, "live/sesame", other) == .failure(.access(refusal)))
    #expect("\(refusal)" == "too many failed attempts; wait 60 s")
    #expect(ask(access, "live/sesame", local) == .success("live"))
    #expect(ask(access, "live/sesame", other, at: start + .seconds(61)) == .success("live"))
  }

  @Test("an unknown name creates a stream of this name, if no key is needed")
  func creation() {
    let streams = registry(.loopback)
    streams.createUnknown { _, _, answer in answer(.unknown) }
    let access = SRTAccess(streams, passphrase: nil)
    #expect(ask(access, "cam7", local) == .success("cam7"))
    #expect(ask(access, "cam7/key", local) == .success("cam7"))
    #expect(ask(access, "%23!::r=cam7,s=key", local) == .failure(.access(.unknown)))
    #expect(ask(access, "cam7", other) == .failure(.access(.unknown)))
  }

  @Test("a key is never the name of a stream: an encoder may mistype the name")
  func keyAsName() {
    let streams = registry(.open)
    let key = "s3cret-publish-key-0123456789"
    _ = streams.add("studio", PublishTarget(key: SecretDigest(key)))
    streams.createUnknown(isKey: { streams.hasKey($0) }) { _, _, answer in answer(nil) }
    let access = SRTAccess(streams, passphrase: nil)
    #expect(ask(access, key, other) == .failure(.access(.unknown)))
    #expect(ask(access, "cam7", other) == .success("cam7"))
    func rtmp(_ application: String, _ name: String) -> String? {
      guard let path = PublisherPath(application: application, name: name) else { return nil }
      return switch try? streams.admit(path, from: other, at: start) {
      case .stream(let stream)?: stream.name
      case .new(let name, _)?: name
      case nil: nil
      }
    }
    #expect(rtmp("Studio", key) == nil && rtmp("any", "cam7") == "cam7")
    #expect(rtmp("studio", key) == "studio")
  }

  @Test("the application of a stream without publishers makes the rest a key, and no name")
  func keyOfAnotherStream() throws {
    let streams = registry(.open)
    streams.createUnknown(isTaken: { $0 == "pub" }) { _, _, answer in answer(nil) }
    let path = try #require(PublisherPath(application: "pub", name: "s3cret"))
    #expect(throws: AccessRefusal.unknown) { try streams.admit(path, from: other, at: start) }
    let access = SRTAccess(streams, passphrase: nil)
    #expect(ask(access, "pub/s3cret", other) == .failure(.access(.unknown)))
    #expect(ask(access, "#!::r=pub,m=publish,s=s3cret", other) == .failure(.access(.unknown)))
  }

  @Test("escaped slashes of encoders are slashes, if the path does not fit as it is")
  func escapedSlashes() throws {
    let streams = registry(.key)
    _ = streams.add("live", PublishTarget(key: SecretDigest("sesame")))
    _ = streams.add("raw", PublishTarget(key: SecretDigest("a%2Fb")))
    _ = streams.add("gate", PublishTarget(path: SecretDigest("app/x/y")))
    for (application, name, stream) in [
      ("", "live%2Fsesame", "live"), ("live%2fsesame", "", "live"), ("live", "%2Fsesame", "live"),
      ("raw", "a%2Fb", "raw"), ("app", "x%2Fy", "gate"),
    ] {
      let path = try #require(PublisherPath(application: application, name: name))
      #expect(try streams.admit(path, from: other, at: start).name == stream)
    }
    let wrong = try #require(PublisherPath(application: "live", name: "ses%2Fame"))
    #expect(throws: AccessRefusal.unknown) { try streams.admit(wrong, from: other, at: start) }
  }

  @Test("the log has applications, and no last element")
  func loggedTargets() throws {
    let streams = registry(.open)
    streams.createUnknown(isKey: { $0 == "s3cret" }) { _, _, answer in answer(nil) }
    for (application, name, words) in [
      ("pub", "key", "pub/***"), ("pub", "", "***"), ("", "key", "***"), ("", "", "***"),
      ("a/b", "c?d", "a/b/***"), ("s3cret", "pub", "***/***"), ("not a name", "x", "***/***"),
      (String(repeating: "a/", count: 20), "x", "a/a/a/a/a/a/a/a/***"),
    ] {
      let path = try #require(PublisherPath(application: application, name: name))
      #expect(streams.words(for: path) == words)
    }
    let access = SRTAccess(streams, passphrase: nil)
    #expect(access.words(for: Array("#!::r=pub,m=publish,s=key".utf8)) == "pub/***")
    #expect(access.words(for: Array("pub\n".utf8)) == "***")
  }

  @Test("five names that are keys let an address wait with all new names")
  func keysByNames() {
    let streams = registry(.open)
    _ = streams.add("studio", PublishTarget(key: SecretDigest("sesame")))
    streams.createUnknown(isKey: { streams.hasKey($0) }) { _, _, answer in answer(nil) }
    let access = SRTAccess(streams, passphrase: nil)
    for _ in 1...5 { #expect(ask(access, "sesame", other) == .failure(.access(.unknown))) }
    let wait = AccessRefusal.tooManyFailures(wait: .seconds(60))
    #expect(ask(access, "sesame", other) == .failure(.access(wait)))
    #expect(ask(access, "cam7", other) == .failure(.access(wait)))
    #expect(ask(access, "cam7", local) == .success("cam7"))
    #expect(ask(access, "cam7", other, at: start + .seconds(61)) == .success("cam7"))
  }

  @Test("a present publisher is not replaced before it is silent")
  func takeover() {
    let streams = registry(.loopback)
    let stream = streams.add("live", PublishTarget())
    let access = SRTAccess(streams, passphrase: nil)
    _ = stream.attach(Publisher { $0() }, at: start)
    #expect(ask(access, "live", local, at: start + .seconds(1)) == .failure(.access(.taken)))
    #expect(ask(access, "live", local, at: start + .seconds(3)) == .success("live"))
  }

  @Test("a stream has its own passphrase, and a created one that of the program")
  func passphrases() throws {
    let (own, common) = (Passphrase("one-passphrase"), Passphrase("other-passphrase"))
    #expect(own != nil && common != nil && Passphrase("too-short") == nil)
    #expect("\(try #require(own))" == "***")
    let streams = registry(.loopback)
    _ = streams.add("live", PublishTarget(passphrase: own))
    _ = streams.add("bare", PublishTarget())
    streams.createUnknown { _, _, answer in answer(.unknown) }
    let access = SRTAccess(streams, passphrase: common)
    for (name, passphrase) in [("live", own), ("bare", nil), ("new", common)] {
      let grant = try access.admit(Array(name.utf8), from: local, at: start)
      #expect(grant.passphrase == passphrase)
    }
  }
}

@Suite("Payloads that wait for the source")
struct PayloadQueueTests {
  @Test("payloads are joined in their order")
  func order() {
    var queue = PayloadQueue()
    var sent: [UInt8] = []
    for index in 0..<200 {
      let payload = [UInt8](repeating: UInt8(index), count: 1316)
      queue.append(payload[...])
      sent += payload
    }
    var found: [UInt8] = []
    while let piece = queue.first {
      #expect(piece.count <= PayloadQueue.pieceSize)
      found += piece
      queue.removeFirst()
    }
    #expect(found == sent && queue.isEmpty && queue.droppedCount == 0)
  }

  @Test("a full queue drops the newest payloads, and counts them")
  func bound() {
    var queue = PayloadQueue()
    let payload = [UInt8](repeating: 7, count: 1316)
    let fitting = PayloadQueue.capacity / payload.count
    for _ in 0..<fitting + 10 { queue.append(payload[...]) }
    #expect(queue.droppedCount == 10)
    queue.removeFirst()
    queue.append(payload[...])
    #expect(queue.droppedCount == 10)
    var size = 0
    while let piece = queue.first {
      size += piece.count
      queue.removeFirst()
    }
    #expect(size <= PayloadQueue.capacity)
  }
}

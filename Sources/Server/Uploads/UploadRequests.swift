// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Net
import Packaging
import Publishing
import Sharing
import Time

/// PUT, POST and DELETE of files, on one loop.
///
/// Confined to the loop's thread.
struct UploadRequests {
  let serverState: ServerState
  unowned let loop: EventLoop
  let uploads: MediaUploads
  let permits: PermitRequests

  /// Answers a request, if its path can be that of a file of an uploaded stream.
  ///
  /// - Returns: false if the path is another one; the request is then unanswered.
  func handle(_ exchange: any Exchange) -> Bool {
    let request = exchange.request
    guard let path = UploadPath(request.pathSegments), !path.isPlayer, let file = path.file
    else { return false }
    if let refusal = contentRefusal(request) {
      exchange.kind = .publish
      exchange.respond(refusal)
      return true
    }
    if publishMedia(exchange, path.stream, file) { return true }
    guard serverState.streamTable.stream(path.stream) == nil else { return false }
    exchange.kind = .publish
    let known = serverState.streamTable.uploads[path.stream]
    if let refusal = refusal(request, path.stream, known) {
      exchange.respond(refusal)
    } else {
      permit(exchange, path.stream) {
        publish(exchange, path.stream, file, serverState.streamTable.uploads[path.stream])
      }
    }
    return true
  }

  /// The response to a body that is not the whole content of a file as readers get it; nil if it
  /// is.
  ///
  /// A body in a coding would be sent to readers without its name.
  /// - Source: RFC 9110 §8.4, §14.5, §15.5.16
  private func contentRefusal(_ request: Request) -> PreparedResponse? {
    guard request.method != .delete else { return nil }
    if request.header("content-range") != nil {
      return UploadResponses.refused(400, "parts of files cannot be uploaded (Content-Range)")
    }
    guard let coding = request.header("content-encoding"), !coding.isEmpty,
      coding.lowercased() != "identity"
    else { return nil }
    return UploadResponses.refused(
      415, "expected a body without Content-Encoding",
      [HeaderField("Accept-Encoding", "identity")])
  }

  /// Calls `then` if the client may upload files to a stream.
  ///
  /// The hook is asked before the first file; a client that has uploaded nothing for a time is
  /// asked about again.
  private func permit(_ exchange: any Exchange, _ name: String, then: @escaping () -> Void) {
    let (hooks, now) = (serverState.publishers.hooks, loop.now)
    let client = UploadPermits.Client(stream: name, peer: exchange.request.peer.owner)
    guard !hooks.areAbsent, !serverState.uploadPermits.withLock({ $0.use(client, at: now) }) else {
      return then()
    }
    permits.ask(exchange, PublishEvent(name, .uploads, exchange.request.peer)) { permit in
      serverState.uploadPermits.withLock { $0.add(permit, of: client, at: loop.now) }
      then()
    }
  }

  /// Takes the body of a request as media of a stream that accepts publishers, under any file name.
  ///
  /// - Returns: false if no such stream has this name.
  private func publishMedia(
    _ exchange: any Exchange, _ name: String, _ file: UploadName
  ) -> Bool {
    let request = exchange.request
    let key = Authorization(request)?.secret
    guard request.method != .delete,
      let found = serverState.publishers.admit(
        stream: name, key: key, from: request.peer, at: loop.now)
    else { return false }
    exchange.kind = .publish
    switch found {
    case .failure(let refusal): exchange.respond(UploadResponses.refused(refusal))
    case .success where key == nil && request.header("origin") != nil:
      exchange.respond(UploadResponses.refused(403, "pages may not publish without a key"))
    case .success where file.isIndex:
      // The muxer uploads many files; this stream takes one body.
      exchange.respond(UploadResponses.refused(415, "expected one body of MPEG-TS or MP4"))
    case .success where file.isOtherTrack:
      exchange.respond(UploadResponses.refused(415, "expected a track of video or audio"))
    case .success(let stream): uploads.begin(exchange, stream, file.track)
    }
    return true
  }

  /// The response for a client that may not publish; nil if it may.
  private func refusal(
    _ request: Request, _ name: String, _ known: UploadEntry?
  ) -> PreparedResponse? {
    let key = known == nil ? serverState.options.publishKey : known?.key
    // Streams that publishers create have one key; names are free, and must not divide its guesses.
    let subject =
      known.flatMap { $0.isTemporary ? nil : FailedAttempts.Subject.stream($0.name) } ?? .newStreams
    let refusal = serverState.publishCheck.refusal(
      of: request.peer, given: Authorization(request)?.secret, key: key, for: subject,
      at: loop.now)
    if let refusal { return UploadResponses.refused(refusal) }
    // A page of another origin, open in a browser of this machine, is no publisher.
    guard key != nil || request.header("origin") == nil else {
      return UploadResponses.refused(403, "pages may not publish without a key")
    }
    return known == nil ? nameRefusal(request.peer, name) : nil
  }

  /// The response for a name that no new stream can have; nil if one can have it.
  private func nameRefusal(_ peer: PeerAddress, _ name: String) -> PreparedResponse? {
    let check = serverState.publishCheck
    if let wait = check.wait(of: peer, for: .names, at: loop.now) {
      return UploadResponses.refused(
        429, "too many refused names from this address",
        [HeaderField("Retry-After", "\(wait.secondsRoundedUp)")])
    }
    guard serverState.isPublishKey(name) else { return nil }
    check.fail(peer, for: .names, at: loop.now)
    return UploadResponses.refused(404, "no stream can have this name")
  }

  private func publish(
    _ exchange: any Exchange, _ name: String, _ file: UploadName, _ known: UploadEntry?
  ) {
    guard exchange.request.method != .delete else {
      return delete(exchange, file, known)
    }
    do throws(UploadTable.Refusal) {
      let entry: UploadEntry
      if let known {
        entry = known
      } else {
        entry = try serverState.createUploads(name, at: loop.now)
      }
      // RFC 9110 §13.1.2: the asterisk stands for any present file.
      let ifAbsent = exchange.request.header("if-none-match") == "*"
      upload(exchange, entry.stream, file, ifAbsent: ifAbsent)
    } catch {
      serverState.uploadPermits.withLock { $0.remove(name) }
      switch error {
      case .name:
        exchange.respond(
          UploadResponses.refused(404, "no stream can have this name"))
      case .full(let limit):
        serverState.publishCheck.fail(exchange.request.peer, for: .names, at: loop.now)
        exchange.respond(
          UploadResponses.refused(
            503, "too many published streams (at most \(limit))",
            [HeaderField("Retry-After", "10")]))
      }
    }
  }

  private func upload(
    _ exchange: any Exchange, _ stream: UploadedStream, _ file: UploadName, ifAbsent: Bool
  ) {
    switch stream.begin(file, ifAbsent: ifAbsent, at: loop.now) {
    case .begun(let file, let replaces):
      exchange.receiveBody(
        limit: stream.limits.bytes,
        FileUpload(
          exchange, stream, file, replaces: replaces, loop: loop,
          counters: serverState.uploadCounters))
    case .busy:
      exchange.respond(
        UploadResponses.refused(409, "an upload of this file is open"))
    case .exists:
      exchange.respond(
        UploadResponses.refused(412, "the file exists (If-None-Match: *)"))
    case .ended:
      exchange.respond(
        UploadResponses.refused(503, "the stream was removed", [HeaderField("Retry-After", "1")]))
    }
  }

  /// Deletes a file after the body of the request, which is empty: some encoders send one.
  private func delete(_ exchange: any Exchange, _ file: UploadName, _ known: UploadEntry?) {
    exchange.collectBody { _ in
      switch known?.stream.remove(file) ?? .unknown {
      case .removed: exchange.respond(UploadResponses.published(204))
      case .busy:
        exchange.respond(UploadResponses.refused(409, "an upload of this file is open"))
      case .unknown: exchange.respond(UploadResponses.refused(404, "no such file was uploaded"))
      }
    }
  }
}

extension UploadName {
  /// The track that an upload of this name is: `….cmfv` and `….cmfa`, also as `Streams(…)`.
  /// - Source: DASH-IF Live Media Ingest Protocol 1.2 §5.5
  fileprivate var track: PublishedTrack? {
    switch suffix {
    case "cmfv", "cmfv)": .video
    case "cmfa", "cmfa)": .audio
    default: nil
    }
  }

  /// Whether the name is that of a track of text or metadata.
  fileprivate var isOtherTrack: Bool { ["cmft", "cmft)", "cmfm", "cmfm)"].contains(suffix) }
}

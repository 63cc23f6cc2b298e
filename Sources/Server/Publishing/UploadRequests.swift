// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Net
import Packaging
import Publishing
import Sharing
import Statistics
import Time

/// PUT, POST and DELETE of files, on one loop.
///
/// Confined to the loop's thread.
struct UploadRequests {
  /// The most bytes of a manifest that a publisher of tracks sends.
  private static let manifestBytes = 1 << 20

  let serverState: ServerState
  unowned let loop: EventLoop
  let uploads: MediaUploads
  let answers: AwaitedAnswers

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
    // The first request of a name decides: a posted track is that of a live stream.
    let isTrack = request.method == .post && file.track != nil
    if let refusal = refusal(request, path.stream, known) {
      exchange.respond(refusal)
    } else if known == nil, Self.isRefusedWithoutFile(request) {
      exchange.respond(UploadResponses.unmet)
    } else if isTrack, known == nil {
      uploads.begin(exchange, .new(name: path.stream, application: path.stream), file.track)
    } else if isTrack, known?.isTemporary == true {
      exchange.respond(
        UploadResponses.refused(
          409, "the stream consists of uploaded files: its first request was no POST of a track"))
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
    let client = UploadGrants.Client(stream: name, peer: exchange.request.peer.owner)
    guard !hooks.areAbsent, !serverState.uploadGrants.withLock({ $0.use(client, at: now) }) else {
      return then()
    }
    answers.ask(hooks, exchange, PublishEvent(name, .uploads, exchange.request.peer)) { permit in
      serverState.uploadGrants.withLock { $0.add(permit, of: client, at: loop.now) }
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
        stream: name, key: key, isPage: key == nil && request.isOfPage,
        from: request.peer,
        // A page of another site would use the certificate of its reader.
        with: request.isOfPage ? nil : request.certificate, at: loop.now)
    else { return false }
    exchange.kind = .publish
    switch found {
    case .failure(let refusal): exchange.respond(refusal.response(to: .publishing))
    case .success where Self.isRefusedWithoutFile(request): exchange.respond(UploadResponses.unmet)
    case .success where file.isManifest:
      // Nothing is read of it: this stream has the names and manifests of the server.
      exchange.collectBody(limit: Self.manifestBytes) { _ in
        exchange.respond(UploadResponses.published(200))
      }
    case .success where file.isIndex:
      exchange.respond(UploadResponses.refused(415, "expected one body of MPEG-TS or MP4"))
    case .success where file.isOtherTrack:
      exchange.respond(UploadResponses.refused(415, "expected a track of video, audio or text"))
    case .success where request.method == .put && file.isPiece:
      exchange.respond(
        UploadResponses.refused(
          409, "the stream is live: it takes tracks and containers, and files have another stream"))
    case .success(let stream): uploads.begin(exchange, .stream(stream), file.track)
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
    let decision = serverState.publishCheck.decide(
      on: Authorization(request)?.secret, key: key, by: request.peer, for: subject, at: loop.now,
      isPage: request.isOfPage)
    if let refusal = decision.refusal { return refusal.response(to: .publishing) }
    guard known == nil else { return nil }
    return serverState.publishCheck.decide(
      onNewName: serverState.isPublishKey(name), by: request.peer, at: loop.now
    ).refusal?.response(to: .newName)
  }

  private func publish(
    _ exchange: any Exchange, _ name: String, _ file: UploadName, _ known: UploadEntry?
  ) {
    guard exchange.request.method != .delete else {
      return delete(exchange, file, known)
    }
    do throws(AccessRefusal) {
      let entry: UploadEntry
      if let known {
        entry = known
      } else {
        entry = try serverState.createUploads(name, at: loop.now)
      }
      upload(exchange, entry.stream, file)
    } catch {
      serverState.uploadGrants.withLock { $0.remove(name) }
      if case .full = error {
        serverState.attempts.fail(exchange.request.peer, for: .names, at: loop.now)
      }
      exchange.respond(error.response(to: .newName))
    }
  }

  private func upload(
    _ exchange: any Exchange, _ stream: UploadedStream, _ file: UploadName
  ) {
    switch stream.begin(file, if: Self.condition(exchange.request), at: loop.now) {
    case .begun(let file, let replaces):
      exchange.receiveBody(
        limit: stream.limits.bytes,
        FileUpload(
          exchange, stream, file, replaces: replaces, loop: loop,
          counters: serverState.uploadCounters))
    case .busy:
      exchange.respond(
        UploadResponses.refused(409, "an upload of this file is open"))
    case .unmet: exchange.respond(UploadResponses.unmet)
    case .ended:
      exchange.respond(
        UploadResponses.refused(503, "the stream was removed", [HeaderField("Retry-After", "1")]))
    }
  }

  /// Whether the conditions of a request permit a change of the file that it names.
  ///
  /// Decided with the change, so that of two publishers with one tag only one replaces the file.
  /// - Source: RFC 9110 §13.1.1, §13.1.2
  private static func condition(_ request: Request) -> UploadedStream.Condition {
    { serial in
      request.precondition(serial.map { UploadResponses.tag($0).value }, exists: serial != nil)
        == .holds
    }
  }

  /// Whether the conditions of a request need a file, of which there is none.
  private static func isRefusedWithoutFile(_ request: Request) -> Bool {
    request.method != .delete && !condition(request)(nil)
  }

  /// The methods that the path of a request takes beside those for reading.
  static func methods(_ request: Request, _ state: ServerState) -> [String] {
    guard let path = UploadPath(request.pathSegments), !path.isPlayer, path.file != nil,
      StreamName.isValid(path.stream)
    else { return [] }
    if state.publishers.contains(path.stream) { return ["PUT", "POST"] }
    return state.streamTable.stream(path.stream) == nil ? ["PUT", "POST", "DELETE"] : []
  }

  /// Deletes a file after the body of the request, which is empty: some encoders send one.
  private func delete(_ exchange: any Exchange, _ file: UploadName, _ known: UploadEntry?) {
    exchange.collectBody { _ in
      switch known?.stream.remove(file, if: Self.condition(exchange.request)) ?? .unknown {
      case .removed: exchange.respond(UploadResponses.published(204))
      case .busy:
        exchange.respond(UploadResponses.refused(409, "an upload of this file is open"))
      case .unmet: exchange.respond(UploadResponses.unmet)
      case .unknown: exchange.respond(UploadResponses.refused(404, "no such file was uploaded"))
      }
    }
  }
}

extension UploadName {
  /// The track that an upload of this name is: `….cmfv`, `….cmfa` and `….cmft`, also as
  /// `Streams(…)`.
  ///
  /// The name tells tracks of audio and of text apart; it is the same in both forms.
  /// - Source: DASH-IF Live Media Ingest Protocol 1.2 §5.5
  fileprivate var track: PublishedTrack? {
    switch suffix {
    case "cmfv", "cmfv)": .video
    case "cmfa", "cmfa)": .audio(trackName)
    case "cmft", "cmft)": .text(trackName)
    default: nil
    }
  }

  /// The name without `Streams(…)` around its last element, and without the suffix.
  private var trackName: String {
    let prefix = "Streams("
    var elements = text.split(separator: "/")
    let last = elements.popLast() ?? ""
    let file = last.hasPrefix(prefix) ? last.dropFirst(prefix.count) : last
    elements.append(file.lastIndex(of: ".").map { file[..<$0] } ?? file)
    return elements.joined(separator: "/")
  }

  /// Whether the name is that of a manifest, which a publisher of tracks sends before them.
  ///
  /// - Source: DASH-IF Live Media Ingest Protocol 1.2, Interface 1, general requirements 2 and 17
  fileprivate var isManifest: Bool { ["mpd", "m3u8"].contains(suffix) }

  /// Whether the name is that of a piece of a track, which no live stream takes as a file.
  fileprivate var isPiece: Bool { ["m4s", "init"].contains(suffix) }

  /// Whether the name is that of a track of metadata.
  fileprivate var isOtherTrack: Bool { ["cmfm", "cmfm)"].contains(suffix) }
}

extension Request {
  /// Whether a page in a browser sends the request: with `Origin`, or with the words of a browser
  /// about another site.
  ///
  /// - Source: Fetch Metadata Request Headers §2.4, Sec-Fetch-Site
  fileprivate var isOfPage: Bool {
    header("origin") != nil
      || header("sec-fetch-site").map { ["cross-site", "same-site"].contains($0) } ?? false
  }
}

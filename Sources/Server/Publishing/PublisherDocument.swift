// SPDX-License-Identifier: Apache-2.0

import Logging
import Publishing
import Sharing
import Streams
import Time

/// `/S/publish.json`: the publisher of a stream, for the page that publishes it.
///
/// It has no address, no key, and nothing that the publisher has chosen. Times are Unix time in
/// nanoseconds.
struct PublisherDocument {
  private let stream: StreamEntry

  /// The document of a stream that accepts publishers.
  init(_ stream: StreamEntry) { self.stream = stream }

  /// The JSON object.
  var object: JSONObject {
    let state = PublisherState(stream.options, stream.served)
    return [
      "stream": stream.name, "label": stream.options.label, "streamState": stream.word,
      "connected": stream.options.publishers?().isConnected ?? false,
      "state": state?.word.rawValue, "protocol": state?.transport,
      "since": state?.since?.nanoseconds, "media": PublisherState.note(stream)?.object,
      "audioFault": stream.served?.measures.statistics().audioFault?.object,
      "outage": stream.outage?.publicObject, "expected": PublisherState.expectation,
    ]
  }
}

extension AudioFault {
  /// The JSON object.
  var object: JSONObject { ["kind": name, "text": words] }
}

// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Sockets

@Suite("The state of a viewer over a socket")
struct ViewerStateTests {
  private static func request(_ text: String = "") throws -> SubscriptionRequest {
    try SubscriptionRequest(try #require(ClientMessage("{\"t\":\"subscribe\"\(text)}")))
  }

  @Test("a request waits, is served, and ends")
  func life() throws {
    var state = ViewerState.idle
    #expect(state.join() == nil && state.request == nil && !state.isPending)
    state.subscribe(try Self.request())
    #expect(state.isPending && state.request != nil)
    #expect(state.join() == false && !state.isPending && state.request != nil)
    #expect(state.join() == false)
    state = ViewerState.idle
    #expect(state.request == nil)
  }

  @Test("a viewer with media continues after a restart; one without begins")
  func restarts() throws {
    for hadMedia in [true, false] {
      var state = ViewerState.idle
      state.restart(hadMedia: hadMedia)
      #expect(!state.isPending)
      state.subscribe(try Self.request())
      _ = state.join()
      state.restart(hadMedia: hadMedia)
      #expect(state.isPending)
      // Another session ends before the viewer has media.
      state.restart(hadMedia: false)
      #expect(state.join() == hadMedia)
      state.restart(hadMedia: false)
      #expect(state.join() == false)
    }
  }

  @Test("a pause outlives restarts and choices, and ends with a new request")
  func pauses() throws {
    var state = ViewerState.idle
    state.pause(true)
    #expect(!state.isPaused)
    state.subscribe(try Self.request())
    state.pause(true)
    _ = state.join()
    state.choose("360p")
    state.restart(hadMedia: true)
    state.choose("480p")
    #expect(state.isPaused && state.request?.rendition == "480p")
    state.choose(nil)
    #expect(state.isPaused && state.request?.rendition == nil)
    state.pause(false)
    #expect(!state.isPaused && state.join() == true)
    state.pause(true)
    state.subscribe(try Self.request())
    #expect(!state.isPaused && state.join() == false)
  }
}

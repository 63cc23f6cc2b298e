// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Switching
import Time

/// Which rendition the client gets.
extension SocketSession {
  /// The name of the video rendition for the client: its choice, or that of the server.
  var videoName: String {
    let ladder = sockets.ladder
    guard !ladder.isEmpty else { return "" }
    return ladder[substitute(for: chosenIndex(in: ladder), in: ladder)]
  }

  /// The index of the chosen rendition, whether it has new media or not.
  private func chosenIndex(in ladder: [String]) -> Int {
    if let name = request?.rendition, let index = ladder.firstIndex(of: name) { return index }
    return min(max(automatic.index, highest), ladder.count - 1)
  }

  /// Continues with the audio that the client chooses, where the audio of before ends.
  ///
  /// A new track that began later would leave a gap, at which a browser stops the picture for half
  /// a second.
  func chooseAudio(_ wanted: String) {
    guard let name = sockets.audioName(wanted) else {
      return send(ServerMessage.error(.unknownRendition))
    }
    setAudio(name)
    guard let request, let group = sockets.group(name, request.format),
      let subscription = subscriptions.first(where: { $0.group.track == .audio }),
      subscription.group !== group
    else { return }
    var start = BroadcastGroup.Start.newestKey
    if [.receiving, .starting].contains(subscription.state), let end = subscription.group.end {
      start = .time(end)
    }
    move(subscription, to: group, from: start) {
      $0.backlog(from: start).first?.segment ?? $0.newestSegment
    }
  }

  private func substitute(for index: Int, in ladder: [String]) -> Int {
    let missing = sockets.missing
    guard !missing.isEmpty else { return index }
    return MissingRenditions.substitute(for: index, of: ladder.count) {
      !missing.contains(ladder[$0])
    }
  }

  /// The index of the rendition that the client gets in place of the chosen one.
  var shownIndex: Int {
    let ladder = sockets.ladder
    return ladder.isEmpty ? 0 : substitute(for: chosenIndex(in: ladder), in: ladder)
  }

  /// The index of the highest rendition that the server chooses for the client.
  var highest: Int { screen.map(sockets.smallestFilling) ?? 0 }

  /// Continues the media of a viewer that was too slow, of the rendition that is chosen now.
  ///
  /// - Returns: the number of messages of its group.
  func resume(_ subscription: Subscription, now: MonotonicTime) -> Int {
    guard sender.hasCaughtUp(now), let request else { return 0 }
    let state = connection?.transmission
    var group = subscription.group
    if canMove(subscription), let chosen = sockets.group(videoName, request.format) {
      group = chosen
      if chosen.catchUp?.isShort(over: state) == true {
        move(subscription, to: chosen, from: .newestKey) { $0.newestKeySegment }
        return 0
      }
    } else if let count = group.resume(subscription, over: state, now: now) {
      return count
    }
    // The viewer is fast again, and sees a frame that stands still.
    if group.track == .video, subscription.state != .waiting(from: nil) {
      sockets.requestKey(group.rendition.name)
    }
    return 0
  }
}

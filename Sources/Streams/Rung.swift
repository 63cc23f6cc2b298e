package import Media

/// One rendition of a stream's ladder: its name in URLs, its picture and its rate of bits.
package struct Rung: Sendable, Equatable {
  /// The rendition's name in URLs.
  package let name: String
  /// The coded picture.
  package let size: VideoSize
  /// Thousands of bits a second.
  package let bitrateKilobits: Int

  /// The rungs of a ladder, the best first, with their names: `video` where there is one, else the height, with the rate
  /// where two share a height.
  package static func ladder(_ wishes: [(size: VideoSize, bitrateKilobits: Int)]) -> [Rung] {
    wishes.map { wish in
      let height = "\(wish.size.height)p"
      let isShared = wishes.count { $0.size.height == wish.size.height } > 1
      let name =
        wishes.count == 1 ? "video" : isShared ? "\(height)-\(wish.bitrateKilobits)" : height
      return Rung(name: name, size: wish.size, bitrateKilobits: wish.bitrateKilobits)
    }
  }
}

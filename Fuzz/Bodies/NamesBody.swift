// SPDX-License-Identifier: Apache-2.0

import HTTP
import Media
import Packaging
import Server

extension FuzzBody {
  /// Paths: a parsed media name is rendered again as the same name.
  static let names = FuzzBody(
    name: "names", sources: ["Server/Addresses/Route.swift", "Packaging/Names/MediaName.swift"]
  ) { bytes in
    guard let request = try? Request("GET", "/" + String(decoding: bytes, as: UTF8.self)) else {
      return nil
    }
    let route = Route(request.pathSegments)
    guard case .media(_, _, let name) = route else { return nil }
    for numbering in MediaNames.Numbering.allCases {
      let names = MediaNames(numbering, first: 1_795_155_720)
      let written: String? =
        switch MediaName(Substring(name)) {
        case .header(let hash): names.name(ofHeader: hash)
        case .segment(let number): names.segment(number).map { names.name(ofSegment: $0) }
        case .part(let index, let number):
          names.segment(number).map { names.name(ofPart: index, in: $0) }
        case .text(let number): names.segment(number).map { names.name(ofText: $0) }
        case nil: nil
        }
      if let written, written != name { return "\(name) is written \(written)" }
      // The computation of a route.
      if case .segment(let printed) = MediaName(Substring(name)),
        let number = names.segment(printed)
      {
        let segmentation = Segmentation(
          rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
        if segmentation.segment(of: segmentation.firstFrame(of: number)) != number {
          return "frames of \(number)"
        }
      }
    }
    return nil
  }
}

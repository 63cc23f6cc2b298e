// SPDX-License-Identifier: Apache-2.0

import CExpat

/// The builder to which a pointer of the library points.
private func owner(_ user: UnsafeMutableRawPointer?) -> XMLTreeBuilder? {
  unsafe user.map { unsafe Unmanaged<XMLTreeBuilder>.fromOpaque($0).takeUnretainedValue() }
}

/// Names and values of the first attributes, at most `most`; a null pointer ends them.
private func pairs(
  _ attributes: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ most: Int
) -> [(name: String, value: String)] {
  var found: [(name: String, value: String)] = []
  guard var next = unsafe attributes else { return [] }
  while found.count < most, let name = unsafe next.pointee,
    let value = unsafe next.successor().pointee
  {
    unsafe found.append((String(cString: name), String(cString: value)))
    unsafe next = next.advanced(by: 2)
  }
  return found
}

/// The functions that libexpat calls; they call the builder of the document.
@safe
enum XMLCallbacks {
  /// Sets the functions of a parser, which must not outlive the builder.
  static func call(_ target: XMLTreeBuilder, of parser: OpaquePointer) {
    unsafe XML_SetUserData(parser, Unmanaged.passUnretained(target).toOpaque())
    unsafe XML_SetElementHandler(
      parser,
      { user, name, attributes in
        guard let builder = unsafe owner(user), let name = unsafe name else { return }
        unsafe builder.start(String(cString: name), pairs(attributes, builder.most))
      },
      { user, _ in unsafe owner(user)?.end() })
    unsafe XML_SetCharacterDataHandler(parser) { user, text, count in
      unsafe owner(user)?.add(
        UnsafeRawBufferPointer(start: text, count: Int(max(0, count))))
    }
    unsafe XML_SetStartDoctypeDeclHandler(parser) { user, _, _, _, _ in
      unsafe owner(user)?.fail("a document type, which may declare entities")
    }
    guard target.isContent else { return }
    unsafe XML_SetCommentHandler(parser) { user, _ in unsafe owner(user)?.fail("a comment") }
    unsafe XML_SetStartCdataSectionHandler(parser) { user in
      unsafe owner(user)?.fail("a CDATA section")
    }
    unsafe XML_SetProcessingInstructionHandler(parser) { user, _, _ in
      unsafe owner(user)?.fail("a processing instruction")
    }
  }
}

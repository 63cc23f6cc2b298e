// SPDX-License-Identifier: Apache-2.0

internal import Checked

/// The language of a track, by ISO 639.
package struct Language: Sendable, Hashable, TextCodable {
  /// The three letters of ISO 639-2/T, as in `mdhd`.
  package let code: String

  /// The language is not known.
  package static let undetermined = Language(code: "und")

  private init(code: String) { self.code = code }

  /// The language that a container or a session declares: `eng`, `ger`, `en`, `en-US`, or several
  /// in a row, of which the first counts; undetermined for other texts.
  package init(_ declared: String) {
    let letters = declared.lowercased().utf8.prefix { Self.letters.contains($0) }
    let text = String(decoding: letters, as: UTF8.self)
    switch text.utf8.count {
    case 2: self = Self.pairs[text].map(Language.init(code:)) ?? .undetermined
    case 3: self.init(code: Self.terminological[text] ?? text)
    default: self = .undetermined
    }
  }

  /// The language in `mdhd`: three letters of five bits; undetermined for other bits.
  /// - Source: ISO/IEC 14496-12 §8.4.2.3
  package init(packed: UInt16) {
    let bytes = [10, 5, 0].map { UInt8(packed >> $0 & 0x1F) + 0x60 }
    let isText = packed >> 15 == 0 && bytes.allSatisfy(Self.letters.contains)
    self = isText ? Language(String(decoding: bytes, as: UTF8.self)) : .undetermined
  }

  /// The three letters.
  package var codedText: String { code }

  /// The bits in `mdhd`.
  package var packed: UInt16 { code.utf8.reduce(0) { $0 << 5 | UInt16($1 & 0x1F) } }

  /// The shortest tag of BCP 47: two letters if the language has them.
  /// - Source: RFC 5646 §2.2.1
  package var tag: String { Self.shortest[code] ?? code }

  private static let letters = UInt8(ascii: "a")...UInt8(ascii: "z")

  /// ISO 639-1 and ISO 639-2/T.
  private static let pairs: [String: String] = {
    let text =
      "aa aar ab abk ae ave af afr ak aka am amh an arg ar ara as asm av ava ay aym az aze ba bak "
      + "be bel bg bul bi bis bm bam bn ben bo bod br bre bs bos ca cat ce che ch cha co cos "
      + "cr cre cs ces cu chu cv chv cy cym da dan de deu dv div dz dzo ee ewe el ell en eng "
      + "eo epo es spa et est eu eus fa fas ff ful fi fin fj fij fo fao fr fra fy fry ga gle "
      + "gd gla gl glg gn grn gu guj gv glv ha hau he heb hi hin ho hmo hr hrv ht hat hu hun "
      + "hy hye hz her ia ina id ind ie ile ig ibo ii iii ik ipk io ido is isl it ita iu iku "
      + "ja jpn jv jav ka kat kg kon ki kik kj kua kk kaz kl kal km khm kn kan ko kor kr kau "
      + "ks kas ku kur kv kom kw cor ky kir la lat lb ltz lg lug li lim ln lin lo lao lt lit "
      + "lu lub lv lav mg mlg mh mah mi mri mk mkd ml mal mn mon mr mar ms msa mt mlt my mya "
      + "na nau nb nob nd nde ne nep ng ndo nl nld nn nno no nor nr nbl nv nav ny nya oc oci "
      + "oj oji om orm or ori os oss pa pan pi pli pl pol ps pus pt por qu que rm roh rn run "
      + "ro ron ru rus rw kin sa san sc srd sd snd se sme sg sag si sin sk slk sl slv sm smo "
      + "sn sna so som sq sqi sr srp ss ssw st sot su sun sv swe sw swa ta tam te tel tg tgk "
      + "th tha ti tir tk tuk tl tgl tn tsn to ton tr tur ts tso tt tat tw twi ty tah ug uig "
      + "uk ukr ur urd uz uzb ve ven vi vie vo vol wa wln wo wol xh xho yi yid yo yor za zha "
      + "zh zho zu zul"
    return table(text)
  }()

  /// ISO 639-2/T and ISO 639-1.
  private static let shortest = Dictionary(
    pairs.map { ($0.value, $0.key) }, uniquingKeysWith: { first, _ in first })

  /// ISO 639-2/B, where it differs, and ISO 639-2/T.
  private static let terminological = table(
    "alb sqi arm hye baq eus bur mya chi zho cze ces dut nld fre fra geo kat ger deu gre ell "
      + "ice isl mac mkd mao mri may msa per fas rum ron slo slk tib bod wel cym")

  /// The words of a text in pairs.
  private static func table(_ text: String) -> [String: String] {
    var found: [String: String] = [:]
    var key: String?
    for word in text.split(separator: " ").map(String.init) {
      if let first = key.take() { found[first] = word } else { key = word }
    }
    return found
  }
}

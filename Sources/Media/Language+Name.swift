// SPDX-License-Identifier: Apache-2.0

/// The names of languages for viewers.
extension Language {
  /// The language's own name, such as `Deutsch`; its tag if the name is not known.
  package var name: String { Self.names[code] ?? tag }

  private static let names: [String: String] = [
    "afr": "Afrikaans", "ara": "العربية", "bel": "Беларуская", "ben": "বাংলা",
    "bos": "Bosanski", "bre": "Brezhoneg", "bul": "Български", "cat": "Català",
    "ces": "Čeština", "cym": "Cymraeg", "dan": "Dansk", "deu": "Deutsch", "ell": "Ελληνικά",
    "eng": "English", "epo": "Esperanto", "est": "Eesti", "eus": "Euskara", "fas": "فارسی",
    "fin": "Suomi", "fra": "Français", "fry": "Frysk", "gla": "Gàidhlig", "gle": "Gaeilge",
    "glg": "Galego", "gsw": "Schwyzerdütsch", "heb": "עברית", "hin": "हिन्दी",
    "hrv": "Hrvatski", "hun": "Magyar", "hye": "Հայերեն", "ind": "Bahasa Indonesia",
    "isl": "Íslenska", "ita": "Italiano", "jpn": "日本語", "kat": "ქართული",
    "kaz": "Қазақша", "kor": "한국어", "lat": "Latina", "lav": "Latviešu", "lit": "Lietuvių",
    "ltz": "Lëtzebuergesch", "mkd": "Македонски", "mlt": "Malti", "msa": "Bahasa Melayu",
    "nld": "Nederlands", "nno": "Norsk nynorsk", "nob": "Norsk bokmål", "nor": "Norsk",
    "oci": "Occitan", "pol": "Polski", "por": "Português", "roh": "Rumantsch", "ron": "Română",
    "rus": "Русский", "slk": "Slovenčina", "slv": "Slovenščina", "spa": "Español",
    "sqi": "Shqip", "srp": "Српски", "swa": "Kiswahili", "swe": "Svenska", "tam": "தமிழ்",
    "tel": "తెలుగు", "tha": "ไทย", "tur": "Türkçe", "ukr": "Українська", "urd": "اردو",
    "vie": "Tiếng Việt", "zho": "中文",
  ]
}

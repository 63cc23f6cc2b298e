#ifndef CEXPAT_H
#define CEXPAT_H

#include <expat.h>

/// A parser of UTF-8, which ignores the encoding that a document declares; NULL without memory.
static inline XML_Parser cexpat_parser(void) { return XML_ParserCreate("UTF-8"); }

/// Parses a whole document; 0 for a fault.
static inline int cexpat_parse(XML_Parser parser, const void *bytes, int count) {
  return XML_Parse(parser, (const char *)bytes, count, 1) == XML_STATUS_OK;
}

/// Ends the parsing within a call of a handler; cexpat_parse() then returns 0.
static inline void cexpat_stop(XML_Parser parser) { XML_StopParser(parser, XML_FALSE); }

/// The fault of the document in words.
static inline const char *cexpat_fault(XML_Parser parser) {
  return XML_ErrorString(XML_GetErrorCode(parser));
}

/// Whether the document ends before its outermost element.
static inline int cexpat_is_unfinished(XML_Parser parser) {
  return XML_GetErrorCode(parser) == XML_ERROR_NO_ELEMENTS;
}

#endif

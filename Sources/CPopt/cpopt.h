#ifndef CPOPT_H
#define CPOPT_H
#include <popt.h>

/// One option; popt.h uses `poptOption` for both the structure and a pointer to it.
typedef struct poptOption cpopt_option;

/// An option whose occurrence is reported as `value`. An optional value is the next argument unless
/// that begins with a dash.
static inline cpopt_option cpopt_row(const char *name, char letter, int takes_value,
                                     int value_is_optional, int value) {
  unsigned type = takes_value ? POPT_ARG_STRING : POPT_ARG_NONE;
  if (value_is_optional) type |= POPT_ARGFLAG_OPTIONAL;
  cpopt_option row = {name, letter, type, 0, value, 0, 0};
  return row;
}

/// The row that ends a table.
static inline cpopt_option cpopt_end(void) {
  cpopt_option row = {0, 0, 0, 0, 0, 0, 0};
  return row;
}
#endif

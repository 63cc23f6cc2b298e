#ifndef CPOPT_H
#define CPOPT_H
#include <popt.h>

/// One option; popt.h uses `poptOption` for both the structure and a pointer to it.
typedef struct poptOption cpopt_option;

/// An option whose occurrence is reported as `value`.
static inline cpopt_option cpopt_row(const char *name, char letter, int takes_value, int value) {
  cpopt_option row = {name, letter, takes_value ? POPT_ARG_STRING : POPT_ARG_NONE, 0, value, 0, 0};
  return row;
}

/// The row that ends a table.
static inline cpopt_option cpopt_end(void) {
  cpopt_option row = {0, 0, 0, 0, 0, 0, 0};
  return row;
}
#endif

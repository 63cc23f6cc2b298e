#ifndef CPOPT_H
#define CPOPT_H
#include <popt.h>
#endif

/* Prints what an expression answers: 0, -1 with its error, or "ok"; and has that as its value. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define REPORT(expression)                                                                   \
  ({                                                                                         \
    errno = 0;                                                                               \
    long report_ = (long)(expression);                                                       \
    printf("%s: %s %s\n", #expression, report_ == -1 ? "-1" : report_ == 0 ? "0" : "ok",     \
           report_ == -1 ? strerror(errno) : "");                                            \
    report_;                                                                                 \
  })

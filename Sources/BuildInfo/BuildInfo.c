#include "BuildInfo.h"

#ifndef ACUITY_COMMIT
#define ACUITY_COMMIT ""
#endif

const char *acuityCommit(void) { return ACUITY_COMMIT; }

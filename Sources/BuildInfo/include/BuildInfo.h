#ifndef ACUITY_BUILD_INFO_H
#define ACUITY_BUILD_INFO_H

/// The commit that the program was built from, as `make` found it; empty where nothing said so.
const char *acuityCommit(void);

#endif

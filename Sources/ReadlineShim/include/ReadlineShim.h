// GNU readline behind functions: Swift's concurrency rules refuse the global variables that it is steered by.
#ifndef ACUITY_READLINE_SHIM_H
#define ACUITY_READLINE_SHIM_H

/// Called from readline's own loop while it waits for a key.
typedef int (*acuity_interruption)(void);

/// Prepares readline for `acuity`: conditional blocks of the user's inputrc may name the application.
/// `was_interrupted` tells, and forgets, whether Ctrl-C was pressed; the line typed so far is then dropped.
void acuity_readline_start(acuity_interruption was_interrupted);

/// The next line without its newline, to be freed by the caller; NULL at the end of the input.
char *acuity_readline(const char *prompt);

/// Whether the line that was last read was given up by Ctrl-C.
int acuity_line_was_dropped(void);

/// Makes `entry` the newest of the history.
void acuity_history_add(const char *entry);

/// Reads and writes the history; 0, or the system's error number.
int acuity_history_read(const char *path);
int acuity_history_write(const char *path);

#endif

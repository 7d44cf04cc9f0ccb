// GNU readline behind functions: Swift's concurrency rules refuse the global variables that it is steered by.
#ifndef ACUITY_READLINE_SHIM_H
#define ACUITY_READLINE_SHIM_H

/// What the editor asks the program; each is given `context`. Texts that they return come from `malloc` and
/// are freed here.
typedef struct {
    void *context;
    /// Tells, and forgets, whether the interrupt signal came; asked while readline waits for a key. Ctrl-C
    /// itself is a key.
    int (*was_interrupted)(void *context);
    /// Return was pressed: NULL runs the entry as it stands; otherwise the text that replaces it, which goes
    /// on with the cursor at byte `*cursor`, or is run if that is negative.
    char *(*enter)(void *context, const char *text, int *cursor);
    /// What could stand in place of the word that begins at byte `start` and ends at the cursor: a line for
    /// each, with what is inserted, a tab, and what is listed. NULL for nothing.
    char *(*complete)(void *context, const char *text, int start, int cursor);
    /// The text as the user's editor left it; NULL where it could not be opened.
    char *(*edit)(void *context, const char *text);
} acuity_line_callbacks;

/// Prepares readline for `acuity`: its own keys first, then the user's inputrc, which may change them.
void acuity_readline_start(acuity_line_callbacks callbacks);

/// The next entry, of one or more lines, without its last newline, to be freed by the caller; NULL at the end
/// of the input. Lines after the first are shown behind `continuation`.
char *acuity_readline(const char *prompt, const char *continuation);

/// Whether the entry that was last read was given up by Ctrl-C.
int acuity_line_was_dropped(void);

/// Makes `entry` the newest of the history, unless it is so already.
void acuity_history_add(const char *entry);

/// Hands readline bytes that were typed before it listened.
void acuity_readline_stuff(const char *bytes, int count);

#endif

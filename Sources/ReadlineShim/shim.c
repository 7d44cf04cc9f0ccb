#include "ReadlineShim.h"

#include <stdio.h>
#include <stdlib.h>

#include <readline/history.h>
#include <readline/readline.h>

static acuity_interruption was_interrupted_hook;

static int line_was_dropped;

// Ctrl-C at the prompt: drop the line and return at once, so that an unfinished entry ends too.
static int drop_interrupted_line(void) {
    if (was_interrupted_hook && was_interrupted_hook()) {
        line_was_dropped = 1;
        rl_replace_line("", 1);
        rl_done = 1;
    }
    return 0;
}

void acuity_readline_start(acuity_interruption was_interrupted) {
    rl_readline_name = "acuity";
    was_interrupted_hook = was_interrupted;
    // The program's own handler notes Ctrl-C, on whichever thread it comes; readline asks ten times a second.
    rl_catch_signals = 0;
    rl_event_hook = drop_interrupted_line;
    using_history();
    stifle_history(10000);
}

char *acuity_readline(const char *prompt) {
    line_was_dropped = 0;
    return readline(prompt);
}

int acuity_line_was_dropped(void) { return line_was_dropped; }

void acuity_history_add(const char *entry) { add_history(entry); }

int acuity_history_read(const char *path) { return read_history(path); }

int acuity_history_write(const char *path) { return write_history(path); }

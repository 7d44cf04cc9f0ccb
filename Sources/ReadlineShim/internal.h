// What the files of the shim know of each other.
#ifndef ACUITY_READLINE_INTERNAL_H
#define ACUITY_READLINE_INTERNAL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "ReadlineShim.h"

extern acuity_line_callbacks acuity_callbacks;

/// Replaces the whole entry, as one step of undo.
void acuity_replace_entry(const char *text, int cursor);

/// Counts `width` columns of indentation as typed; how many of them are not there yet.
int acuity_type_over(int width);

int acuity_indent_or_complete(int count, int key);
void acuity_bind_arrows(void);
void acuity_bind_everywhere(const char *keys, rl_command_func_t *command);
void acuity_start_completion(void);
void acuity_start_display(void);
void acuity_set_continuation(const char *continuation);

#endif

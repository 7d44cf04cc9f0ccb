#include "internal.h"

// Lines of an entry after its first stand behind a continuation prompt. Readline shows a newline in its
// buffer as the end of a line, but knows no prompt for the next one. So for the time of a redisplay the
// buffer holds the prompts as well: what is drawn, wrapped and remembered of the screen is then right by
// itself. Where there can be only one line, they stand for the newlines.

static char *continuation;

void acuity_set_continuation(const char *text) {
    free(continuation);
    continuation = strdup(text);
}

/// Whether readline shows a newline as the end of a line; where the terminal cannot move up it writes ^J.
static int shows_lines(void) {
    const char *up = rl_get_termcap("up");
    const char *scrolls = rl_variable_value("horizontal-scroll-mode");
    return up && *up && !(scrolls && strcmp(scrolls, "on") == 0);
}

/// Where byte `place` of the entry is, once each newline is `width` bytes longer.
static int shifted(const char *text, int place, int width) {
    int newlines = 0;
    for (int i = 0; i < place; i++) newlines += text[i] == '\n';
    return place + newlines * width;
}

static void redisplay(void) {
    int width = continuation ? (int)strlen(continuation) : 0;
    int keeps_newlines = shows_lines();
    int longer = keeps_newlines ? width : width - 1;
    int length = shifted(rl_line_buffer, rl_end, longer);
    char *shown = length > rl_end ? malloc((size_t)length + 1) : NULL;
    if (!shown) {
        rl_redisplay();
        return;
    }
    char *next = shown;
    for (int i = 0; i < rl_end; i++) {
        int is_newline = rl_line_buffer[i] == '\n';
        if (!is_newline || keeps_newlines) *next++ = rl_line_buffer[i];
        if (is_newline) {
            memcpy(next, continuation, (size_t)width);
            next += width;
        }
    }
    *next = 0;
    char *buffer = rl_line_buffer;
    int end = rl_end, point = rl_point, mark = rl_mark;
    rl_line_buffer = shown;
    rl_end = length;
    rl_point = shifted(buffer, point, longer);
    rl_mark = shifted(buffer, mark < end ? mark : end, longer);
    rl_redisplay();
    rl_line_buffer = buffer;
    rl_end = end;
    rl_point = point;
    rl_mark = mark;
    free(shown);
}

void acuity_start_display(void) { rl_redisplay_function = redisplay; }

#include "internal.h"

/// What each match inserts and how it is listed, for the completion under way.
static char **inserted;
static char **listed;
static int match_count;

static void forget_matches(void) {
    for (int i = 0; i < match_count; i++) {
        free(inserted[i]);
        free(listed[i]);
    }
    free(inserted);
    free(listed);
    inserted = listed = NULL;
    match_count = 0;
}

/// Takes the lines of "inserted TAB listed" apart; 0 where there is nothing.
static int take_matches(char *lines) {
    forget_matches();
    int count = 0;
    for (char *c = lines; *c; c++) count += *c == '\n';
    inserted = calloc((size_t)count, sizeof *inserted);
    listed = calloc((size_t)count, sizeof *listed);
    if (!inserted || !listed) return 0;
    char *rest = lines;
    for (char *end; (end = strchr(rest, '\n')); rest = end + 1) {
        *end = 0;
        char *tab = strchr(rest, '\t');
        if (!tab) continue;
        *tab = 0;
        inserted[match_count] = strdup(rest);
        listed[match_count] = strdup(tab + 1);
        match_count++;
    }
    return match_count;
}

/// The first element of readline's list is what all matches begin with.
static char *common_beginning(void) {
    size_t length = strlen(inserted[0]);
    for (int i = 1; i < match_count; i++) {
        size_t same = 0;
        while (same < length && inserted[i][same] == inserted[0][same]) same++;
        length = same;
    }
    // A letter of several bytes is common whole or not at all.
    while (length > 0 && (inserted[0][length] & 0xC0) == 0x80) length--;
    return strndup(inserted[0], length);
}

static char **complete(const char *text, int start, int end) {
    (void)text;
    rl_attempted_completion_over = 1;
    rl_completion_append_character = 0;
    rl_completion_suppress_quote = 1;
    char *lines = acuity_callbacks.complete(acuity_callbacks.context, rl_line_buffer, start, end);
    int count = lines ? take_matches(lines) : 0;
    free(lines);
    if (count == 0) return NULL;
    char **matches = calloc((size_t)count + 2, sizeof *matches);
    if (!matches) return NULL;
    matches[0] = common_beginning();
    for (int i = 0; count > 1 && i < count; i++) matches[i + 1] = strdup(inserted[i]);
    return matches;
}

static void display(char **matches, int count, int longest) {
    char **shown = calloc((size_t)count + 2, sizeof *shown);
    if (!shown) return;
    shown[0] = matches[0];
    for (int i = 1; i <= count; i++) {
        shown[i] = matches[i];
        for (int j = 0; j < match_count; j++) {
            if (strcmp(matches[i], inserted[j]) == 0) shown[i] = listed[j];
        }
        int length = (int)strlen(shown[i]);
        if (length > longest) longest = length;
    }
    rl_display_match_list(shown, count, longest);
    free(shown);
    rl_forced_update_display();
}

// Tab where nothing is written yet on a line of a longer entry: indentation.
int acuity_indent_or_complete(int count, int key) {
    int start = rl_point;
    while (start > 0 && rl_line_buffer[start - 1] == ' ') start--;
    if (start > 0 && rl_line_buffer[start - 1] == '\n') {
        rl_insert_text(&"    "[4 - acuity_type_over(4)]);
        return 0;
    }
    // Readline lists on the second press, which it tells by the command that came before.
    if (rl_last_func == acuity_indent_or_complete) rl_last_func = rl_complete;
    return rl_complete(count, key);
}

void acuity_start_completion(void) {
    rl_attempted_completion_function = complete;
    rl_completion_display_matches_hook = display;
    rl_completer_word_break_characters = " \t\n\"'()[]{}<>=+-*/%^,;:.?#";
    rl_completer_quote_characters = "\"";
    rl_add_defun("acuity-complete", acuity_indent_or_complete, -1);
    rl_bind_keyseq_in_map("\\t", acuity_indent_or_complete, emacs_standard_keymap);
    rl_bind_keyseq_in_map("\\t", acuity_indent_or_complete, vi_insertion_keymap);
}

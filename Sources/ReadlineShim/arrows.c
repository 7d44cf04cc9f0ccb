#include "internal.h"

// The arrow keys: from line to line within an entry, and beyond its first and last line through the history,
// to entries that begin as the text before the cursor does. Pressed again and again they go on through the
// history.

/// The text that entries must begin with, and the entry as it was typed, while the history is searched.
static char *prefix;
static char *typed;
/// The entry of the history that is shown; `history_length` stands for the one being typed.
static int shown;
static int was_search;

static int previous_line_or_entry(int count, int key);
static int next_line_or_entry(int count, int key);

static int continues_search(void) {
    return was_search && (rl_last_func == previous_line_or_entry || rl_last_func == next_line_or_entry);
}

static void begin_search(void) {
    free(prefix);
    free(typed);
    typed = strdup(rl_line_buffer);
    prefix = strndup(rl_line_buffer, (size_t)rl_point);
    shown = history_length;
}

/// Shows the next entry in `direction` that begins with the prefix.
static void search(int direction) {
    if (!continues_search()) begin_search();
    was_search = 1;
    if (!prefix || !typed) return;
    size_t length = strlen(prefix);
    for (int place = shown + direction; place >= 0 && place <= history_length; place += direction) {
        HIST_ENTRY *entry = place < history_length ? history_get(history_base + place) : NULL;
        const char *text = place == history_length ? typed : entry ? entry->line : NULL;
        if (!text || strncmp(text, prefix, length) != 0) continue;
        // What is shown already would look like a key that does nothing.
        if (place < history_length && strcmp(text, rl_line_buffer) == 0) continue;
        shown = place;
        acuity_replace_entry(text, (int)strlen(text));
        return;
    }
    rl_ding();
}

static int is_continuation_byte(char byte) { return (byte & 0xC0) == 0x80; }

static int line_start(void) {
    int start = rl_point;
    while (start > 0 && rl_line_buffer[start - 1] != '\n') start--;
    return start;
}

/// Moves the cursor to the line above or below, keeping its column as far as that line goes.
static int move_line(int direction) {
    int start = line_start();
    int target;
    if (direction < 0) {
        if (start == 0) return 0;
        target = start - 1;
        while (target > 0 && rl_line_buffer[target - 1] != '\n') target--;
    } else {
        target = rl_point;
        while (target < rl_end && rl_line_buffer[target] != '\n') target++;
        if (target == rl_end) return 0;
        target++;
    }
    int column = 0;
    for (int i = start; i < rl_point; i++) column += !is_continuation_byte(rl_line_buffer[i]);
    while (column > 0 && target < rl_end && rl_line_buffer[target] != '\n') {
        target++;
        while (target < rl_end && is_continuation_byte(rl_line_buffer[target])) target++;
        column--;
    }
    rl_point = target;
    return 1;
}

static int go(int direction) {
    if (!continues_search()) {
        was_search = 0;
        if (move_line(direction)) return 0;
    }
    search(direction);
    return 0;
}

static int previous_line_or_entry(int count, int key) {
    (void)count, (void)key;
    return go(-1);
}

static int next_line_or_entry(int count, int key) {
    (void)count, (void)key;
    return go(1);
}

static int beginning_of_line(int count, int key) {
    (void)count, (void)key;
    rl_point = line_start();
    return 0;
}

static int end_of_line(int count, int key) {
    (void)count, (void)key;
    while (rl_point < rl_end && rl_line_buffer[rl_point] != '\n') rl_point++;
    return 0;
}

void acuity_bind_arrows(void) {
    rl_add_defun("acuity-beginning-of-line", beginning_of_line, -1);
    rl_add_defun("acuity-end-of-line", end_of_line, -1);
    rl_bind_keyseq_in_map("\\C-a", beginning_of_line, emacs_standard_keymap);
    rl_bind_keyseq_in_map("\\C-e", end_of_line, emacs_standard_keymap);
    static const char *const home[] = {"\\e[H", "\\eOH", "\\e[1~"};
    static const char *const end[] = {"\\e[F", "\\eOF", "\\e[4~"};
    for (int i = 0; i < 3; i++) {
        acuity_bind_everywhere(home[i], beginning_of_line);
        acuity_bind_everywhere(end[i], end_of_line);
    }
    rl_add_defun("acuity-previous", previous_line_or_entry, -1);
    rl_add_defun("acuity-next", next_line_or_entry, -1);
    // As terminals send them in their two modes.
    acuity_bind_everywhere("\\e[A", previous_line_or_entry);
    acuity_bind_everywhere("\\eOA", previous_line_or_entry);
    acuity_bind_everywhere("\\e[B", next_line_or_entry);
    acuity_bind_everywhere("\\eOB", next_line_or_entry);
}

void acuity_history_add(const char *entry) {
    HIST_ENTRY *last = history_length > 0 ? history_get(history_base + history_length - 1) : NULL;
    if (!last || strcmp(last->line, entry) != 0) add_history(entry);
}

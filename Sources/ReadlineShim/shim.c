#include <sys/ioctl.h>

#include "internal.h"

acuity_line_callbacks acuity_callbacks;

static int line_was_dropped;

void acuity_replace_entry(const char *text, int cursor) {
    rl_begin_undo_group();
    rl_delete_text(0, rl_end);
    rl_point = 0;
    rl_insert_text(text);
    rl_end_undo_group();
    rl_point = cursor < rl_end ? cursor : rl_end;
}

void acuity_bind_everywhere(const char *keys, rl_command_func_t *command) {
    rl_bind_keyseq_in_map(keys, command, emacs_standard_keymap);
    rl_bind_keyseq_in_map(keys, command, vi_insertion_keymap);
    rl_bind_keyseq_in_map(keys, command, vi_movement_keymap);
}

// Ctrl-C at the prompt: drop the entry and return at once. What was typed stays to be read, as in a shell.
static int drop_interrupted_line(void) {
    if (acuity_callbacks.was_interrupted(acuity_callbacks.context)) {
        line_was_dropped = 1;
        rl_point = rl_end;
        rl_redisplay_function();
        fputs("^C\n", rl_outstream);
        fflush(rl_outstream);
        rl_replace_line("", 1);
        rl_point = 0;
        rl_on_new_line();
        rl_done = 1;
    }
    return 0;
}

// The window has another size: what is shown is wiped while readline still knows how many rows it took.
static void redraw_resized(void) {
    struct winsize size;
    int rows, columns;
    rl_get_screen_size(&rows, &columns);
    if (ioctl(fileno(rl_instream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return;
    if (size.ws_row == rows && size.ws_col == columns) return;
    rl_clear_visible_line();
    rl_resize_terminal();
}

// Called by readline ten times a second while it waits for a key.
static int look_around(void) {
    redraw_resized();
    return drop_interrupted_line();
}

// MARK: Commands

static int enter(int count, int key) {
    int cursor = rl_point;
    char *text = acuity_callbacks.enter(acuity_callbacks.context, rl_line_buffer, &cursor);
    if (!text) {
        rl_point = rl_end;
        return rl_newline(count, key);
    }
    acuity_replace_entry(text, cursor < 0 ? (int)strlen(text) : cursor);
    free(text);
    if (cursor >= 0) return 0;
    rl_redisplay_function();
    return rl_newline(count, key);
}

static int insert_newline(int count, int key) {
    (void)count, (void)key;
    rl_insert_text("\n");
    return 0;
}

static int edit_in_editor(int count, int key) {
    (void)count, (void)key;
    rl_deprep_terminal();
    char *text = acuity_callbacks.edit(acuity_callbacks.context, rl_line_buffer);
    rl_prep_terminal(1);
    if (text) acuity_replace_entry(text, (int)strlen(text));
    free(text);
    rl_on_new_line();
    rl_redisplay_function();
    return 0;
}

// MARK: Reading

void acuity_readline_start(acuity_line_callbacks callbacks) {
    acuity_callbacks = callbacks;
    rl_readline_name = "acuity";
    // The program's own handler notes Ctrl-C, on whichever thread it comes; readline asks ten times a second.
    rl_catch_signals = 0;
    rl_event_hook = look_around;
    rl_catch_sigwinch = 0;
    using_history();
    stifle_history(10000);
    // Everything below is said before the user's inputrc is read, so that the inputrc has the last word.
    rl_add_defun("acuity-enter", enter, -1);
    rl_add_defun("acuity-newline", insert_newline, -1);
    rl_add_defun("acuity-edit", edit_in_editor, -1);
    acuity_bind_everywhere("\\C-m", enter);
    acuity_bind_everywhere("\\C-j", enter);
    rl_bind_keyseq_in_map("\\e\\C-m", insert_newline, emacs_standard_keymap);
    rl_bind_keyseq_in_map("\\C-x\\C-e", edit_in_editor, emacs_standard_keymap);
    rl_bind_keyseq_in_map("v", edit_in_editor, vi_movement_keymap);
    acuity_bind_arrows();
    acuity_start_completion();
    rl_variable_bind("show-all-if-ambiguous", "on");
    rl_initialize();
    // Only now: readline asks nothing of the terminal for a program that draws by itself from the start.
    acuity_start_display();
}

char *acuity_readline(const char *prompt, const char *continuation) {
    line_was_dropped = 0;
    acuity_set_continuation(continuation);
    return readline(prompt);
}

int acuity_line_was_dropped(void) { return line_was_dropped; }

void acuity_readline_stuff(const char *bytes, int count) {
    for (int i = 0; i < count; i++) rl_stuff_char((unsigned char)bytes[i]);
}

int acuity_run_in_terminal(const char *command) { return system(command); }

#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

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

// MARK: Ctrl-C

// At the prompt Ctrl-C is a key like any other: the terminal hands it over in its place among the keys
// instead of sending a signal past them, so that it drops what was typed before it and nothing of what comes
// after.

/// The key that sends a signal while no entry is being typed: Ctrl-C, unless `stty intr` says another; 0 for
/// none.
static int interrupt_key;

static int drop_entry(int count, int key) {
    (void)count, (void)key;
    line_was_dropped = 1;
    rl_point = rl_end;
    rl_redisplay_function();
    fputs("^C\n", rl_outstream);
    fflush(rl_outstream);
    rl_replace_line("", 1);
    rl_point = 0;
    rl_on_new_line();
    rl_done = 1;
    return 0;
}

/// A key pressed before the prompt came was a signal to the work that has ended. Its handler may not have run
/// yet, and would drop what is typed by then.
static void forget_earlier_interrupts(void) {
    sigset_t interrupt, pending, before;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    // Blocked here, a signal that no other thread has taken yet shows as pending.
    pthread_sigmask(SIG_BLOCK, &interrupt, &before);
    for (int i = 0; i < 1000 && sigpending(&pending) == 0 && sigismember(&pending, SIGINT); i++) usleep(1000);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    acuity_callbacks.was_interrupted(acuity_callbacks.context);
}

static void prepare_terminal(int meta) {
    rl_prep_terminal(meta);
    struct termios settings;
    int terminal = fileno(rl_instream);
    if (tcgetattr(terminal, &settings) != 0) return;
    if (settings.c_cc[VINTR] != _POSIX_VDISABLE) interrupt_key = settings.c_cc[VINTR];
    settings.c_cc[VINTR] = _POSIX_VDISABLE;
    // Readline puts the terminal back as it found it, with this key.
    tcsetattr(terminal, TCSADRAIN, &settings);
    forget_earlier_interrupts();
}

static int next_key(FILE *stream) {
    int key = rl_getc(stream);
    if (key <= 0 || key != interrupt_key) return key;
    // The question whether to list on knows one key that ends it.
    return RL_ISSTATE(RL_STATE_COMPLETING) ? CTRL('G') : CTRL('C');
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
    // Another process can still send the signal, as an editor that runs the prompt in a buffer does.
    if (acuity_callbacks.was_interrupted(acuity_callbacks.context)) drop_entry(1, 0);
    return 0;
}

// MARK: Commands

/// Spaces before the cursor that Return has put there and that nobody has typed yet.
static int spaces_ahead;

static int type_space(int count, int key);

static int enter(int count, int key) {
    int cursor = rl_point;
    char *text = acuity_callbacks.enter(acuity_callbacks.context, rl_line_buffer, &cursor);
    if (!text) {
        rl_point = rl_end;
        return rl_newline(count, key);
    }
    acuity_replace_entry(text, cursor < 0 ? (int)strlen(text) : cursor);
    free(text);
    if (cursor >= 0) {
        // What follows the newline came by itself.
        spaces_ahead = 0;
        while (spaces_ahead < rl_point && rl_line_buffer[rl_point - 1 - spaces_ahead] == ' ') spaces_ahead++;
        return 0;
    }
    rl_redisplay_function();
    return rl_newline(count, key);
}

int acuity_type_over(int width) {
    if (rl_last_func != enter && rl_last_func != type_space && rl_last_func != acuity_indent_or_complete) {
        spaces_ahead = 0;
    }
    int passed = width < spaces_ahead ? width : spaces_ahead;
    spaces_ahead -= passed;
    return width - passed;
}

// Who types or pastes the indentation that has come by itself passes over it, as over a bracket that an
// editor closes.
static int type_space(int count, int key) {
    int left = acuity_type_over(count);
    return left > 0 ? rl_insert(left, key) : 0;
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
    prepare_terminal(1);
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
    // The program's own handler notes signals, on whichever thread they come.
    rl_catch_signals = 0;
    rl_event_hook = look_around;
    rl_prep_term_function = prepare_terminal;
    rl_getc_function = next_key;
    rl_catch_sigwinch = 0;
    using_history();
    stifle_history(10000);
    // Everything below is said before the user's inputrc is read, so that the inputrc has the last word.
    rl_add_defun("acuity-drop", drop_entry, -1);
    rl_add_defun("acuity-enter", enter, -1);
    rl_add_defun("acuity-space", type_space, -1);
    rl_add_defun("acuity-newline", insert_newline, -1);
    rl_add_defun("acuity-edit", edit_in_editor, -1);
    acuity_bind_everywhere("\\C-c", drop_entry);
    acuity_bind_everywhere("\\e\\C-c", drop_entry);
    rl_bind_keyseq_in_map("\\C-x\\C-c", drop_entry, emacs_standard_keymap);
    acuity_bind_everywhere("\\C-m", enter);
    rl_bind_key_in_map(' ', type_space, emacs_standard_keymap);
    rl_bind_key_in_map(' ', type_space, vi_insertion_keymap);
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

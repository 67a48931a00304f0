/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "flightbase/cli.h"

#define NOTHING 100 /* a child's exit status for -1 */

/* The alternate screen without a cursor, and back. */
#define ENTER "\033[?1049h\033[?25l"
#define LEAVE "\033[?25h\033[?1049l"

/* Signal handlers have no other way to what they must put right. */
static struct {
	struct termios before;
	volatile sig_atomic_t inside;  /* the terminal is ours */
	volatile sig_atomic_t redraw;  /* another size, or back from a stop */
	volatile sig_atomic_t child;   /* draws; 0: nobody */
	sigset_t unblocked;	       /* while waiting */
} terminal;

static void put(const char *text, size_t size)
{
	while (size) {
		ssize_t n = write(STDOUT_FILENO, text, size);

		if (n < 0 && errno != EINTR)
			return;
		if (n > 0) {
			text += n;
			size -= (size_t)n;
		}
	}
}

static void enter(void)
{
	struct termios raw = terminal.before;

	/* Signals of the keyboard stay: an interrupt must always end it. */
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	put(ENTER, sizeof(ENTER) - 1);
	terminal.inside = 1;
}

static void leave(void)
{
	if (!terminal.inside)
		return;
	terminal.inside = 0;
	put(LEAVE, sizeof(LEAVE) - 1);
	tcsetattr(STDIN_FILENO, TCSANOW, &terminal.before);
}

static void on_end(int number)
{
	leave();
	if (terminal.child)
		kill((pid_t)terminal.child, SIGTERM);
	signal(number, SIG_DFL);
	raise(number);
}

static void on_stop(int number)
{
	int saved = errno;

	(void)number;
	leave();
	raise(SIGSTOP);
	enter();
	terminal.redraw = 1;
	errno = saved;
}

static void on_resize(int number)
{
	(void)number;
	terminal.redraw = 1;
}

static void set_handler(int number, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler };

	sigemptyset(&action.sa_mask);
	sigaction(number, &action, NULL);
}

/* Signals come only while the loop waits, so that none is lost between a look at `redraw` and the wait. */
static void catch_signals(void)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	sigset_t caught;

	sigemptyset(&caught);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		set_handler(ends[i], on_end);
		sigaddset(&caught, ends[i]);
	}
	set_handler(SIGTSTP, on_stop);
	set_handler(SIGWINCH, on_resize);
	sigaddset(&caught, SIGTSTP);
	sigaddset(&caught, SIGWINCH);
	sigprocmask(SIG_BLOCK, &caught, &terminal.unblocked);
}

static void child_signals(void)
{
	static const int all[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		signal(all[i], SIG_DFL);
	sigprocmask(SIG_SETMASK, &terminal.unblocked, NULL);
}

static struct fb_page_size terminal_size(void)
{
	struct winsize size = { 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_row || !size.ws_col)
		return (struct fb_page_size){ .rows = 24, .columns = 80 };
	return (struct fb_page_size){ .rows = size.ws_row, .columns = size.ws_col };
}

/* Start to draw; returns the end of the pipe that the picture comes out of, or -1. */
static int start(fb_watch_draw *draw, void *arg)
{
	struct fb_page_size size = terminal_size();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	pid_t pid = fork();
	if (pid == 0) {
		child_signals();
		/* What libslurm prints belongs into the picture, not across it. */
		dup2(ends[1], STDERR_FILENO);
		FILE *out = fdopen(ends[1], "w");
		int rc = out ? draw(size, out, arg) : -1;
		_exit(!out || fclose(out) || rc < 0 ? NOTHING : rc);
	}
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return -1;
	}
	terminal.child = pid;
	return ends[0];
}

/* Whether or not it is done. Returns its exit status; -1: it had nothing to show, or has none. */
static int end_child(int pipe, bool done)
{
	int status = 0;

	close(pipe);
	if (!done)
		kill((pid_t)terminal.child, SIGTERM);
	while (waitpid((pid_t)terminal.child, &status, 0) < 0 && errno == EINTR)
		continue;
	terminal.child = 0;
	return WIFEXITED(status) && WEXITSTATUS(status) != NOTHING ? WEXITSTATUS(status) : -1;
}

/*
 * Each line is cleared before it is written: behind a full line, clearing would take its last character. A picture
 * that ends with a newline does not fill the screen.
 */
static void show(const char *picture, size_t size)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return;
	fputs("\033[H\033[K", out);
	for (size_t i = 0; i < size; i++) {
		fputc(picture[i], out);
		if (picture[i] == '\n')
			fputs(i + 1 < size ? "\033[K" : "\033[J", out);
	}
	if (!fclose(out))
		put(text, length);
	free(text);
}

static long long milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum event { EVENT_TIME, EVENT_QUIT, EVENT_REDRAW, EVENT_PICTURE, EVENT_NOTHING };

static enum event read_key(void)
{
	char key;
	ssize_t got = read(STDIN_FILENO, &key, 1);

	/* A terminal that is gone reads as its end. */
	if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
		return EVENT_QUIT;
	if (got == 1 && (key == 'q' || key == 'Q'))
		return EVENT_QUIT;
	return got == 1 && (key == 'r' || key == ' ') ? EVENT_REDRAW : EVENT_TIME;
}

/* Wait for a key, a signal, something in the pipe (-1: none), or until then (-1: for ever). */
static enum event wait_for(int pipe, long long then)
{
	struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = pipe, .events = POLLIN } };

	while (!terminal.redraw) {
		long long left = then < 0 ? 1000000 : then - milliseconds();
		struct timespec timeout = { .tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000 };

		if (left <= 0)
			return EVENT_TIME;
		if (ppoll(fds, 2, &timeout, &terminal.unblocked) <= 0)
			continue;
		enum event event = fds[0].revents ? read_key() : EVENT_TIME;
		if (event != EVENT_TIME)
			return event;
		if (fds[1].revents)
			return EVENT_PICTURE;
	}
	terminal.redraw = 0;
	return EVENT_REDRAW;
}

/* Draw one picture and show it; EVENT_TIME: it is there. *picture is what came, for the caller to free. */
static enum event draw_picture(fb_watch_draw *draw, void *arg, char **picture)
{
	char part[4096];
	size_t size;
	int pipe = start(draw, arg);
	FILE *out = open_memstream(picture, &size);
	enum event event = EVENT_TIME;
	ssize_t got = 0;

	while (pipe >= 0 && out && (event = wait_for(pipe, -1)) == EVENT_PICTURE && (got = read(pipe, part, sizeof(part))) > 0)
		fwrite(part, 1, (size_t)got, out);
	bool whole = out && !fclose(out) && event == EVENT_PICTURE && got == 0;
	if (pipe >= 0 && end_child(pipe, whole) < 0 && whole)
		event = EVENT_NOTHING;
	else if (event == EVENT_PICTURE)
		event = EVENT_TIME;
	if (whole)
		show(*picture, size);
	return event;
}

static int watch_terminal(unsigned int seconds, fb_watch_draw *draw, void *arg)
{
	enum event event = EVENT_REDRAW;
	int status = FB_EXIT_DONE;

	if (tcgetattr(STDIN_FILENO, &terminal.before))
		return FB_EXIT_FAILED;
	catch_signals();
	enter();
	for (bool shown = false; event != EVENT_QUIT; shown = true) {
		long long begun = milliseconds();
		char *picture = NULL;

		event = draw_picture(draw, arg, &picture);
		if (event == EVENT_NOTHING && !shown) {
			leave();
			fputs(picture ? picture : "", stderr);
			status = FB_EXIT_FAILED;
			event = EVENT_QUIT;
		}
		free(picture);
		if (event == EVENT_TIME || event == EVENT_NOTHING)
			event = wait_for(-1, begun + 1000LL * seconds);
	}
	leave();
	return status;
}

static int watch_stream(unsigned int seconds, bool separated, fb_watch_draw *draw, void *arg)
{
	for (bool shown = false;; shown = true) {
		if (shown && separated)
			putchar('\n');
		int rc = draw((struct fb_page_size){ .rows = 0 }, stdout, arg);
		/* Who reads it may be gone. */
		if (fflush(stdout) || ferror(stdout) || (rc < 0 && !shown))
			return FB_EXIT_FAILED;
		sleep(seconds);
	}
}

int fb_watch(unsigned int seconds, bool separated, fb_watch_draw *draw, void *arg)
{
	const char *type = getenv("TERM");

	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && type && *type && strcmp(type, "dumb"))
		return watch_terminal(seconds, draw, arg);
	return watch_stream(seconds, separated, draw, arg);
}

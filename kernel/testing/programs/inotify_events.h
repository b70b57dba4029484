/* Shows what an inotify descriptor has to tell. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

static const char *const event_names[] = {
    "ACCESS", "MODIFY", "ATTRIB", "CLOSE_WRITE", "CLOSE_NOWRITE", "OPEN",    "MOVED_FROM", "MOVED_TO",
    "CREATE", "DELETE", "DELETE_SELF", "MOVE_SELF", "", "UNMOUNT", "Q_OVERFLOW", "IGNORED"};

/* Reads all events; cookies are numbered from 1 within one call. */
static void show(const char *title, int in) {
  static char buffer[65536] __attribute__((aligned(8)));
  unsigned cookies[64], known = 0;
  printf("%s:\n", title);
  for (;;) {
    ssize_t count = read(in, buffer, sizeof buffer);
    if (count < 0) {
      if (errno != EAGAIN) printf("  error %s\n", strerror(errno));
      return;
    }
    for (char *at = buffer; at < buffer + count;) {
      struct inotify_event *event = (struct inotify_event *)at;
      printf("  %d", event->wd);
      for (int bit = 0; bit < 16; bit++) {
        if (event->mask & (1u << bit)) printf(" %s", event_names[bit]);
      }
      if (event->mask & IN_ISDIR) printf(" ISDIR");
      if (event->mask & ~(0xffffu | IN_ISDIR)) printf(" and %x", event->mask & ~(0xffffu | IN_ISDIR));
      if (event->cookie != 0) {
        unsigned i = 0;
        while (i < known && cookies[i] != event->cookie) i++;
        if (i == known) cookies[known++] = event->cookie;
        printf(" cookie %u", i + 1);
      }
      /* A file without a name is called by the number of its inode. */
      if (event->len != 0) printf(" %s (%u)", event->name[0] == '#' ? "#" : event->name, event->len);
      printf("\n");
      at += sizeof *event + event->len;
    }
  }
}

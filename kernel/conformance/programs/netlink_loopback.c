/* Do the C library's lists of interfaces and addresses have the loopback, and does netlink keep its rules? */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include "report.h"

int main(void) {
  struct if_nameindex *names = if_nameindex();
  for (struct if_nameindex *n = names; n && n->if_name; n++)
    if (strcmp(n->if_name, "lo") == 0) printf("index %u %s\n", n->if_index, n->if_name);
  struct ifaddrs *all = NULL;
  REPORT(getifaddrs(&all));
  for (struct ifaddrs *a = all; a; a = a->ifa_next) {
    char text[64] = "-";
    if (strcmp(a->ifa_name, "lo") != 0 || a->ifa_addr == NULL || a->ifa_addr->sa_family == AF_PACKET) continue;
    if (a->ifa_addr->sa_family == AF_INET) inet_ntop(AF_INET, &((struct sockaddr_in *)a->ifa_addr)->sin_addr, text, sizeof text);
    else inet_ntop(AF_INET6, &((struct sockaddr_in6 *)a->ifa_addr)->sin6_addr, text, sizeof text);
    printf("address %s loopback %d\n", text, !!(a->ifa_flags & IFF_LOOPBACK));
  }
  REPORT(socket(AF_NETLINK, SOCK_STREAM, 0));
  REPORT(socket(AF_NETLINK, SOCK_RAW, 99));
  int s = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  struct sockaddr_nl a = {AF_NETLINK};
  socklen_t len = sizeof a;
  REPORT(bind(s, (void *)&a, 4));
  REPORT(bind(s, (void *)&a, sizeof a));
  REPORT(getsockname(s, (void *)&a, &len));
  printf("len %d family %d port %d\n", len, a.nl_family, a.nl_pid != 0);
  REPORT(listen(s, 1));
  REPORT(accept(s, 0, 0));
}

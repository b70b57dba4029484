/**
 * Constants and structures of sockets.
 *
 * ```
 * struct msghdr (56)                          struct cmsghdr (16)        struct ucred (12)
 *    0 name     pointer   8 namelen u32          0 len   u64               0 pid s32
 *   16 iov      pointer  24 iovlen  u64          8 level s32               4 uid u32
 *   32 control  pointer  40 controllen u64      12 type  s32               8 gid u32
 *   48 flags    u32
 * struct mmsghdr (64): a msghdr, and at 56 the length of the message, u32
 * ```
 *
 * Source: `include/linux/socket.h`, `include/uapi/asm-generic/socket.h`, `include/linux/net.h`,
 * `include/uapi/linux/{in,in6,tcp,un,netlink}.h`; socket(7), unix(7), ip(7), tcp(7).
 */

// Families of addresses.
export const AF_UNSPEC = 0;
/** Local sockets. */
export const AF_UNIX = 1;
/** The Internet, version 4. */
export const AF_INET = 2;
/** The Internet, version 6. */
export const AF_INET6 = 10;
/** Messages with the kernel. */
export const AF_NETLINK = 16;
/** Families that socket(2) knows of at all: AF_MAX. */
export const AF_MAX = 46;

// Types of sockets, and the flags beside them.
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_SEQPACKET = 5;
/** Types are below this: SOCK_MAX. */
export const SOCK_MAX = 11;
/** The bits of a type without its flags. */
export const SOCK_TYPE_MASK = 0xf;
export const SOCK_CLOEXEC = 0o2000000;
export const SOCK_NONBLOCK = 0o4000;

// Flags of send(2) and recv(2).
export const MSG_OOB = 0x1;
export const MSG_PEEK = 0x2;
export const MSG_CTRUNC = 0x8;
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;
export const MSG_EOR = 0x80;
export const MSG_WAITALL = 0x100;
export const MSG_ERRQUEUE = 0x2000;
export const MSG_NOSIGNAL = 0x4000;
export const MSG_WAITFORONE = 0x10000;
export const MSG_CMSG_CLOEXEC = 0x40000000;

// shutdown(2).
export const SHUT_RD = 0;
export const SHUT_WR = 1;
export const SHUT_RDWR = 2;

// Protocols: the third argument of socket(2), and levels of options.
export const IPPROTO_IP = 0;
export const IPPROTO_ICMP = 1;
export const IPPROTO_TCP = 6;
export const IPPROTO_UDP = 17;
export const IPPROTO_IPV6 = 41;
// Options of tcp(7).
export const TCP_NODELAY = 1;
export const TCP_MAXSEG = 2;
export const TCP_CORK = 3;
export const TCP_KEEPIDLE = 4;
export const TCP_KEEPINTVL = 5;
export const TCP_KEEPCNT = 6;
export const TCP_SYNCNT = 7;
export const TCP_LINGER2 = 8;
export const TCP_DEFER_ACCEPT = 9;
export const TCP_QUICKACK = 12;
export const TCP_USER_TIMEOUT = 18;
// Options of ip(7).
export const IP_TOS = 1;
export const IP_TTL = 2;
export const IP_MTU_DISCOVER = 10;
export const IP_FREEBIND = 15;
export const IP_BIND_ADDRESS_NO_PORT = 24;
export const IP_MULTICAST_TTL = 33;
export const IP_MULTICAST_LOOP = 34;
// Options of ipv6(7).
export const IPV6_UNICAST_HOPS = 16;
export const IPV6_MULTICAST_HOPS = 18;
export const IPV6_MULTICAST_LOOP = 19;
export const IPV6_V6ONLY = 26;
export const IPV6_TCLASS = 67;

/** Bytes of `struct sockaddr_in`. */
export const SOCKADDR_IN_BYTES = 16;
/** Bytes of `struct sockaddr_in6`. */
export const SOCKADDR_IN6_BYTES = 28;
/** Bytes of the same without its scope, which is enough: SIN6_LEN_RFC2133. */
export const SOCKADDR_IN6_BYTES_MIN = 24;
/** Bytes of `struct sockaddr_nl`. */
export const SOCKADDR_NL_BYTES = 12;
/** The protocol of links, addresses and routes. */
export const NETLINK_ROUTE = 0;
/** Ports below are for the privileged: `net.ipv4.ip_unprivileged_port_start`. */
export const UNPRIVILEGED_PORT_MIN = 1024;
/** Ports that connect(2) and bind(2) choose from: `net.ipv4.ip_local_port_range`. */
export const EPHEMERAL_PORT_MIN = 32768;
/** The last of them. */
export const EPHEMERAL_PORT_MAX = 60999;
/** The most bytes of a datagram: 65,535 less its headers. */
export const UDP_BYTES_MAX = 65507;
/** How long a closed connection keeps its port: TCP_TIMEWAIT_LEN. */
export const TIME_WAIT_NS = 60_000_000_000n;

/** The level of the options and control messages that all sockets have. */
export const SOL_SOCKET = 1;
// Options of that level.
export const SO_DEBUG = 1;
export const SO_REUSEADDR = 2;
export const SO_TYPE = 3;
export const SO_ERROR = 4;
export const SO_DONTROUTE = 5;
export const SO_BROADCAST = 6;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_KEEPALIVE = 9;
export const SO_OOBINLINE = 10;
export const SO_PRIORITY = 12;
export const SO_LINGER = 13;
export const SO_REUSEPORT = 15;
export const SO_PASSCRED = 16;
export const SO_PEERCRED = 17;
export const SO_RCVLOWAT = 18;
export const SO_SNDLOWAT = 19;
export const SO_RCVTIMEO = 20;
export const SO_SNDTIMEO = 21;
export const SO_ACCEPTCONN = 30;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;
export const SO_PROTOCOL = 38;
export const SO_DOMAIN = 39;
export const SO_PEERGROUPS = 59;
export const SO_RCVTIMEO_NEW = 66;
export const SO_SNDTIMEO_NEW = 67;

/** What SO_SNDBUF and SO_RCVBUF begin with: `net.core.{w,r}mem_default`, which is also the most. */
export const BUFFER_BYTES = 212992;
/** The least that SO_SNDBUF becomes. */
export const SEND_BUFFER_BYTES_MIN = 4608;
/** The least that SO_RCVBUF becomes. */
export const RECEIVE_BUFFER_BYTES_MIN = 2304;
/** The most connections that listen(2) lets wait: `net.core.somaxconn`. */
export const BACKLOG_MAX = 4096;

// Control messages of SOL_SOCKET.
export const SCM_RIGHTS = 1;
export const SCM_CREDENTIALS = 2;
/** The most descriptors in one message. */
export const SCM_MAX_FD = 253;

/** Bytes of `struct msghdr`. */
export const MSGHDR_BYTES = 56;
/** Bytes of `struct mmsghdr`. */
export const MMSGHDR_BYTES = 64;
/** The most messages of one sendmmsg(2) or recvmmsg(2): UIO_MAXIOV. */
export const MESSAGES_MAX = 1024;
/** Bytes of `struct cmsghdr`. */
export const CMSGHDR_BYTES = 16;
/** Bytes of `struct ucred`. */
export const UCRED_BYTES = 12;
/** The most bytes of control messages that a call takes: `net.core.optmem_max`. */
export const CONTROL_BYTES_MAX = 131072;

/** Bytes of `struct sockaddr_storage`, the longest address. */
export const ADDRESS_BYTES_MAX = 128;
/** Bytes of `struct sockaddr_un`, of which 108 are the name. */
export const SOCKADDR_UN_BYTES = 110;

/** ioctl(2): bytes to be read next. The same number as FIONREAD. */
export const SIOCINQ = 0x541b;
/** ioctl(2): bytes that the other side has not read yet. The same number as TIOCOUTQ. */
export const SIOCOUTQ = 0x5411;

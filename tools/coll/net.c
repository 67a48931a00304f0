/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "coll/clock.h"

static void note_address(struct fb_card *card, const struct sockaddr *address)
{
	struct fb_address *a = &card->address[card->addresses];

	if (address->sa_family == AF_INET) {
		a->family = 4;
		memcpy(a->bytes, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
	} else {
		const struct in6_addr *six = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
		if (IN6_IS_ADDR_LINKLOCAL(six))
			return;
		a->family = 6;
		memcpy(a->bytes, six, 16);
	}
	card->addresses++;
}

static void note_addresses(struct fb_card *card)
{
	struct ifaddrs *all;

	card->addresses = 0;
	if (getifaddrs(&all))
		return;
	for (int family = 0; family < 2; family++)
		for (struct ifaddrs *i = all; i && card->addresses < FB_ADDRESSES_MAX; i = i->ifa_next)
			if (i->ifa_addr && i->ifa_addr->sa_family == (family ? AF_INET6 : AF_INET) && i->ifa_flags & IFF_UP &&
			    !(i->ifa_flags & IFF_LOOPBACK))
				note_address(card, i->ifa_addr);
	freeifaddrs(all);
}

/* IPv6 that also takes IPv4, or IPv4 alone where the kernel has no IPv6. */
static int listen_any(uint16_t *port)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT };
	struct sockaddr_in four = { .sin_family = AF_INET };
	socklen_t size = sizeof(six);
	int off = 0, fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) ||
			bind(fd, (struct sockaddr *)&six, sizeof(six)))) {
		close(fd);
		fd = -1;
	}
	if (fd < 0) {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd < 0)
			return -1;
		if (bind(fd, (struct sockaddr *)&four, sizeof(four)))
			goto close_fd;
	}
	if (listen(fd, SOMAXCONN) || getsockname(fd, (struct sockaddr *)&six, &size))
		goto close_fd;
	*port = ntohs(six.sin6_port); /* at the same place in both families */
	return fd;
close_fd:
	close(fd);
	return -1;
}

fb_coll_status_t fb_net_listen(struct fb_card *card, int *fd, struct fb_err *err)
{
	uint16_t port = 0;

	if (getrandom(card->secret, sizeof(card->secret), 0) != sizeof(card->secret))
		return fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "no random numbers: %s", strerror(errno));
	int listening = listen_any(&port);
	if (listening < 0)
		return fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "cannot listen for the other ranks: %s", strerror(errno));
	note_addresses(card);
	card->port = port;
	*fd = listening;
	return FB_COLL_OK;
}

void fb_net_watch_silence(int fd)
{
	int on = 1, idle = 2, interval = 1, count = FB_NET_SILENCE_MS / 1000 - idle, silence = FB_NET_SILENCE_MS;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
	/* Probes stop while data is unacknowledged; this limit then counts. */
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silence, sizeof(silence));
}

static socklen_t make_place(const struct fb_card *hub, unsigned index, struct sockaddr_storage *place)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)place;
	struct sockaddr_in *four = (struct sockaddr_in *)place;

	memset(place, 0, sizeof(*place));
	if (index && hub->address[index - 1].family == 6) {
		six->sin6_family = AF_INET6;
		six->sin6_port = htons(hub->port);
		memcpy(&six->sin6_addr, hub->address[index - 1].bytes, 16);
		return sizeof(*six);
	}
	four->sin_family = AF_INET;
	four->sin_port = htons(hub->port);
	four->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (index)
		memcpy(&four->sin_addr, hub->address[index - 1].bytes, 4);
	return sizeof(*four);
}

static int wait_for(int fd, short events, int64_t until)
{
	struct pollfd p = { fd, events, 0 };
	int rc;

	do {
		int64_t left = until - fb_clock_ms();
		rc = poll(&p, 1, left < 0 ? 0 : (int)left);
	} while (rc < 0 && errno == EINTR);
	if (!rc)
		errno = ETIMEDOUT;
	return rc == 1 ? 0 : -1;
}

int fb_net_connect(const struct fb_card *hub, const struct fb_card *mine, unsigned index, int limit_ms, struct fb_err *err)
{
	struct sockaddr_storage place;
	socklen_t size = make_place(hub, index, &place), length = sizeof(int);
	char text[INET6_ADDRSTRLEN] = "?";
	int error = 0;

	if (!index && (hub->boot != mine->boot || hub->network != mine->network))
		return fb_err_set(err, "another network namespace");
	inet_ntop(place.ss_family,
		  place.ss_family == AF_INET ? (void *)&((struct sockaddr_in *)&place)->sin_addr :
					       (void *)&((struct sockaddr_in6 *)&place)->sin6_addr,
		  text, sizeof(text));
	int fd = socket(place.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fb_err_set(err, "socket: %s", strerror(errno));
	if (connect(fd, (struct sockaddr *)&place, size)) {
		if (errno != EINPROGRESS || wait_for(fd, POLLOUT, fb_clock_ms() + limit_ms))
			error = errno;
		else
			getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
	}
	if (error) {
		close(fd);
		return fb_err_set(err, "%s port %u: %s", text, hub->port, strerror(error));
	}
	fb_net_watch_silence(fd);
	return fd;
}

int fb_net_transfer(int fd, void *data, size_t n, int receive, int limit_ms)
{
	int64_t until = fb_clock_ms() + limit_ms;
	char *next = data;

	while (n) {
		if (wait_for(fd, receive ? POLLIN : POLLOUT, until))
			return -1;
		ssize_t moved = receive ? recv(fd, next, n, 0) : send(fd, next, n, MSG_NOSIGNAL);
		if (moved < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (moved == 0)
			errno = ECONNRESET;
		if (moved <= 0)
			return -1;
		next += moved;
		n -= (size_t)moved;
	}
	return 0;
}

// SPDX-License-Identifier: BSD-2-Clause
#include <irl/net.h>
#include "wire/text.h"

char *irl_addr_text(uint32_t addr, char text[IRL_ADDR_TEXT])
{
	return irl_text4(addr, text);
}

char *irl_ip_text(const struct irl_ip *ip, char text[IRL_IP_TEXT])
{
	return irl_ip_is4(ip) ? irl_text4(irl_ip_addr4(ip), text)
			      : irl_text6(ip->byte, text);
}

bool irl_ip_read(const char *text, struct irl_ip *out)
{
	uint32_t addr;

	if (irl_text_read4(text, &addr)) {
		*out = irl_ip4(addr);
		return true;
	}
	return irl_text_read6(text, out->byte);
}
